import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, realpathSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CcoError, describeThrown } from "../kernel/errors.ts";
import type { ProcessIdentity } from "../model/lease.ts";
import {
  attemptMarker,
  COMMAND_FILE,
  hasExit,
  noteLaunched,
  readClaim,
  SUPERVISOR_LOG,
  WARM_BEGIN,
  WARM_FLAG,
} from "./attempt-files.ts";
import { writingBoard } from "./board-write.ts";
import { replaceFile } from "./atomic-file.ts";
import { recordUnstarted } from "./lost.ts";
import { forOwnProgram, variables } from "./own-programs.ts";
import { identityOf, isAlive } from "./process-identity.ts";
import type { SupervisedCommand } from "./supervised-command.ts";

/** Where supervisor programs lie, seen from this file: as a chunk of dist/, in dist/ itself, in src/process. */
const PROGRAM_PLACES = ["..", ".", "../../dist"];
const PROGRAM = "supervisor.cjs";
/** The supervisor of a worker that is talked to. */
const TALKING_PROGRAM = "attached-supervisor.cjs";

/**
 * Writes command.json into an existing attempt folder and starts the supervisor, detached: it outlives this process. Does nothing
 * when the folder has a supervisor or an exit record; of several callers at once one supervisor gets the folder. Does not wait for
 * the worker: watchExit notices a supervisor that never got so far. A supervisor that cannot be started at all is an exit record
 * with reason `spawn-failed`. Throws BOARD_WRITE.
 */
export async function launchSupervised(
  dir: string,
  command: SupervisedCommand,
  warm: WarmSupervisor | null = null,
): Promise<void> {
  if (hasExit(dir) || readClaim(dir) !== "none") return;
  writingBoard(dir, () => replaceFile(join(dir, COMMAND_FILE), `${JSON.stringify(command, null, 1)}\n`));
  const started = warm?.begin(command.envNames) ?? (await startSupervisor(dir, command));
  if (typeof started === "string") recordUnstarted(dir, `the supervisor could not be started: ${started}`);
  else writingBoard(dir, () => noteLaunched(dir, started));
}

/** A supervisor that has loaded and does nothing until it is let go. It ends with its starter, and by itself when nobody comes. */
export interface WarmSupervisor {
  /** Lets it begin and names it; null when it is gone or was given another environment: then another one has to be started. */
  begin(envNames: readonly string[]): ProcessIdentity | null;
}

/** A warm supervisor is let go within moments; one that waits for longer was forgotten. */
const WARM_MS = 60_000;

/** Starts a supervisor for a folder ahead of time; null when it cannot be. The folder is made. */
export function warmSupervisor(dir: string, envNames: readonly string[]): WarmSupervisor | null {
  const program = supervisorProgram(PROGRAM);
  if (program === undefined) return null;
  mkdirSync(dir, { recursive: true });
  const child = spawnSupervisor(dir, { program, envNames, warm: true });
  const identity = child.pid === undefined ? null : identityOf(child.pid);
  child.on("error", () => undefined);
  child.stdin?.on("error", () => undefined);
  if (child.stdin instanceof Socket) child.stdin.unref();
  const timer = setTimeout(() => child.stdin?.end(), WARM_MS).unref();
  return {
    begin(names) {
      clearTimeout(timer);
      const usable = identity !== null && isAlive(identity) && names.join() === envNames.join();
      child.stdin?.end(usable ? WARM_BEGIN : "");
      return usable ? identity : null;
    },
  };
}

/** Its identity, or why it could not be started. */
async function startSupervisor(dir: string, { envNames, talk }: SupervisedCommand): Promise<ProcessIdentity | string> {
  const name = talk === undefined ? PROGRAM : TALKING_PROGRAM;
  const program = supervisorProgram(name);
  if (program === undefined) return `${name} is missing: the package is not built`;
  try {
    const child = spawnSupervisor(dir, { program, envNames, warm: false });
    const failed = new Promise<Error>((resolve) => {
      child.once("error", resolve);
    });
    if (child.pid === undefined) return describeThrown(await failed);
    return identityOf(child.pid) ?? "it was gone at once";
  } catch (error) {
    if (error instanceof CcoError) throw error;
    return describeThrown(error);
  }
}

function spawnSupervisor(
  dir: string,
  {
    program,
    envNames,
    warm,
  }: { readonly program: string; readonly envNames: readonly string[]; readonly warm: boolean },
): ChildProcess {
  const log = writingBoard(dir, () => openSync(join(dir, SUPERVISOR_LOG), "a"));
  try {
    const child = spawn(process.execPath, [program, realpathSync(dir), ...(warm ? [WARM_FLAG] : [])], {
      cwd: dir,
      env: supervisorEnvironment(dir, envNames),
      detached: true,
      stdio: [warm ? "pipe" : "ignore", "ignore", log],
    });
    child.unref();
    return child;
  } finally {
    closeSync(log);
  }
}

/** What the worker will inherit, and the marker: a supervisor that is killed while it starts the worker leaves no unmarked process. */
function supervisorEnvironment(dir: string, envNames: readonly string[]): Record<string, string> {
  const marker = attemptMarker(dir);
  return forOwnProgram({ [marker.name]: marker.value, ...variables(envNames) });
}

function supervisorProgram(name: string): string | undefined {
  return PROGRAM_PLACES.map((place) => fileURLToPath(new URL(`${place}/${name}`, import.meta.url))).find((path) =>
    existsSync(path),
  );
}
