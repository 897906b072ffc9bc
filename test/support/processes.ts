import { mkdtemp, readdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { SupervisedCommand } from "../../src/process/supervised-command.ts";

/** The built supervisor program. */
export const SUPERVISOR = fileURLToPath(new URL("../../dist/supervisor.cjs", import.meta.url));

/** argv of a program of test/fixtures. */
export function fixture(name: string, ...args: readonly string[]): string[] {
  return ["/bin/sh", fileURLToPath(new URL(`../fixtures/${name}.sh`, import.meta.url)), ...args];
}

/** A unique temporary folder, by its real path. */
export async function makeFolder(): Promise<string> {
  return realpath(await mkdtemp(join(tmpdir(), "cco-process-")));
}

/** Removes a folder. */
export async function removeFolder(dir: string): Promise<void> {
  await rm(dir, { recursive: true, force: true, maxRetries: 5 });
}

/** A command for an attempt folder with the prompt `hello`; generous limits, short grace. */
export async function commandIn(
  dir: string,
  argv: readonly string[],
  limits: Partial<SupervisedCommand["limits"]> = {},
): Promise<SupervisedCommand> {
  await writeFile(join(dir, "prompt.md"), "hello\n");
  return {
    v: 1,
    argv,
    cwd: dir,
    envNames: ["PATH"],
    envSet: {},
    stdin: join(dir, "prompt.md"),
    stdout: join(dir, "events.jsonl"),
    stderr: join(dir, "stderr.log"),
    limits: { hardMs: 50_000, silenceMs: 50_000, killGraceMs: 300, outputBytes: 64_000_000, ...limits },
    signsOfLife: [],
  };
}

/** Living processes whose environment holds the exact entry `NAME=value`; read here once more, independently of the product. */
export async function processesWith(entry: string): Promise<number[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const environment = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
      return environment.split("\0").includes(entry) && (await isRunning(Number(pid)));
    }),
  );
  return pids.filter((_, index) => found[index]).map(Number);
}

/** Processes of an attempt: supervisor, worker and what descends from it. */
export async function processesOf(dir: string): Promise<number[]> {
  return processesWith(`CCO_ATTEMPT_DIR=${dir}`);
}

/** As processesOf, without the supervisor: it ends a moment after its record is there. */
export async function workersOf(dir: string): Promise<number[]> {
  const supervisor = await claimed(dir, "pid");
  return (await processesOf(dir)).filter((pid) => pid !== supervisor);
}

/** Ends a test: fails when a process of the attempt is left (and kills it), removes the folder. */
export async function leaveNobody(dir: string): Promise<void> {
  const left = await workersOf(dir);
  for (const pid of left) process.kill(pid, "SIGKILL");
  if (left.length === 0) await until(async () => (await processesOf(dir)).length === 0);
  await removeFolder(dir);
  if (left.length > 0) throw new Error(`left running: ${left.join(", ")}`);
}

/** True for a process that exists and is no zombie. */
export async function isRunning(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "State:\tX");
  return !/^State:\t[ZX]/m.test(status);
}

/** Living processes that name this one as parent. */
export async function childrenOf(parent: number): Promise<number[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(pids.map(async (pid) => readFile(`/proc/${pid}/stat`, "utf8").catch(() => "")));
  return pids.map(Number).filter((_, index) => {
    const line = lines[index] ?? "";
    const [state, ppid] = line.slice(line.lastIndexOf(")") + 2).split(" ");
    return ppid === String(parent) && state !== "Z";
  });
}

/** Waits until the probe yields something that is neither null, undefined nor false; fails after 20 s. */
export async function until<T>(probe: () => T | Promise<T>): Promise<NonNullable<Exclude<T, false>>> {
  const end = performance.now() + 20_000;
  for (;;) {
    const value = await probe();
    if (value !== null && value !== undefined && value !== false) return value as NonNullable<Exclude<T, false>>;
    if (performance.now() > end) throw new Error(`never became true: ${String(probe)}`);
    await delay(10);
  }
}

/** Text of a file of the folder; empty while it is not there. */
export async function textOf(dir: string, name: string): Promise<string> {
  return readFile(join(dir, name), "utf8").catch(() => "");
}

/** A number in supervisor.json, or null while it is not there. */
async function claimed(dir: string, key: "pid" | "workerPid"): Promise<number | null> {
  const found = new RegExp(`"${key}":(\\d+)`).exec(await textOf(dir, "supervisor.json"));
  return found === null ? null : Number(found[1]);
}

/** Pid of the worker once the supervisor has noted it. */
export async function workerPid(dir: string): Promise<number> {
  return until(async () => claimed(dir, "workerPid"));
}

/** Pid of the supervisor once it has claimed the folder. */
export async function supervisorPid(dir: string): Promise<number> {
  return until(async () => claimed(dir, "pid"));
}
