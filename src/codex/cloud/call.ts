import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, readSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { describeThrown } from "../../kernel/errors.ts";

/** One call of `codex cloud`. */
export interface CloudCall {
  readonly codex: string;
  readonly args: readonly string[];
  /** Where it works: it leaves `error.log` there, whatever the call. */
  readonly folder: string;
  /** Absolute file for its stdout; absent: one that is read and dropped. */
  readonly stdout?: string;
  /** Absolute file that it reads; absent: nothing. */
  readonly stdin?: string;
  /** Codex itself waits for an answer for ever. */
  readonly limitMs: number;
}

/** How it ended. `late`: it was ended at its limit. `stdout`, `stderr`: the first part. */
export interface CloudCalled {
  readonly code: number | null;
  readonly late: boolean;
  readonly limitMs: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Part of an output that is read: lists and states are some kilobytes, an error holds the body of an answer. */
const READ_BYTES = 256 * 1024;

/** Runs it to its end. Its output goes into files through their descriptors, so nothing of it is lost when the caller dies. */
export async function callCloud(call: CloudCall): Promise<CloudCalled> {
  const { folder, limitMs } = call;
  const paths = { out: call.stdout ?? join(folder, "call.out"), err: join(folder, "call.err") };
  const opened: number[] = [];
  const open = (path: string, flags: string): number => {
    const file = openSync(path, flags);
    opened.push(file);
    return file;
  };
  try {
    const stdin = call.stdin === undefined ? "ignore" : open(call.stdin, "r");
    const child = spawn(call.codex, ["cloud", ...call.args], {
      cwd: folder,
      stdio: [stdin, open(paths.out, "w"), open(paths.err, "w")],
    });
    const ended = await new Promise<Pick<CloudCalled, "code" | "late"> | Error>((resolve) => {
      let late = false;
      const timer = setTimeout(() => {
        late = true;
        child.kill("SIGKILL");
      }, limitMs);
      child.once("error", resolve);
      child.once("exit", (code) => {
        clearTimeout(timer);
        resolve({ code, late });
      });
    });
    if (ended instanceof Error) throw ended;
    return { ...ended, limitMs, stdout: startOf(paths.out), stderr: startOf(paths.err) };
  } catch (error) {
    return {
      code: null,
      late: false,
      limitMs,
      stdout: "",
      stderr: `codex cannot be started: ${describeThrown(error)}`,
    };
  } finally {
    for (const file of opened) closeSync(file);
    // An answer may be the page of anybody on the way; what is of use in it has been read.
    for (const path of [paths.err, ...(call.stdout === undefined ? [paths.out] : [])]) rmSync(path, { force: true });
  }
}

function startOf(path: string): string {
  const { size } = statSync(path);
  if (size <= READ_BYTES) return readFileSync(path, "utf8");
  const file = openSync(path, "r");
  try {
    const bytes = Buffer.alloc(READ_BYTES);
    return bytes.toString("utf8", 0, readSync(file, bytes, 0, READ_BYTES, 0));
  } finally {
    closeSync(file);
  }
}

/** What a call has noted beside its output; it grows with every call, so it is taken away. */
export function takeErrorLog(folder: string): string {
  const path = join(folder, "error.log");
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return "";
  const text = startOf(path);
  rmSync(path, { force: true });
  return text;
}
