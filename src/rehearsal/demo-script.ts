import { DEMO_TASK } from "./demo-repository.ts";
import type { ScriptInput } from "./script.ts";

/** First try: right for bursts and for a full minute of rest, wrong for a client that keeps asking (see C1). */
const ADD_LIMITER = `*** Begin Patch
*** Add File: src/limiter.js
+/** A token bucket per client: \`capacity\` requests at once, refilled evenly over \`perMs\` milliseconds. */
+export function createLimiter({ capacity, perMs, now = Date.now }) {
+  const buckets = new Map();
+  return function allow(client) {
+    const time = now();
+    const bucket = buckets.get(client) ?? { tokens: capacity, refilledAt: time };
+    const refill = Math.floor(((time - bucket.refilledAt) / perMs) * capacity);
+    bucket.tokens = Math.min(capacity, bucket.tokens + refill);
+    bucket.refilledAt = time;
+    buckets.set(client, bucket);
+    if (bucket.tokens < 1) return false;
+    bucket.tokens -= 1;
+    return true;
+  };
+}
*** Update File: src/server.js
@@
 import { createServer } from "node:http";
+import { createLimiter } from "./limiter.js";
 
-/** The API as a function of a request, so that it can be tested without a socket. */
-export function createApp() {
+/** The API as a function of a request, so that it can be tested without a socket. \`now\` is the clock of its limiter. */
+export function createApp({ now = Date.now } = {}) {
   const notes = [];
+  const allow = createLimiter({ capacity: 100, perMs: 60_000, now });
   return function handle(request) {
+    if (!allow(request.client)) return { status: 429, body: { error: "too many requests" } };
     if (request.path !== "/notes") return { status: 404, body: { error: "not found" } };
*** End Patch`;

const TEST_LIMITER = `*** Begin Patch
*** Add File: test/limiter.test.js
+import assert from "node:assert/strict";
+import { test } from "node:test";
+import { createApp } from "../src/server.js";
+
+const read = (app, client) => app({ method: "GET", path: "/notes", client }).status;
+
+test("the 101st request within a minute gets 429", () => {
+  const app = createApp({ now: () => 0 });
+  for (let n = 1; n <= 100; n += 1) assert.equal(read(app, "a"), 200, \`request \${n}\`);
+  assert.equal(read(app, "a"), 429);
+});
+
+test("clients do not share a bucket", () => {
+  const app = createApp({ now: () => 0 });
+  for (let n = 0; n < 101; n += 1) read(app, "a");
+  assert.equal(read(app, "b"), 200);
+});
+
+test("after a minute of rest the bucket is full again", () => {
+  let time = 0;
+  const app = createApp({ now: () => time });
+  for (let n = 0; n < 101; n += 1) read(app, "a");
+  time = 60_000;
+  for (let n = 1; n <= 100; n += 1) assert.equal(read(app, "a"), 200, \`request \${n}\`);
+  assert.equal(read(app, "a"), 429);
+});
*** End Patch`;

const FIX_REFILL = `*** Begin Patch
*** Update File: src/limiter.js
@@
-    const refill = Math.floor(((time - bucket.refilledAt) / perMs) * capacity);
+    // Fractions of a token are kept: rounded down on every request they would never add up for a client that keeps asking.
+    const refill = ((time - bucket.refilledAt) / perMs) * capacity;
     bucket.tokens = Math.min(capacity, bucket.tokens + refill);
*** Update File: test/limiter.test.js
@@
+test("a client that keeps asking gets its tokens back as they are due", () => {
+  let time = 0;
+  const app = createApp({ now: () => time });
+  for (let n = 0; n < 101; n += 1) read(app, "a");
+  const answers = Array.from({ length: 120 }, () => {
+    time += 250;
+    return read(app, "a");
+  });
+  const served = answers.filter((status) => status === 200).length;
+  assert.ok(served >= 49 && served <= 50, \`\${served} requests served in 30 seconds, 50 are due\`);
+});
+
 test("after a minute of rest the bucket is full again", () => {
*** End Patch`;

/** Evidence of the challenge that is right: it fails on the first try with an assertion, and passes after the fix. */
const REFILL_TEST = `import assert from "node:assert/strict";
import { test } from "node:test";
import { createLimiter } from "../src/limiter.js";

test("an exhausted client that asks every half second gets one request per second", () => {
  let time = 0;
  const allow = createLimiter({ capacity: 60, perMs: 60_000, now: () => time });
  while (allow("a"));
  let served = 0;
  for (let n = 0; n < 20; n += 1) {
    time += 500;
    if (allow("a")) served += 1;
  }
  assert.ok(served >= 9, \`\${served} requests served in 10 seconds, 10 are due\`);
});
`;

/** Evidence of the challenge that is wrong: the test passes on the very code that it is meant to convict. */
const BURST_TEST = `import assert from "node:assert/strict";
import { test } from "node:test";
import { createLimiter } from "../src/limiter.js";

test("tokens do not pile up while a client rests", () => {
  let time = 0;
  const allow = createLimiter({ capacity: 5, perMs: 60_000, now: () => time });
  allow("a");
  time = 3_600_000;
  let served = 0;
  while (served < 100 && allow("a")) served += 1;
  assert.equal(served, 5);
});
`;

const CRITERION = "The 101st request of a client within a minute gets 429, and tokens come back evenly over the minute";

/** What the models do in the demonstration: a bug in the first try, one challenge that is right, one that is not, the fix. */
export const DEMO_SCRIPT: ScriptInput = {
  usage: { inputTokens: 6200, cachedInputTokens: 4800, outputTokens: 420, reasoningTokens: 120 },
  limits: {
    primary: { usedPercent: 31, windowMinutes: 300, resetInSeconds: 7200 },
    secondary: { usedPercent: 44, windowMinutes: 10_080, resetInSeconds: 259_200 },
  },
  worker: [
    {
      task: DEMO_TASK,
      attempt: 1,
      steps: [
        { reasoning: "**Reading the API**\n\nEvery request passes through handle, so the limiter belongs at its top." },
        { say: "I read the API and its tests first." },
        { run: "cat src/server.js test/server.test.js" },
        { say: "Now the limiter, with the clock as an argument, and its place in the API." },
        { patch: ADD_LIMITER },
        { patch: TEST_LIMITER },
        { run: "node test/limiter.test.js && node test/server.test.js" },
        {
          final:
            "COMPLETED: Token-bucket limiter of 100 requests per minute and client in src/limiter.js, used by src/server.js, tested in test/limiter.test.js.",
        },
      ],
    },
    {
      task: DEMO_TASK,
      attempt: 2,
      steps: [
        {
          say: "The failing test is right: each request throws away the fraction of a token that has grown since the last.",
        },
        { patch: FIX_REFILL },
        { run: "node test/limiter.test.js && node test/server.test.js" },
        {
          final:
            "COMPLETED: The limiter keeps fractions of a token, so a client that keeps asking is served again; tested.",
        },
      ],
    },
  ],
  claude: [
    {
      call: "review",
      task: DEMO_TASK,
      round: 1,
      steps: [
        { tool: "Grep", input: { pattern: "refill", path: "src" } },
        {
          output: {
            summary: "The limiter works for bursts; its refill deserves two tests.",
            challenges: [
              {
                id: "c1",
                claim:
                  "A client that asks more often than once per token is locked out for ever, because each refill is rounded down.",
                violates: CRITERION,
                severity: "major",
                path: "src/limiter.js",
                line: 7,
                evidence: {
                  kind: "failing-test",
                  path: "test/challenge-refill.test.js",
                  content: REFILL_TEST,
                  command: "node test/challenge-refill.test.js",
                },
              },
              {
                id: "c2",
                claim:
                  "Tokens pile up beyond the capacity while a client rests, so that a burst after an hour is not limited.",
                violates: CRITERION,
                severity: "major",
                path: "src/limiter.js",
                line: 8,
                evidence: {
                  kind: "failing-test",
                  path: "test/challenge-burst.test.js",
                  content: BURST_TEST,
                  command: "node test/challenge-burst.test.js",
                },
              },
            ],
          },
        },
      ],
    },
    {
      call: "review",
      task: DEMO_TASK,
      steps: [{ output: { summary: "The refill is exact now, and I found nothing else.", challenges: [] } }],
    },
    {
      call: "reading",
      steps: [
        {
          output: { reading: "A limiter per client in front of the API, with its clock as an argument.", concerns: [] },
        },
      ],
    },
    { call: "judge", steps: [{ output: { rulings: [] } }] },
  ],
};
