import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, it } from "vitest";
import { type CcoRun, type CcoStage, setCcoStage } from "../support/cco.ts";
import { factsOf } from "../support/crash-stage.ts";
import { verifies } from "../requirements.ts";

let stage: CcoStage | undefined;
afterEach(async () => {
  await stage?.close();
  stage = undefined;
});

const IDS = Array.from({ length: 20 }, (_, n) => `t${String(n + 1).padStart(2, "0")}`);

const envelope = (id: string): string => `---
task: ${id}
goal: Write ${id}.txt.
size: light
inputs: none
output: { path: ${id}.txt }
stop: ["it is impossible"]
---
`;

/** Looks at the world again and again until told to stop; every look. The pause leaves the machine to those who are looked at. */
async function lookOn(on: CcoStage, signal: AbortSignal): Promise<CcoRun[]> {
  const looks: CcoRun[] = [];
  while (!signal.aborted) {
    looks.push(await on.cco("status", "--json"));
    await sleep(250);
  }
  return looks;
}

it("takes twenty dispatches at the same instant from as many processes, each once, by one engine", async () => {
  verifies("A8", "B1");
  const steps = (id: string) => [
    { run: `sleep 0.5 && echo ${id} > ${id}.txt` },
    { final: `COMPLETED: wrote ${id}.txt` },
  ];
  const script = { worker: IDS.map((task) => ({ task, steps: steps(task) })), claude: [] };
  stage = await setCcoStage({ script, config: "engine: { idleSeconds: 2 }\n" });
  const on = stage;
  const files = await Promise.all(IDS.map((id) => on.envelope(id, envelope(id))));
  const over = new AbortController();
  const readers = [lookOn(on, over.signal), lookOn(on, over.signal)];
  const sent = await Promise.all(files.map((file) => on.dispatch([file], "--detach", "--no-review")));
  expect(sent.map((run) => run.code)).toEqual(IDS.map(() => 0));
  // Who has sent a task finds it in the next status, whatever the engine is busy with.
  expect((await on.cco("status", "--json")).tasks.map((task) => task.id).toSorted()).toEqual(IDS);
  const waited = await on.cco("wait", ...IDS, "--json");
  over.abort();
  const ended = waited.tasks.map((task) => `${task.id} ${task.status}`);
  expect(ended.toSorted()).toEqual(IDS.map((id) => `${id} accepted`));
  for (const looks of await Promise.all(readers)) checkLooks(looks);
  const facts = await factsOf(on);
  for (const type of ["task.submitted", "attempt.started", "attempt.ended", "merge.ended", "task.ended"] as const) {
    const tasks = facts.filter((fact) => fact.type === type).map((fact) => ("task" in fact ? fact.task : ""));
    expect(tasks.toSorted(), type).toEqual(IDS);
  }
  expect(facts.filter((fact) => fact.type === "engine.started")).toHaveLength(1);
  expect(facts.filter((fact) => fact.type === "command.done")).toHaveLength(IDS.length);
  expect(mostAtOnce(facts.map((fact) => fact.type))).toBe(3);
  const log = await on.git("log", "--format=%(trailers:key=Task,valueonly,separator=%x2C)");
  expect(log.split("\n").filter(Boolean).toSorted()).toEqual(IDS);
  expect(IDS.map((id) => on.read(`${id}.txt`))).toEqual(IDS.map((id) => `${id}\n`));
}, 120_000);

/** Every look is whole, shows nothing twice, and no task goes missing or comes back to life. */
function checkLooks(looks: readonly CcoRun[]): void {
  expect(looks.filter((look) => look.code !== 0 || look.json === undefined).map((look) => look.stderr)).toEqual([]);
  let before: ReadonlyMap<string, string> = new Map();
  for (const { tasks } of looks) {
    const now = new Map(tasks.map((task) => [task.id, task.status]));
    expect(now.size).toBe(tasks.length);
    for (const [id, status] of before) {
      if (status === "accepted") expect(now.get(id)).toBe("accepted");
      else expect(now.has(id)).toBe(true);
    }
    before = now;
  }
}

function mostAtOnce(types: readonly string[]): number {
  let [running, most] = [0, 0];
  for (const type of types) {
    if (type === "attempt.started") running += 1;
    if (type === "attempt.ended") running -= 1;
    most = Math.max(most, running);
  }
  return most;
}
