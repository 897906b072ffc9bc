import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import type { ScriptInput } from "../../src/rehearsal/script.ts";
import { codexNewest, codexOldest } from "../support/binaries.ts";
import { verifies } from "../requirements.ts";
import { type CcoStage, fullEnvelope, setCcoStage } from "../support/cco.ts";

verifies("F5", "F1");

let stage: CcoStage | undefined;
afterEach(async () => {
  await stage?.close();
  stage = undefined;
});

type Steps = NonNullable<ScriptInput["worker"]>[number]["steps"];

const newest = { codex: codexNewest(), codexModel: "gpt-5.5" };
const codeMode = { codex: codexNewest(), codexModel: "gpt-6-astra" };
const oldest = { codex: codexOldest(), codexModel: "gpt-5.4" };

const TOKEN = `ghp_${"a1B2c3D4".repeat(4)}e5F6`;
const done: Steps[number] = { final: "COMPLETED: wrote it" };
const plan: Steps[number] = {
  plan: [
    { step: "write", status: "completed" },
    { step: "polish", status: "in_progress" },
  ],
};
const times = (many: number, ...steps: Steps): Steps => Array.from({ length: many }, () => steps).flat();
const toggle = (from: string, to: string): Steps[number] => ({
  patch: `*** Begin Patch\n*** Update File: src/keep.txt\n@@\n-${from}\n+${to}\n*** End Patch`,
});
const write = (content: string): Steps[number] => ({ write: { path: "src/a.txt", content } });

const light = (task: string): string =>
  fullEnvelope(task, { verify: "grep -q whole src/a.txt" }).replace("size: full", "size: light");

interface Case {
  readonly codex: string;
  readonly codexModel: string;
  readonly steps: Steps;
  readonly text?: string;
  readonly config?: string;
}

async function runaway({ codex, codexModel, steps, text, config }: Case): Promise<CcoStage> {
  const here = await setCcoStage({
    files: { "src/keep.txt": "x\n" },
    script: {
      worker: [
        { attempt: 1, steps },
        { attempt: 2, steps: [write("whole\n"), done] },
      ],
    },
    codex,
    homes: { codexModel },
    ...(config === undefined ? {} : { config }),
  });
  stage = here;
  await here.envelope("wild", text ?? fullEnvelope("wild", { verify: "grep -q whole src/a.txt" }));
  return here;
}

it.each<Case & { readonly name: string; readonly message: RegExp; readonly most: number; readonly told: string }>([
  {
    name: "one command for ever (newest)",
    ...newest,
    steps: [plan, write("part\n"), ...times(60, { run: `echo fails with ${TOKEN}; exit 3` }), done],
    message: /^stuck at step 2 of 2: the same command ran 1\d times with the same output: `echo fails with \[redacted/,
    most: 22,
    told: "The command:\necho fails with [redacted: github-token]; exit 3\nIts result (last part):\nfails with [redacted",
  },
  {
    name: "one command for ever (0.124.0)",
    ...oldest,
    steps: [plan, write("part\n"), ...times(60, { run: "touch /etc/nope" }), done],
    message:
      /^stuck at step 2 of 2: the same command ran 1\d times with the same output: `touch \/etc\/nope` → touch: /,
    most: 22,
    told: "The command:\ntouch /etc/nope\nIts result (last part):\ntouch: cannot touch",
  },
  {
    name: "two patches in turn (code mode, by a setting)",
    ...codeMode,
    config: "engine: { idleSeconds: 0 }\nworker: { killGraceSeconds: 1 }\nstuck: { repeats: 4 }\n",
    steps: [write("part\n"), ...times(40, toggle("x", "y"), toggle("y", "x")), done],
    message:
      /^stuck at step \d+ of \d+ \(tool calls\): the same 2 calls took turns, each up to [4-8] times with the same result: `src\/keep.txt`/,
    most: 20,
    told: "The patch:\n*** Begin Patch\n*** Update File: src/keep.txt",
  },
  {
    name: "many commands of a light task (newest)",
    ...newest,
    text: light("wild"),
    steps: [write("part\n"), ...Array.from({ length: 80 }, (_, n) => ({ run: `echo ${n}` })), done],
    message:
      /^stuck at step \d+ of \d+ \(tool calls\): 2\d tool calls, 10 were planned and 20 are the most for its size$/,
    most: 32,
    told: "Take the shortest way to the goal",
  },
])("a worker that gets nowhere is stopped: $name", async (row) => {
  const here = await runaway(row);
  const run = await here.dispatch([join(here.dir, "envelopes", "wild.md")], "--no-review");
  expect({ code: run.code, stderr: run.stderr }).toMatchObject({ code: 3 });
  expect(run.tasks).toMatchObject([
    { status: "blocked", attempts: 1, error: { code: "WORKER_STUCK", class: "logic" } },
  ]);
  expect(run.tasks[0]?.error?.message).toMatch(row.message);
  expect(here.requests().length).toBeLessThan(row.most);
  expect(here.read(".cco/tasks/wild/attempts/01/digest.md")).toContain("src/a.txt");
  await here.cco("decide", run.tasks[0]?.card ?? "", "A");
  expect((await here.cco("wait", "wild", "--timeout", "40")).code).toBe(0);
  expect(await here.git("show", "HEAD:src/a.txt")).toBe("whole");
  const told = readFileSync(join(here.repo, ".cco/tasks/wild/attempts/02/prompt.md"), "utf8");
  expect(told).toContain("got nowhere and was stopped");
  expect(told).toContain(row.told);
  expect(`${told}${here.read(".cco/journal/000001.jsonl")}`).not.toContain(TOKEN);
});

/** More calls than a repetition needs, the same ones among them, but each time after something new. */
const busy: Steps = [
  ...Array.from({ length: 11 }, (_, n) => [{ run: `echo ${n} >> src/a.txt` }, { run: "cat src/missing.txt" }]).flat(),
  ...times(12, { run: "date +%s%N" }),
  ...times(9, { run: "cat src/missing.txt" }),
  write("whole\n"),
  done,
];

it.each([
  { name: "newest", ...newest },
  { name: "0.124.0", ...oldest },
])("a worker that is only busy is left alone ($name)", async ({ codex, codexModel }) => {
  const here = await runaway({ codex, codexModel, steps: busy.map(freshFile) });
  const run = await here.dispatch([join(here.dir, "envelopes", "wild.md")], "--no-review");
  expect({ code: run.code, tasks: run.tasks }).toMatchObject({ code: 0, tasks: [{ status: "accepted", attempts: 1 }] });
  const { toolCalls, workCalls } = JSON.parse(here.read(".cco/tasks/wild/attempts/01/outcome.json")) as Record<
    string,
    number
  >;
  expect([toolCalls, workCalls]).toEqual([44, 44]);
});

/** A file that is there already cannot be added by a patch. */
function freshFile(step: Steps[number]): Steps[number] {
  return "write" in step ? { run: "echo whole > src/a.txt" } : step;
}

it("a stop while no engine lives leads to one card, once an engine is there again", async () => {
  const here = await runaway({
    ...newest,
    steps: [write("part\n"), ...times(200, { run: "cat missing; sleep 0.2" }), done],
  });
  await here.cco("dispatch", join(here.dir, "envelopes", "wild.md"), "--no-review", "--detach");
  await expect.poll(() => here.requests().length, { timeout: 30_000, interval: 20 }).toBeGreaterThan(2);
  const { pid } = JSON.parse(here.read(".cco/engine.lock")) as { pid: number };
  process.kill(pid, "SIGKILL");
  const exit = join(here.repo, ".cco/tasks/wild/attempts/01/exit.json");
  await expect.poll(() => existsSync(exit), { timeout: 30_000, interval: 20 }).toBe(true);
  expect(JSON.parse(readFileSync(exit, "utf8"))).toMatchObject({ reason: "stuck" });
  const run = await here.cco("wait", "wild", "--json", "--timeout", "40");
  expect({ code: run.code, tasks: run.tasks }).toMatchObject({ code: 3, tasks: [{ error: { code: "WORKER_STUCK" } }] });
  expect(readdirSync(join(here.repo, ".cco/decisions/pending"))).toEqual(["D-wild-1.json", "D-wild-1.md"]);
  const opened = here
    .read(".cco/journal/000001.jsonl")
    .split("\n")
    .filter((line) => line.includes('"card.opened"'));
  expect(opened).toHaveLength(1);
});

it("a task that takes far more than those before it is stopped, and only then", async () => {
  const ids = ["t1", "t2", "t3", "t4", "t5"];
  const dear = Array.from({ length: 15 }, (_, n) => ({ run: `echo ${n}; sleep 0.3` }));
  stage = await setCcoStage({
    script: {
      worker: [
        ...ids.map((task) => ({ task, steps: [{ write: { path: `src/${task}.txt`, content: "whole\n" } }, done] })),
        { task: "wild", usage: { inputTokens: 10_000, cachedInputTokens: 0 }, steps: [...dear, done] },
      ],
    },
  });
  const here = stage;
  const order = (task: string): string =>
    light(task)
      .replace("src/a.txt", `src/${task}.txt`)
      .replace(/budget: .*\n/, "");
  const files = await Promise.all(ids.map(async (id) => here.envelope(id, order(id))));
  expect((await here.dispatch(files, "--no-review")).code).toBe(0);
  const run = await here.dispatch([await here.envelope("wild", order("wild"))], "--no-review");
  expect(run.tasks).toMatchObject([{ status: "blocked", error: { code: "TASK_OVER_ESTIMATE", class: "logic" } }]);
  expect(run.tasks[0]?.error?.message).toMatch(
    /^over its estimate at step \d+ of \d+ \(tool calls\): \d{5,6} fresh tokens, the estimate is 15000 fresh tokens \(from 5 such tasks\)$/,
  );
});
