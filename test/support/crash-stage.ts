import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, type TestContext } from "vitest";
import { readJournalFolder } from "../../src/blackboard/journal-reader.ts";
import { ledgerResultSchema } from "../../src/model/ledger.ts";
import type { Fact } from "../../src/model/record.ts";
import type { ScriptInput } from "../../src/rehearsal/script.ts";
import { type CcoStage, PROGRAM, setCcoStage } from "./cco.ts";
import { isRunning, until } from "./processes.ts";

/** Settings for runs that are killed: retries at once, engines that end when nothing is open, short graces. */
const CRASH_CONFIG =
  "engine: { idleSeconds: 0 }\nworker: { killGraceSeconds: 1 }\nretry: { baseSeconds: 0.05, jitterSeconds: 0 }\n";

/** Sets a stage for one test. The hook is the test's own: tests side by side cannot share the global one. */
export async function setCrashStage(
  onTestFinished: TestContext["onTestFinished"],
  script: ScriptInput,
): Promise<CcoStage> {
  const stage = await setCcoStage({ script, config: CRASH_CONFIG });
  onTestFinished(() => stage.close());
  return stage;
}

/** Runs cco with this crash point in its environment and returns when the engine it started has died at it; the command itself is killed too. */
export async function dieAt(stage: CcoStage, point: string, ...args: string[]): Promise<void> {
  const env = { ...stage.env, CCO_CRASH_AT: point };
  const before = enginePid(stage);
  const command = spawn(process.execPath, [PROGRAM, ...args], { cwd: stage.repo, env, stdio: "ignore" });
  const ended = new Promise((resolve) => {
    command.once("close", resolve);
  });
  await until(async () => enginePid(stage) !== before && (await isEngineDead(stage)));
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
  const found = new RegExp(`"${key}": ?(\\d+)`).exec(readIfThere(path));
  return found === null ? null : Number(found[1]);
}

/** Text of a file; empty while it is not there. */
export function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
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
  const rows = ledgerResultSchema
    .parse((await stage.cco("ledger", "--json")).json)
    .rows.filter(({ task }) => task === id);
  expect(new Set(rows.map(({ seq, part }) => `${seq}.${part}`)).size).toBe(rows.length);
  expect(rows.map(({ inputTokens, outputTokens }) => inputTokens + outputTokens)).toEqual(
    spent.map((usage) => usage.inputTokens + usage.outputTokens),
  );
  const { tasks } = await stage.cco("status", id, "--json");
  expect(tasks[0]?.usage).toMatchObject({
    inputTokens: spent.reduce((sum, usage) => sum + usage.inputTokens, 0),
    outputTokens: spent.reduce((sum, usage) => sum + usage.outputTokens, 0),
  });
  expect(await stage.git("status", "--porcelain")).toBe("");
}

/** Waits until nobody is left whose command line or environment names the stage: no engine, supervisor, worker, check or reviewer. */
export async function untilNobodyIsLeft(stage: CcoStage): Promise<void> {
  await until(() => processesOfStage(stage).length === 0);
}

/** Processes of the stage whose command line names this text. */
export function processesNaming(text: string, stage: CcoStage): number[] {
  return processesOfStage(stage)
    .filter((pid) => readProc(pid, "cmdline").replaceAll("\0", " ").includes(text))
    .map(Number);
}

function processesOfStage(stage: CcoStage): string[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && name !== String(process.pid));
  return pids.filter((pid) => ["cmdline", "environ"].some((file) => readProc(pid, file).includes(stage.dir)));
}

/** Empty for a process that has ended meanwhile, and for a zombie. */
function readProc(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch (error) {
    if (error instanceof Error) return "";
    throw error;
  }
}
