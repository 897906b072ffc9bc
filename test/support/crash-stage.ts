import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { readJournalFolder } from "../../src/blackboard/journal.ts";
import type { Fact } from "../../src/model/record.ts";
import { type CcoStage, PROGRAM } from "./cco.ts";
import { isRunning, processesWith, until } from "./processes.ts";

/** Settings for runs that are killed: retries at once, engines that end when nothing is open, short graces. */
export const CRASH_CONFIG =
  "engine: { idleSeconds: 0 }\nworker: { killGraceSeconds: 1 }\nretry: { baseSeconds: 0.05, jitterSeconds: 0 }\n";

/** Runs cco with this crash point in its environment and returns when the engine it started has died at it; the command itself is killed too. */
export async function dieAt(stage: CcoStage, point: string, ...args: string[]): Promise<void> {
  const env = { ...stage.env, CCO_CRASH_AT: point };
  const command = spawn(process.execPath, [PROGRAM, ...args], { cwd: stage.repo, env, stdio: "ignore" });
  const ended = new Promise((resolve) => {
    command.once("close", resolve);
  });
  await until(() => isEngineDead(stage));
  command.kill("SIGKILL");
  await ended;
}

/** True when the lock of the board names a process that is gone: an engine that ended in good order takes its lock along. */
export async function isEngineDead(stage: CcoStage): Promise<boolean> {
  const pid = enginePid(stage);
  return pid !== null && !(await isRunning(pid));
}

/** Process that holds the lock of the board, dead or alive; null when there is none. */
export function enginePid(stage: CcoStage): number | null {
  return pidIn(join(stage.repo, ".cco", "engine.lock"), "pid");
}

/** A number in a JSON file of the board; null while it is not there. */
export function pidIn(path: string, key: string): number | null {
  try {
    const found = new RegExp(`"${key}": ?(\\d+)`).exec(readFileSync(path, "utf8"));
    return found === null ? null : Number(found[1]);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}

/** Kills the engine that runs now and waits until it is gone. */
export async function killEngine(stage: CcoStage): Promise<void> {
  const pid = await until(() => enginePid(stage));
  process.kill(pid, "SIGKILL");
  await until(async () => !(await isRunning(pid)));
}

/** Facts of the journal, which has to be readable as a whole. */
export async function factsOf(stage: CcoStage): Promise<Fact[]> {
  const { records } = await readJournalFolder(join(stage.repo, ".cco", "journal"));
  return records.map((record) => record.fact);
}

/**
 * What must hold of an accepted task however often who was killed: ended once, merged once, one commit of its own on the base, every
 * step of every attempt asked once, and the usage in results the sum of what the journal holds.
 */
export async function expectDoneOnce(stage: CcoStage, id: string): Promise<void> {
  const facts = (await factsOf(stage)).filter((fact) => "task" in fact && fact.task === id);
  const of = <T extends Fact["type"]>(type: T) =>
    facts.filter((fact): fact is Extract<Fact, { type: T }> => fact.type === type);
  expect(of("task.submitted")).toHaveLength(1);
  expect(of("task.ended").map((fact) => fact.status)).toEqual(["accepted"]);
  expect(of("merge.ended").filter((fact) => fact.outcome.kind === "merged")).toHaveLength(1);
  const log = await stage.git("log", "--format=%(trailers:key=Task,valueonly,separator=%x2C)", "HEAD");
  expect(log.split("\n").filter((line) => line === id)).toHaveLength(1);
  const started = of("attempt.started").map((fact) => fact.attempt);
  expect(started).toEqual(started.map((_, index) => index + 1));
  const steps = stage
    .requests()
    .filter((request) => request.api === "responses" && request.task === id)
    .map(({ attempt, step }) => `attempt ${attempt ?? "?"} step ${step ?? "?"}`);
  expect(steps.length).toBeGreaterThan(0);
  expect(steps.toSorted()).toEqual([...new Set(steps)].toSorted());
  const spent = [...of("attempt.ended").map((fact) => fact.outcome.usage), ...of("review.ended").map((f) => f.usage)];
  const { tasks } = await stage.cco("status", id, "--json");
  expect(tasks[0]?.usage).toMatchObject({
    inputTokens: spent.reduce((sum, usage) => sum + usage.inputTokens, 0),
    outputTokens: spent.reduce((sum, usage) => sum + usage.outputTokens, 0),
  });
  expect(await stage.git("status", "--porcelain")).toBe("");
}

/** Waits until no process of the stage is left that carries a mark of cco; fails when one stays. */
export async function expectNobodyWorks(stage: CcoStage, id: string, attempts: number): Promise<void> {
  const board = join(stage.repo, ".cco");
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const dir = join(board, "tasks", id, "attempts", String(attempt).padStart(2, "0"));
    await until(async () => (await processesWith(`CCO_ATTEMPT_DIR=${dir}`)).length === 0);
  }
}
