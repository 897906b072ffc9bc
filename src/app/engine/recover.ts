import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { CcoError, systemCode } from "../../kernel/errors.ts";
import { lastEngineFailure } from "./engine-failure.ts";
import { ensureEngine, isEngineNew, isEngineRunning } from "./engine-process.ts";
import type { Project } from "../project.ts";
import { systemClock } from "../system.ts";

/** What came of a look for work that nobody does: an engine was started (and why the one before could not run), or why it could not be. */
export type Recovery =
  | { readonly kind: "started"; readonly failedBefore: string | null }
  | { readonly kind: "failed"; readonly error: CcoError };

/**
 * Starts the engine again when work is open and none runs, whatever ended it; does not wait for it. Null: there was no need. Costs a
 * few looks at files, however many tasks there are.
 */
export function recoverWork(project: Project): Recovery | null {
  if (isEngineRunning(project) || !hasOpenWork(project)) return null;
  try {
    ensureEngine(project);
    return { kind: "started", failedBefore: lastEngineFailure(project) };
  } catch (error) {
    if (error instanceof CcoError) return { kind: "failed", error };
    throw error;
  }
}

/** True when an engine has something to do. A lock on the board without an engine is one that was killed, whatever it had written by then. */
export function hasOpenWork({ board }: Project): boolean {
  return (
    existsSync(join(board, "open.json")) || existsSync(join(board, "engine.lock")) || waitingCommands({ board }) > 0
  );
}

/** True when the pictures of the tasks show all that the journal holds. An engine that was killed may have known more than it had shown. */
export function isPictureFresh(project: Project): boolean {
  return isEngineRunning(project) ? !isEngineNew(project) : !hasOpenWork(project);
}

/** Longest time that a command waits for an engine to take what came before it, in ms, and the time between two looks. */
const TAKEN_MS = { most: 5000, poll: 15 };

/** Waits until the engine has taken what lies in the inbox; false when there is nothing, or nobody takes it. */
export async function inboxTaken(project: Project): Promise<boolean> {
  if (waitingCommands(project) === 0) return false;
  const clock = systemClock();
  const untilMs = performance.now() + TAKEN_MS.most;
  while (waitingCommands(project) > 0 && performance.now() < untilMs) await clock.sleep(TAKEN_MS.poll);
  return waitingCommands(project) === 0;
}

/** Number of commands in the inbox. */
export function waitingCommands({ board }: Pick<Project, "board">): number {
  try {
    return readdirSync(join(board, "inbox")).filter((name) => !name.startsWith(".") && name.endsWith(".json")).length;
  } catch (error) {
    if (systemCode(error) === "ENOENT" || systemCode(error) === "ENOTDIR") return 0;
    throw error;
  }
}
