import { afterEach, describe, expect, it } from "vitest";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type CcoStage, CONTENT_REVIEWER, fullEnvelope, setCcoStage } from "../support/cco.ts";
import { verifies } from "../requirements.ts";

let stage: CcoStage | undefined;
afterEach(async () => {
  await stage?.close();
  stage = undefined;
});

const SECTIONS = `## Context
A small project.
## Interface contract
One file.
## Anti-patterns
None.
## Review checklist
- the file is there
`;
const handoff = (task: string): string => fullEnvelope(task).replace("size: full", "size: handoff") + SECTIONS;
const quote = "the file is there";
const challenges = [
  { id: "a", claim: "nobody knows which file", quote, proposal: "src/a.txt is there and holds a greeting" },
  { id: "b", claim: "invented", quote: "words that nobody wrote", proposal: "others" },
];
const spec = { call: "spec", steps: [{ output: { summary: "read", challenges } }] } as const;
const worker = [{ steps: [{ write: { path: "src/a.txt", content: "hi\n" } }, { final: "COMPLETED: wrote it" }] }];

describe("an order of the size of a handoff", () => {
  verifies("E6");

  it("is attacked before the work; what holds is decided by a person, and told to the worker", async () => {
    stage = await setCcoStage({ script: { worker, claude: [spec, ...(CONTENT_REVIEWER as never[])] as never } });
    const run = await stage.dispatch([await stage.envelope("t1", handoff("t1"))]);
    expect({ code: run.code, tasks: run.tasks }).toMatchObject({
      code: 3,
      tasks: [{ status: "blocked", attempts: 0, error: { code: "SPEC_CHALLENGED" } }],
    });
    expect(run.tasks[0]?.error?.message).toContain("1 open point(s)");
    const page = readFileSync(join(stage.repo, ".cco/tasks/t1/status.md"), "utf8");
    expect(page).toContain("src/a.txt is there and holds a greeting");
    await stage.cco("decide", run.tasks[0]?.card ?? "", "A");
    expect((await stage.cco("wait", "t1", "--json")).tasks).toMatchObject([{ status: "accepted", attempts: 1 }]);
    const prompt = stage.requests().find(({ api }) => api === "responses")?.prompt ?? "";
    expect(prompt).toContain(`where the order says "${quote}", read: src/a.txt is there and holds a greeting`);
    expect(stage.requests().filter(({ call }) => call === "spec")).toHaveLength(1);
  });

  it("is worked on when nobody can be asked, and its page says so", async () => {
    const gone = { call: "spec", steps: [{ fault: { kind: "http", status: 401 } }] } as const;
    stage = await setCcoStage({ script: { worker, claude: [gone, ...(CONTENT_REVIEWER as never[])] as never } });
    const run = await stage.dispatch([await stage.envelope("t1", handoff("t1"))]);
    expect(run.tasks).toMatchObject([{ status: "accepted", attempts: 1 }]);
    expect(readFileSync(join(stage.repo, ".cco/tasks/t1/status.md"), "utf8")).toContain(
      "not challenged before the work",
    );
  });

  it("gets its holes from cco lint --challenge as edits, with their lines", async () => {
    stage = await setCcoStage({ script: { worker: [], claude: [spec] as never } });
    const file = await stage.envelope("t1", fullEnvelope("t1"));
    const run = await stage.cco("lint", file, "--challenge");
    expect(run.code).toBe(0);
    expect(run.stdout).toMatch(
      /:10: warning spec-challenge: nobody knows which file\n {4}instead of "the file is there" write: src\/a\.txt/,
    );
    expect(run.stdout).not.toContain("invented");
  });
});
