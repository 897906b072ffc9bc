import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { CcoError, describeThrown } from "../kernel/errors.ts";
import { isAlive } from "../process/process-identity.ts";
import { processIdentitySchema } from "../model/lease.ts";
import { ccoProgram } from "./package-root.ts";
import type { Project } from "./project.ts";
import { parseJson, readText } from "./read-board.ts";

/** True when the process that holds the engine lock of this project lives. */
export function isEngineRunning(project: Project): boolean {
  const text = readText(join(project.board, "engine.lock"));
  if (text === null) return false;
  const holder = processIdentitySchema.safeParse(parseJson(text));
  return holder.success && isAlive(holder.data);
}

/** Starts the engine of this project detached, unless one runs. Two that start at once settle it by the lock. */
export function ensureEngine(project: Project): void {
  if (isEngineRunning(project)) return;
  mkdirSync(project.board, { recursive: true });
  const log = openSync(join(project.board, "engine.log"), "a");
  try {
    const child = spawn(process.execPath, [ccoProgram(), "engine", "--foreground", "--project", project.root], {
      cwd: project.root,
      detached: true,
      stdio: ["ignore", log, log],
    });
    child.on("error", () => undefined);
    child.unref();
  } catch (error) {
    throw new CcoError("ENGINE_START", `the engine could not be started: ${describeThrown(error)}`, { cause: error });
  } finally {
    closeSync(log);
  }
}
