import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, existsSync, openSync } from "node:fs";
import { describeThrown, systemCode } from "../kernel/errors.ts";
import type { SupervisedCommand } from "./supervised-command.ts";
import type { Marker } from "./kill-tree.ts";
import { variables } from "./own-programs.ts";

/** A worker that was started. `outputs`: open descriptors of its stdout and stderr files. */
export interface StartedWorker {
  readonly pid: number;
  readonly outputs: readonly number[];
  /** How it ended; resolves when it has. */
  readonly exit: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  /** How long it has waited for answers of people so far, in ms: that time counts against no limit. Absent: it asks nobody. */
  waitedMs?(): number;
  /** Asks it to come to rest before it is ended by signals; takes a moment at most and never rejects. */
  settle?(): Promise<void>;
}

/** Starts the worker of a command; resolves with a sentence when it could not be started. */
export type StartWorker = (command: SupervisedCommand, marker: Marker, dir: string) => Promise<StartedWorker | string>;

/**
 * Starts the worker in a session and process group of its own. Its output goes into the files through their descriptors, so nothing
 * of it is lost when the supervisor dies. Resolves with a sentence when it could not be started.
 */
export async function startWorker(command: SupervisedCommand, marker: Marker): Promise<StartedWorker | string> {
  const opened: number[] = [];
  const open = (path: string, flags: string): number => {
    const file = openSync(path, flags);
    opened.push(file);
    return file;
  };
  try {
    const stdin = open(command.stdin, "r");
    const outputs = [open(command.stdout, "a"), open(command.stderr, "a")];
    const [program = "", ...args] = command.argv;
    const env = workerEnvironment(command, marker);
    const child = spawn(program, args, { cwd: command.cwd, env, detached: true, stdio: [stdin, ...outputs] });
    if (child.pid === undefined) throw await failureOf(child);
    closeSync(stdin);
    return { pid: child.pid, outputs, exit: exitOf(child) };
  } catch (error) {
    for (const file of opened) closeSync(file);
    return describeSpawnFailure(command, error);
  }
}

/** The environment of a worker: the named variables of this process, the fixed ones and the marker. */
export function workerEnvironment(command: SupervisedCommand, marker: Marker): Record<string, string> {
  return { ...variables(command.envNames), ...command.envSet, [marker.name]: marker.value };
}

/** How a child ended; resolves when it has. */
export function exitOf(child: ChildProcess): StartedWorker["exit"] {
  return new Promise((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
}

/** Why a child without a pid was not started. */
export function failureOf(child: ChildProcess): Promise<Error> {
  return new Promise((resolve) => {
    child.once("error", resolve);
  });
}

/** The system says ENOENT for a missing program and for a missing working directory alike. */
export function describeSpawnFailure(command: SupervisedCommand, error: unknown): string {
  const missingCwd = systemCode(error) === "ENOENT" && !existsSync(command.cwd);
  return missingCwd ? `the working directory ${command.cwd} does not exist` : describeThrown(error);
}
