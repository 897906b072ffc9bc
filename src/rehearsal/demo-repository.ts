/** Id of the one task of the demonstration. */
export const DEMO_TASK = "add-limiter";

/** The little project that the demonstration works on, by path: an HTTP API in plain Node, tests without dependencies. */
export const DEMO_FILES: Readonly<Record<string, string>> = {
  "package.json": `{
  "name": "notes-api",
  "private": true,
  "type": "module",
  "scripts": { "start": "node src/main.js", "test": "node --test" }
}
`,
  "README.md": `# notes-api

Keeps notes in memory. \`npm start\` listens on port 8080, \`npm test\` runs the tests.
`,
  "src/server.js": `import { createServer } from "node:http";

/** The API as a function of a request, so that it can be tested without a socket. */
export function createApp() {
  const notes = [];
  return function handle(request) {
    if (request.path !== "/notes") return { status: 404, body: { error: "not found" } };
    if (request.method === "GET") return { status: 200, body: notes };
    if (request.method !== "POST") return { status: 405, body: { error: "method not allowed" } };
    notes.push(request.body);
    return { status: 201, body: request.body };
  };
}

/** Serves an app over HTTP. */
export function listen(app, port) {
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString("utf8");
    const body = text === "" ? null : JSON.parse(text);
    const answer = app({ method: request.method, path: request.url, client: request.socket.remoteAddress, body });
    response.writeHead(answer.status, { "content-type": "application/json" });
    response.end(JSON.stringify(answer.body));
  });
  return server.listen(port);
}
`,
  "src/main.js": `import { createApp, listen } from "./server.js";

listen(createApp(), 8080);
`,
  "test/server.test.js": `import assert from "node:assert/strict";
import { test } from "node:test";
import { createApp } from "../src/server.js";

test("a note that was posted is listed", () => {
  const app = createApp();
  assert.equal(app({ method: "POST", path: "/notes", client: "a", body: "milk" }).status, 201);
  assert.deepEqual(app({ method: "GET", path: "/notes", client: "a" }).body, ["milk"]);
});

test("other paths are not found", () => {
  assert.equal(createApp()({ method: "GET", path: "/nowhere", client: "a" }).status, 404);
});
`,
};

/**
 * The order for the task, as a person would write it. Its verify commands need nothing but node, and name the test files
 * directly: under `node --test` each file runs in a process of its own, whose output a sandbox without network swallows.
 */
export const DEMO_ENVELOPE = `---
task: ${DEMO_TASK}
goal: Add a token-bucket rate limiter of 100 requests per minute and client to the public API.
size: full
risk: medium
role: coder
lane: worktree
after: []
inputs:
  - path: src/server.js
    note: the API; every request passes through its handle function
  - path: test/server.test.js
    note: how the API is tested without a socket
acceptance:
  - text: The 101st request of a client within a minute gets 429, and tokens come back evenly over the minute
    verify: node test/limiter.test.js
  - text: What the API did before still works
    verify: node test/server.test.js
write: ["src/**", "test/**"]
allow: [read, write, test]
forbid: ["new dependencies"]
network: false
effort: auto
budget: { toolCalls: 40, tokens: 200000, usd: 1.5, minutes: 10 }
checkpoint: after the unit tests of the limiter pass
stop: ["src/server.js is missing", "the same step fails three times"]
output: { path: src/limiter.js, format: javascript }
reviewers: 1
---
## Context
The clock has to come in as an argument, so that tests do not wait for real time.
`;
