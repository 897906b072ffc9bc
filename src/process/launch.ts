import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describeThrown } from "../kernel/errors.ts";
import type { ProcessIdentity } from "../model/lease.ts";
import { attemptMarker, COMMAND_FILE, hasExit, noteLaunched, readClaim, SUPERVISOR_LOG } from "./attempt-files.ts";
import { writingBoard } from "./board-write.ts";
import { replaceFile } from "./atomic-file.ts";
import { recordUnstarted } from "./lost.ts";
import { identityOf } from "./process-identity.ts";
import type { SupervisedCommand } from "./supervised-command.ts";

/** Where the supervisor program lies, seen from this file: as a chunk of dist/, in dist/ itself, in src/process. */
const PROGRAM_PLACES = ["../supervisor.cjs", "./supervisor.cjs", "../../dist/supervisor.cjs"];

/**
 * Writes command.json into an existing attempt folder and starts the supervisor, detached: it outlives this process. Does nothing
 * when the folder has a supervisor or an exit record; of several callers at once one supervisor gets the folder. Does not wait for
 * the worker: watchExit notices a supervisor that never got so far. A supervisor that cannot be started at all is an exit record
 * with reason `spawn-failed`. Throws BOARD_WRITE.
 */
export async function launchSupervised(dir: string, command: SupervisedCommand): Promise<void> {
  if (hasExit(dir) || readClaim(dir) !== "none") return;
  writingBoard(dir, () => replaceFile(join(dir, COMMAND_FILE), `${JSON.stringify(command, null, 1)}\n`));
  const started = await startSupervisor(dir, command.envNames);
  if (typeof started === "string") recordUnstarted(dir, `the supervisor could not be started: ${started}`);
  else writingBoard(dir, () => noteLaunched(dir, started));
}

/** Its identity, or why it could not be started. */
async function startSupervisor(dir: string, envNames: readonly string[]): Promise<ProcessIdentity | string> {
  const program = supervisorProgram();
  if (program === undefined) return "supervisor.cjs is missing: the package is not built";
  const log = writingBoard(dir, () => openSync(join(dir, SUPERVISOR_LOG), "a"));
  try {
    const child = spawn(process.execPath, [program, realpathSync(dir)], {
      cwd: dir,
      env: supervisorEnvironment(dir, envNames),
      detached: true,
      stdio: ["ignore", "ignore", log],
    });
    const failed = new Promise<Error>((resolve) => {
      child.once("error", resolve);
    });
    if (child.pid === undefined) return describeThrown(await failed);
    child.unref();
    return identityOf(child.pid) ?? "it was gone at once";
  } catch (error) {
    return describeThrown(error);
  } finally {
    closeSync(log);
  }
}

/** What the worker will inherit, and the marker: a supervisor that is killed while it starts the worker leaves no unmarked process. */
function supervisorEnvironment(dir: string, envNames: readonly string[]): Record<string, string> {
  const marker = attemptMarker(dir);
  const env: Record<string, string> = { [marker.name]: marker.value };
  for (const name of envNames) {
    const value = process.env[name];
    if (value !== undefined) env[name] = value;
  }
  return env;
}

function supervisorProgram(): string | undefined {
  return PROGRAM_PLACES.map((place) => fileURLToPath(new URL(place, import.meta.url))).find((path) => existsSync(path));
}
