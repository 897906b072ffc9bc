import { spawn, type StdioOptions } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { describeThrown, systemCode } from "../kernel/errors.ts";
import { ALL_STEPS, endTree, LEFTOVER_STEPS, type Marker } from "./kill-tree.ts";
import { openOutputLog, type OutputLog } from "./output-log.ts";
import { makeOutputTail, type OutputTail } from "./output-tail.ts";
import { identityOf } from "./process-identity.ts";

/** A program that belongs to this process and is bounded in time, memory and log size. */
export interface BoundedRun {
  readonly argv: readonly string[];
  readonly cwd: string;
  /** The whole environment of the program, but for the two markers. */
  readonly env: Readonly<Record<string, string>>;
  /** Text for stdin, closed after it; null = /dev/null. */
  readonly stdin: string | null;
  /** stdin stays open until stdout shows this text; absent: it is closed after its text. */
  readonly stdinUntil?: string;
  readonly timeoutMs: number;
  /** Grace after each of SIGINT and SIGTERM. */
  readonly killGraceMs: number;
  /** Last part of each stream that is kept in memory. */
  readonly outputBytes: number;
  /** Absolute file that gets stdout and stderr as they come, at most 16 MB; null = none. */
  readonly log: string | null;
}

/** How it ended; `completed` with whatever exit code. `ms`: wall time. `detail`: one sentence, or empty. */
export interface BoundedResult {
  readonly reason: "completed" | "signal" | "timed-out" | "cancelled" | "spawn-failed";
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly ms: number;
  readonly detail: string;
}

/**
 * Marks a job for those who look for its leftovers after this process was killed: `killMarked(JOB_MARKER, value)` before the job is
 * run again. Value: `env.CCO_JOB` where the caller sets it, else the log file, else the working directory.
 */
export const JOB_MARKER = "CCO_JOB";
/** Marks one single run, so that the end of it touches no other run of the same job. */
const RUN_MARKER = "CCO_RUN";

/** After its tree is gone a run waits this long for pipes that somebody else holds open. */
const PIPE_GRACE_MS = 1000;
/** Longest time that a timer of Node can wait. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Runs a program in a session of its own and resolves when its whole process tree is gone: after its own end (`completed`, `signal`),
 * at the limit (`timed-out`) or when `signal` aborts (`cancelled`). Rejects for nothing that the program or the system does.
 */
export async function runBounded(run: BoundedRun, signal: AbortSignal): Promise<BoundedResult> {
  const started = performance.now();
  const output = { stdout: makeOutputTail(run.outputBytes), stderr: makeOutputTail(run.outputBytes) };
  const finish = (ending: Ending): BoundedResult => ({
    ...ending,
    stdout: output.stdout.text(),
    stderr: output.stderr.text(),
    ms: Math.round(performance.now() - started),
  });
  if (signal.aborted) return finish({ ...CANCELLED, code: null, signal: null });
  const marker: Marker = { name: RUN_MARKER, value: randomUUID() };
  const running = await start(run, marker);
  if (typeof running === "string") return finish({ reason: "spawn-failed", code: null, signal: null, detail: running });
  const log = run.log === null ? null : openOutputLog(run.log);
  const closed = collect(running.streams, output, log);
  feed(running, run, () => output.stdout.text());
  const ending = await endingOf(running, run, marker, signal);
  await drained(closed, running.streams);
  const logFailure = (await log?.close()) ?? "";
  return finish({ ...ending, detail: [ending.detail, logFailure].filter((text) => text !== "").join("; ") });
}

const CANCELLED = { reason: "cancelled", detail: "cancelled" } as const;

type Ending = Pick<BoundedResult, "reason" | "code" | "signal" | "detail">;

interface Running {
  readonly pid: number;
  readonly stdin: Writable | null;
  readonly streams: Readonly<Record<"stdout" | "stderr", Readable>>;
  readonly exit: Promise<{ readonly code: number | null; readonly signal: string | null }>;
}

/** Resolves with a sentence when the program could not be started. */
async function start(run: BoundedRun, marker: Marker): Promise<Running | string> {
  const [program = "", ...args] = run.argv;
  const job = run.env[JOB_MARKER] ?? run.log ?? run.cwd;
  const env = { ...run.env, [JOB_MARKER]: job, [marker.name]: marker.value };
  try {
    const stdio = [run.stdin === null ? "ignore" : "pipe", "pipe", "pipe"] satisfies StdioOptions;
    const child = spawn(program, args, { cwd: run.cwd, env, detached: true, stdio });
    const exit: Running["exit"] = new Promise((resolve) => {
      child.once("exit", (code, signal) => resolve({ code, signal }));
    });
    const failed = new Promise<Error>((resolve) => {
      child.once("error", resolve);
    });
    const { pid, stdin, stdout, stderr } = child;
    if (pid === undefined || stdout === null || stderr === null) throw await failed;
    return { pid, stdin, streams: { stdout, stderr }, exit };
  } catch (error) {
    const missingCwd = systemCode(error) === "ENOENT" && !existsSync(run.cwd);
    return missingCwd ? `the working directory ${run.cwd} does not exist` : describeThrown(error);
  }
}

/** Takes the output in; resolves when both streams have ended. */
async function collect(
  streams: Running["streams"],
  tails: Readonly<Record<"stdout" | "stderr", OutputTail>>,
  log: OutputLog | null,
): Promise<void> {
  const ends = (["stdout", "stderr"] as const).map((name) => {
    streams[name].on("data", (chunk: Buffer) => {
      tails[name].push(chunk);
      log?.push(chunk);
    });
    streams[name].on("error", () => streams[name].destroy());
    return new Promise((resolve) => {
      streams[name].once("close", resolve);
    });
  });
  await Promise.all(ends);
}

/** A program that ends without reading its input is no failure: EPIPE and its kin are dropped. */
function feed({ stdin, streams }: Running, { stdin: text, stdinUntil }: BoundedRun, said: () => string): void {
  stdin?.on("error", () => stdin.destroy());
  if (stdinUntil === undefined) return void stdin?.end(text ?? "");
  stdin?.write(text ?? "");
  streams.stdout.on("data", () => {
    if (stdin?.writable === true && said().includes(stdinUntil)) stdin.end();
  });
}

/** Pipes end with the tree, unless a process that is not of the tree was handed one of them. */
async function drained(closed: Promise<void>, streams: Running["streams"]): Promise<void> {
  const over = new AbortController();
  await Promise.race([closed, delay(PIPE_GRACE_MS, undefined, { signal: over.signal })]);
  over.abort();
  streams.stdout.destroy();
  streams.stderr.destroy();
}

function byItselfEnding({ signal }: Awaited<Running["exit"]>): Pick<Ending, "reason" | "detail"> {
  return signal === null
    ? { reason: "completed", detail: "" }
    : { reason: "signal", detail: `ended by ${signal} from outside` };
}

/** Waits for the first reason to end, ends the tree and tells how the program itself ended. */
async function endingOf(running: Running, run: BoundedRun, marker: Marker, cancel: AbortSignal): Promise<Ending> {
  const { pid } = running;
  const identity = identityOf(pid);
  const over = new AbortController();
  const { signal } = over;
  const limitMs = Math.min(run.timeoutMs, LONGEST_TIMER_MS);
  const first = await Promise.race([
    running.exit.then(byItselfEnding),
    delay(limitMs, { reason: "timed-out" as const, detail: `still running after ${limitMs / 1000} s` }, { signal }),
    (cancel.aborted ? Promise.resolve() : once(cancel, "abort", { signal })).then(() => CANCELLED),
  ]);
  over.abort();
  const byItself = first.reason === "completed" || first.reason === "signal";
  const survivors = await endTree(
    { roots: identity === null ? [] : [identity], session: pid, marker },
    { signals: byItself ? LEFTOVER_STEPS : ALL_STEPS, graceMs: run.killGraceMs },
  );
  if (survivors.length === 0) return { ...first, ...(await running.exit) };
  const detail = [first.detail, `could not be ended: ${survivors.map((survivor) => survivor.pid).join(", ")}`].join(
    "; ",
  );
  const exit = survivors.some((survivor) => survivor.pid === pid) ? { code: null, signal: null } : await running.exit;
  return { ...first, ...exit, detail };
}
