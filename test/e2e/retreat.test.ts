import { afterEach, describe, expect, it } from "vitest";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { codexOldest } from "../support/binaries.ts";
import { type CcoStage, setCcoStage } from "../support/cco.ts";
import { verifies } from "../requirements.ts";

let stage: CcoStage | undefined;
afterEach(async () => {
  await stage?.close();
  stage = undefined;
});

const envelope = (id: string, extra = ""): string => `---
task: ${id}
goal: Let add() sum its arguments.
size: full
risk: low
inputs:
  - path: src/add.js
    note: the function
acceptance:
  - text: the tests pass
    verify: node --test test/add.test.js
write: ["src/**", "test/**"]
budget: { minutes: 5 }
stop: ["src/add.js is missing"]
reviewers: 0
${extra}---
`;

const TEST = `import test from "node:test";
import assert from "node:assert";
import { add } from "../src/add.js";
test("adds", () => {
  assert.equal(add(1, 2), 3);
});
`;

async function setRepository(steps: readonly object[][], codex?: string): Promise<CcoStage> {
  const worker = steps.map((each, n) => ({
    ...(steps.length === 1 ? {} : { attempt: n + 1 }),
    steps: [...each, { final: "COMPLETED: all tests pass" }],
  }));
  stage = await setCcoStage({
    script: { worker: worker as never, claude: [] },
    ...(codex === undefined ? {} : { codex, homes: { codexModel: "gpt-5.4" } }),
  });
  for (const [path, text] of [
    ["package.json", '{ "type": "module" }\n'],
    ["src/add.js", "export const add = (a, b) => a - b;\n"],
    ["test/add.test.js", TEST],
  ] as const) {
    mkdirSync(join(stage.repo, path, ".."), { recursive: true });
    writeFileSync(join(stage.repo, path), text);
  }
  await stage.git("add", "-A");
  await stage.git("commit", "-qm", "add, wrong");
  return stage;
}

const skip = { write: { path: "test/add.test.js", content: TEST.replace("test(", "test.skip(") } };
const restore = { write: { path: "test/add.test.js", content: TEST } };
const fix = { write: { path: "src/add.js", content: "export const add = (a, b) => a + b;\n" } };

describe("a worker that makes its checks easier", () => {
  verifies("E4");

  it("is told to put them back, and accepted when it does", async () => {
    const on = await setRepository([[skip], [restore, fix]], codexOldest());
    const run = await on.dispatch([await on.envelope("t1", envelope("t1"))]);
    expect({ code: run.code, tasks: run.tasks }).toMatchObject({
      code: 0,
      tasks: [{ status: "accepted", attempts: 2 }],
    });
    const told = on.requests().find(({ attempt }) => attempt === 2)?.prompt ?? "";
    expect(told).toContain("test/add.test.js:4 a test no longer runs");
    expect(on.read("test/add.test.js")).toBe(TEST);
  });

  it("again is a card; the answer can be that they were meant to change", async () => {
    const on = await setRepository([[skip]]);
    const run = await on.dispatch([await on.envelope("t1", envelope("t1"))]);
    expect({ code: run.code, tasks: run.tasks }).toMatchObject({
      code: 3,
      tasks: [{ status: "blocked", attempts: 2, error: { code: "VALIDATION_RETREAT" } }],
    });
    expect(on.read("test/add.test.js")).toBe(TEST);
    await on.cco("decide", run.tasks[0]?.card ?? "", "B");
    const after = await on.cco("wait", "t1", "--json");
    expect(after.tasks).toMatchObject([{ status: "accepted" }]);
  });

  it("does what the envelope allows", async () => {
    const on = await setRepository([[skip]]);
    const allowed = envelope("t1", 'allow: ["read", "write", "retreat test/add.test.js"]\n');
    const run = await on.dispatch([await on.envelope("t1", allowed)]);
    expect(run.tasks).toMatchObject([{ status: "accepted", attempts: 1 }]);
  });
});
