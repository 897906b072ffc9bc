import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { budgetResultSchema } from "../../src/model/budget.ts";
import { verifies } from "../requirements.ts";
import { type CcoStage, fullEnvelope, PROGRAM, setCcoStage } from "../support/cco.ts";
import { runProgram } from "../support/rehearsal-stage.ts";

verifies("F1", "B2");

let stage: CcoStage | undefined;
afterEach(async () => {
  await stage?.close();
  stage = undefined;
});

const usage = { inputTokens: 10_000, cachedInputTokens: 0, outputTokens: 100 };
const scene = (task: string) => ({
  task,
  usage,
  steps: [{ write: { path: `src/${task}.txt`, content: "hello\n" } }, { final: "COMPLETED: wrote it" }],
});

const envelope = (task: string) => fullEnvelope(task, { verify: `test -f src/${task}.txt` });

it("a cap that is used up asks once; raised it lets the work go on, and one over all projects counts in each", async () => {
  stage = await setCcoStage({ script: { worker: ["one", "two", "three"].map(scene) } });
  const { dir, env } = stage;
  const one = await stage.envelope("one", envelope("one"));
  const two = await stage.envelope("two", envelope("two"));
  await stage.cco("config", "--set", "budget.dayTokens=15000");
  expect((await stage.dispatch([one], "--no-review")).code).toBe(0);
  // A person has to decide: the command ends and says so, the work waits.
  expect(await stage.dispatch([two], "--no-review")).toMatchObject({ code: 3, tasks: [{ status: "waiting" }] });
  const waits = (await stage.cco("status", "two", "--json")).tasks[0]?.waitingFor;
  const card = `D-cap-day-tokens-${new Date().toISOString().slice(0, 10)}`;
  expect((await stage.cco("wait", "two", "--timeout", "40")).code).toBe(3);
  expect(waits).toMatch(
    /^budget: budget\.dayTokens is used up \(\d+ of 15000\); until .*Z, or decide: cco decide D-cap-/,
  );
  const seen = budgetResultSchema.parse((await stage.cco("budget", "--json")).json);
  expect(seen.caps).toContainEqual(expect.objectContaining({ name: "dayTokens", limit: 15_000, card }));
  expect(seen.tasks).toMatchObject([{ task: "two", kind: "minutes", limit: 2, used: 0, percent: 0 }]);
  expect((await stage.cco("decide", "--json")).json).toMatchObject({ cards: [{ id: card, task: "", default: "B" }] });
  expect((await stage.cco("decide", card, "A")).stdout).toContain("Raise it once, for today");
  expect((await stage.cco("wait", "two", "--timeout", "40")).code).toBe(0);
  expect((await stage.cco("decide", card, "C")).stderr).toContain("was answered already: A");
  expect((await stage.cco("budget", "two")).stdout).toMatch(/two +accepted +tokens +\d{5} /);
  expect(stage.read(".cco/events.jsonl").match(/"topic":"cost.cap"/g)).toHaveLength(1);

  // Another project of the same user has spent nothing, and waits all the same.
  const other = join(dir, "other");
  const run = (file: string, ...args: string[]) => runProgram(file, args, { cwd: other, env });
  await mkdir(join(other, ".cco"), { recursive: true });
  await writeFile(
    join(other, ".cco", "config.yaml"),
    stage.read(".cco/config.yaml").replace(/dayTokens: \d+/, "dayTokens: null"),
  );
  await writeFile(join(other, ".cco", ".gitignore"), "*\n");
  await writeFile(join(other, "README.md"), "# other\n");
  for (const args of [
    ["init", "-q"],
    ["add", "README.md"],
    ["commit", "-q", "-m", "start"],
  ])
    await run("git", ...args);
  const cco = (...args: string[]) => run(process.execPath, PROGRAM, ...args);
  expect((await cco("config", "--user", "--set", "budget.weekTokens=20000")).stdout).toMatch(
    /user budget.weekTokens +20000 .*config.yaml/,
  );
  expect((await cco("config", "--user", "--set", "worker.parallel=2")).code).not.toBe(0);
  const three = await stage.envelope("three", envelope("three"));
  expect(await cco("dispatch", three, "--no-review", "--detach")).toMatchObject({ code: 0 });
  expect((await cco("status", "three")).stdout).toContain("budget.weekTokens of all your projects is used up");
  expect((await cco("budget")).stdout).toMatch(
    /all +weekTokens +\d{5} tokens of 20000, .*cco decide D-user-cap-week-tokens-/,
  );
  const shared = /D-user-cap-week-tokens-[-\d]+/.exec((await cco("decide")).stdout)?.[0] ?? "";
  await cco("decide", shared, "A");
  expect((await cco("wait", "three", "--timeout", "40")).code).toBe(0);
});
