import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ScriptInput } from "../../src/rehearsal/script.ts";
import { claudeBin } from "../support/binaries.ts";
import { type CcoStage, fullEnvelope } from "../support/cco.ts";
import {
  expectDoneOnce,
  factsOf,
  killEngine,
  pidIn,
  processesNaming,
  readIfThere,
  setCrashStage,
  untilNobodyIsLeft,
} from "../support/crash-stage.ts";
import { until } from "../support/processes.ts";
import { verifies } from "../requirements.ts";

const half = { write: { path: "src/half.txt", content: "half\n" } };
const rest = { write: { path: "src/a.txt", content: "hello\n" } };
const done = { final: "COMPLETED: wrote it all" };
const cutOff: ScriptInput["worker"] = [
  { attempt: 1, steps: [half, { run: "sleep 60" }, done] },
  { steps: [rest, done] },
];

const attemptDir = (stage: CcoStage, id: string): string => join(stage.repo, `.cco/tasks/${id}/attempts/01`);
const pidOf = (stage: CcoStage, id: string, key: "pid" | "workerPid"): Promise<number> =>
  until(() => pidIn(join(attemptDir(stage, id), "supervisor.json"), key));

/** Dispatches one task and waits until its first worker is in the middle of its long command. */
async function dispatchAndWait(stage: CcoStage, ...options: string[]): Promise<void> {
  const file = await stage.envelope("one", fullEnvelope("one"));
  expect((await stage.dispatch([file], "--detach", "--no-review", ...options)).code).toBe(0);
  await until(() => readIfThere(join(attemptDir(stage, "one"), "events.jsonl")).includes("sleep 60"));
}

describe.concurrent("a worker that dies in mid-run", () => {
  verifies("C7", "K4");
  it("with its supervisor: is recorded as lost with what it left, and a fresh session finishes", async ({
    onTestFinished,
  }) => {
    const stage = await setCrashStage(onTestFinished, { worker: cutOff, claude: [] });
    await dispatchAndWait(stage);
    process.kill(await pidOf(stage, "one", "pid"), "SIGKILL");
    const run = await stage.cco("wait", "one", "--json");
    expect(run).toMatchObject({ code: 0, tasks: [{ status: "accepted", attempts: 2 }] });
    const outcome = readFileSync(join(attemptDir(stage, "one"), "outcome.json"), "utf8");
    expect(JSON.parse(outcome)).toMatchObject({
      exit: { reason: "lost" },
      failure: { code: "CODEX_LOST", evidence: expect.stringContaining("src/half.txt") },
      notes: expect.arrayContaining([expect.stringContaining("left behind: 1 changed file(s): src/half.txt")]),
    });
    expect(readFileSync(join(attemptDir(stage, "one"), "left-behind.patch"), "utf8")).toContain("+half");
    const told = stage.requests().find((request) => request.attempt === 2)?.prompt;
    expect(told).toContain("cut off (CODEX_LOST)");
    await expectDoneOnce(stage, "one");
    await untilNobodyIsLeft(stage);
  });

  it("alone: its supervisor says so, and a fresh session finishes", async ({ onTestFinished }) => {
    const stage = await setCrashStage(onTestFinished, { worker: cutOff, claude: [] });
    await dispatchAndWait(stage);
    process.kill(await pidOf(stage, "one", "workerPid"), "SIGKILL");
    expect(await stage.cco("wait", "one", "--json")).toMatchObject({ code: 0, tasks: [{ attempts: 2 }] });
    const [ended] = (await factsOf(stage)).filter((fact) => fact.type === "attempt.ended");
    expect(ended?.outcome.failure).toMatchObject({ code: "CODEX_KILLED" });
    await expectDoneOnce(stage, "one");
    await untilNobodyIsLeft(stage);
  });

  it("with everybody else at once: the next command takes up the pieces", async ({ onTestFinished }) => {
    const stage = await setCrashStage(onTestFinished, { worker: cutOff, claude: [] });
    await dispatchAndWait(stage);
    const [supervisor, worker] = [await pidOf(stage, "one", "pid"), await pidOf(stage, "one", "workerPid")];
    await killEngine(stage);
    for (const pid of [supervisor, worker]) process.kill(pid, "SIGKILL");
    const resumed = await stage.cco("resume");
    expect(resumed).toMatchObject({ code: 0, stdout: expect.stringContaining("the engine was killed") });
    expect(resumed.stdout).toContain("one (running, attempt 1): its worker is dead and left no record");
    expect(resumed.stdout).toContain("an engine has taken over");
    expect(await stage.cco("wait", "one", "--json")).toMatchObject({ code: 0, tasks: [{ attempts: 2 }] });
    await expectDoneOnce(stage, "one");
    await untilNobodyIsLeft(stage);
  });
});

describe.concurrent("an engine that dies in mid-run", () => {
  verifies("C7", "K4");
  it("leaves its worker at work; the next engine adopts it", async ({ onTestFinished }) => {
    const steps = [rest, { run: "sleep 1.5" }, done];
    const stage = await setCrashStage(onTestFinished, { worker: [{ steps }], claude: [] });
    const file = await stage.envelope("one", fullEnvelope("one"));
    await stage.dispatch([file], "--detach", "--no-review");
    const worker = await pidOf(stage, "one", "workerPid");
    await killEngine(stage);
    const resumed = await stage.cco("resume", "--json");
    expect(resumed.json).toMatchObject({
      schema: "cco.resume/1",
      engine: "killed",
      takenOver: true,
      torn: 0,
      tasks: [{ id: "one", phase: "running", attempt: 1, worker: "alive" }],
    });
    expect(await stage.cco("wait", "one", "--json")).toMatchObject({ code: 0, tasks: [{ attempts: 1 }] });
    expect(await pidOf(stage, "one", "workerPid")).toBe(worker);
    await expectDoneOnce(stage, "one");
    await untilNobodyIsLeft(stage);
    expect((await stage.cco("resume")).stdout).toContain("nothing is open");
  });

  it("during the checks: they are run again from the start, and the first run is ended", async ({ onTestFinished }) => {
    const stage = await setCrashStage(onTestFinished, { worker: [{ steps: [rest, done] }], claude: [] });
    const mark = `/tmp/cco-checks-${process.pid}.txt`;
    const verify = `echo start >> ${mark}; sleep 2; echo end >> ${mark}; rm -f ${mark}.none`;
    const file = await stage.envelope("one", fullEnvelope("one", { verify }));
    await stage.dispatch([file], "--detach", "--no-review");
    await until(() => readIfThere(mark).includes("start"));
    await killEngine(stage);
    expect((await stage.cco("wait", "one", "--json")).code).toBe(0);
    await stage.cco("status");
    expect(readIfThere(mark)).toBe("start\nstart\nend\n");
    await expectDoneOnce(stage, "one");
    await untilNobodyIsLeft(stage);
  });

  it("during the checks of a task that is then cancelled: they are ended all the same", async ({ onTestFinished }) => {
    const stage = await setCrashStage(onTestFinished, { worker: [{ steps: [rest, done] }], claude: [] });
    const file = await stage.envelope("one", fullEnvelope("one", { verify: "sleep 61" }));
    await stage.dispatch([file], "--detach", "--no-review");
    await until(() => processesNaming("sleep 61", stage).length > 0);
    await killEngine(stage);
    expect(await stage.cco("cancel", "one", "--json")).toMatchObject({ code: 0, tasks: [{ status: "cancelled" }] });
    await untilNobodyIsLeft(stage);
  });
});

describe("a reviewer that dies in mid-run", () => {
  verifies("C7", "K4");
  const slow: ScriptInput["claude"] = [
    { call: "review", steps: [{ delayMs: 2500 }, { output: { summary: "fine", challenges: [] } }] },
  ];
  const claudes = (stage: CcoStage): number[] => processesNaming(claudeBin(), stage);

  it("is asked again; one that outlives its engine is ended first", async ({ onTestFinished }) => {
    const stage = await setCrashStage(onTestFinished, { worker: [{ steps: [rest, done] }], claude: slow });
    const file = await stage.envelope("one", fullEnvelope("one"));
    await stage.dispatch([file], "--detach");
    const asked = (): number => stage.requests().filter((request) => request.call === "review").length;
    await until(() => asked() === 1);
    for (const pid of claudes(stage)) process.kill(pid, "SIGKILL");
    await until(() => asked() === 2);
    const [orphan] = claudes(stage);
    await killEngine(stage);
    expect(claudes(stage)).toEqual([orphan]);
    expect(await stage.cco("wait", "one", "--json")).toMatchObject({ code: 0, tasks: [{ review: { rounds: 1 } }] });
    expect(asked()).toBe(3);
    await expectDoneOnce(stage, "one");
    await untilNobodyIsLeft(stage);
  });
});
