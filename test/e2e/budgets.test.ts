import { afterEach, expect, it } from "vitest";
import { codexNewest, codexOldest } from "../support/binaries.ts";
import { verifies } from "../requirements.ts";
import { type CcoStage, fullEnvelope, setCcoStage } from "../support/cco.ts";

verifies("F1");

let stage: CcoStage | undefined;
afterEach(async () => {
  await stage?.close();
  stage = undefined;
});

const done = { final: "COMPLETED: wrote it" };
const plan = [
  { step: "write", status: "completed" as const },
  { step: "polish", status: "in_progress" as const },
];
/** Calls without end, as far as a budget is concerned. */
const calls = (many: number) =>
  Array.from({ length: many }, (_, n) => ({ run: `echo ${n} >> src/log.txt; sleep 0.4` }));

const newest = { name: "newest", codex: codexNewest(), codexModel: "gpt-5.5" };
const oldest = { name: "0.124.0", codex: codexOldest(), codexModel: "gpt-5.4" };

it.each([
  { part: "calls", ...newest, budget: "{ toolCalls: 6, minutes: 5 }", code: "BUDGET_TOOL_CALLS" },
  { part: "calls", ...oldest, budget: "{ toolCalls: 6, minutes: 5 }", code: "BUDGET_TOOL_CALLS" },
  { part: "tokens", ...newest, budget: "{ tokens: 4500, minutes: 5 }", code: "BUDGET_TOKENS" },
  { part: "tokens", ...oldest, budget: "{ tokens: 4500, minutes: 5 }", code: "BUDGET_TOKENS" },
  { part: "money", ...newest, budget: "{ usd: 0.03, minutes: 5 }", code: "BUDGET_USD" },
])("a runaway worker is stopped by its budget of $part ($name), keeps its work, and a person decides", async (row) => {
  const { codex, codexModel, budget, code } = row;
  stage = await setCcoStage({
    files: { "src/keep.txt": "x\n" },
    script: {
      usage: { inputTokens: 1000, cachedInputTokens: 100, outputTokens: 100, reasoningTokens: 0 },
      worker: [
        { attempt: 1, steps: [{ plan }, { write: { path: "src/a.txt", content: "part\n" } }, ...calls(40), done] },
        { attempt: 2, steps: [{ write: { path: "src/a.txt", content: "whole\n" } }, done] },
      ],
    },
    codex,
    homes: { codexModel },
  });
  const text = fullEnvelope("runaway", { verify: "grep -q whole src/a.txt" }).replace(
    /budget: \{[^}]*\}/,
    `budget: ${budget}`,
  );
  const run = await stage.dispatch([await stage.envelope("runaway", text)], "--no-review");
  expect({ code: run.code, stderr: run.stderr }).toMatchObject({ code: 3 });
  expect(run.tasks).toMatchObject([{ status: "blocked", attempts: 1, error: { code, class: "logic" } }]);
  expect(run.tasks[0]?.error?.message).toMatch(/^budget exhausted at step 2 of 2: /);
  const asked = stage.requests().length;
  expect(asked).toBeLessThan(16);
  expect(stage.read(".cco/tasks/runaway/attempts/01/digest.md")).toContain("src/a.txt");
  await stage.cco("decide", run.tasks[0]?.card ?? "", "A");
  expect((await stage.cco("wait", "runaway", "--timeout", "40")).code).toBe(0);
  expect(await stage.git("show", "HEAD:src/a.txt")).toBe("whole");
});

it("a cap of the project that is used up holds up new work, with the time, and cco budget says so", async () => {
  stage = await setCcoStage({
    script: { worker: [{ steps: [{ write: { path: "src/a.txt", content: "whole\n" } }, done] }] },
    config: "engine: { idleSeconds: 0 }\nworker: { killGraceSeconds: 1 }\nbudget: { dayTokens: 500 }\n",
  });
  const [one, two] = [
    await stage.envelope("one", fullEnvelope("one", { verify: "true" })),
    await stage.envelope("two", fullEnvelope("two", { verify: "true" })),
  ];
  expect((await stage.dispatch([one], "--no-review")).code).toBe(0);
  expect((await stage.cco("budget")).stdout).toMatch(/dayTokens +\d+ tokens of 500, \d{3} %; new work waits until/);
  expect((await stage.cco("budget", "--json")).json).toMatchObject({ schema: "cco.budget/1" });
  await stage.dispatch([two], "--no-review", "--detach");
  const waiting = (await stage.cco("status", "two", "--json")).tasks[0];
  expect(waiting).toMatchObject({
    status: "waiting",
    waitingFor: expect.stringMatching(/^budget: budget\.dayTokens is used up/),
  });
});
