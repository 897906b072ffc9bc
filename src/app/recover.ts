import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { CcoError, systemCode } from "../kernel/errors.ts";
import { ensureEngine, isEngineRunning } from "./engine-process.ts";
import type { Project } from "./project.ts";

/** What came of a look for work that nobody does: an engine was started, or why it could not be. Null: there was no need. */
export type Recovery = { readonly kind: "started" } | { readonly kind: "failed"; readonly error: CcoError };

/**
 * Starts the engine again when work is open and none runs, whatever ended it; does not wait for it. Costs a few looks at files,
 * however many tasks there are.
 */
export function recoverWork(project: Project): Recovery | null {
  if (isEngineRunning(project) || !hasOpenWork(project)) return null;
  try {
    ensureEngine(project);
    return { kind: "started" };
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

/** Number of commands in the inbox. */
export function waitingCommands({ board }: Pick<Project, "board">): number {
  try {
    return readdirSync(join(board, "inbox")).filter((name) => !name.startsWith(".") && name.endsWith(".json")).length;
  } catch (error) {
    if (systemCode(error) === "ENOENT" || systemCode(error) === "ENOTDIR") return 0;
    throw error;
  }
}
