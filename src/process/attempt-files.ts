import { existsSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { systemCode } from "../kernel/errors.ts";
import type { ProcessIdentity } from "../model/lease.ts";
import type { ExitReason } from "../model/outcome.ts";
import { createFileOnce, replaceFile } from "./atomic-file.ts";
import type { Marker } from "./kill-tree.ts";
import { parseObject } from "./supervised-command.ts";

/** Files of an attempt folder that belong to the supervisor and to those who launch, watch and stop it. */
export const COMMAND_FILE = "command.json";
const SUPERVISOR_FILE = "supervisor.json";
export const SUPERVISOR_LOG = "supervisor.log";
const LAUNCH_FILE = "launch.json";
export const STOP_FILE = "stop.json";
export const EXIT_FILE = "exit.json";

/** Makes a supervisor wait, once it has loaded, for the word on its stdin; an end without it ends the supervisor. */
export const WARM_FLAG = "--wait";
export const WARM_BEGIN = "begin";

/** Variable that marks every process of an attempt; its value is the attempt folder. Children inherit it, whatever session they open. */
export const ATTEMPT_MARKER = "CCO_ATTEMPT_DIR";

/**
 * supervisor.json: the claim of one supervisor to the folder. pid 0 claims it for nobody, so that nothing can start there any more.
 * `workerPid` is null until the worker runs; `pgid` is its process group and session. `startedAt`: ISO 8601.
 */
export interface SupervisorRecord {
  readonly v: 1;
  readonly pid: number;
  readonly startTime: string;
  readonly bootId: string;
  readonly workerPid: number | null;
  readonly workerStartTime: string | null;
  readonly pgid: number | null;
  readonly startedAt: string;
}

/** Marker of the attempt in this folder; the same one by whatever path (links, relative) the folder is named. */
export function attemptMarker(dir: string): Marker {
  return { name: ATTEMPT_MARKER, value: realpathSync(dir) };
}

/**
 * Takes the folder for one supervisor; false when somebody has it already, whoever that is and whether or not it lives. Not synced:
 * a power cut ends the supervisor too, and an empty claim is as good as a dead one.
 */
export function claimFolder(dir: string, record: SupervisorRecord): boolean {
  return createFileOnce(join(dir, SUPERVISOR_FILE), `${JSON.stringify(record)}\n`, "unsynced");
}

/** Completes the own claim. */
export function rewriteClaim(dir: string, record: SupervisorRecord): void {
  replaceFile(join(dir, SUPERVISOR_FILE), `${JSON.stringify(record)}\n`);
}

/** The claim to a folder; `unreadable` when there is a file that says nothing usable. */
export function readClaim(dir: string): SupervisorRecord | "none" | "unreadable" {
  const text = readTextIfThere(join(dir, SUPERVISOR_FILE));
  return text === null ? "none" : (parseClaim(text) ?? "unreadable");
}

/** The supervisor that holds the folder, or null when there is none (any more: it may be dead, see isAlive). */
export function supervisorOf(dir: string): ProcessIdentity | null {
  const claim = readClaim(dir);
  return typeof claim === "string" || claim.pid === 0 ? null : identityIn(claim);
}

/** The worker that a claim names, or null when it was not started yet. */
export function workerOf(claim: SupervisorRecord): ProcessIdentity | null {
  if (claim.workerPid === null || claim.workerStartTime === null) return null;
  return { pid: claim.workerPid, startTime: claim.workerStartTime, bootId: claim.bootId };
}

/** Process that was launched as supervisor, whether or not it got the claim; null when nobody noted one. */
export function readLaunched(dir: string): ProcessIdentity | null {
  const given = parseObject(readTextIfThere(join(dir, LAUNCH_FILE)) ?? "");
  return given === null ? null : parseIdentity(given);
}

/** Notes the process that was launched as supervisor. */
export function noteLaunched(dir: string, identity: ProcessIdentity): void {
  replaceFile(join(dir, LAUNCH_FILE), `${JSON.stringify(identity)}\n`);
}

/** Reason of a stop request: `cancelled` when the file names none of the known ones, null when nobody asked. */
export function readStopReason(dir: string): ExitReason | null {
  const text = readTextIfThere(join(dir, STOP_FILE));
  if (text === null) return null;
  const given = parseObject(text)?.["reason"];
  return STOP_REASONS.find((reason) => reason === given) ?? "cancelled";
}

/** True when the folder has its exit record. */
export function hasExit(dir: string): boolean {
  return existsSync(join(dir, EXIT_FILE));
}

/** Text of a file, or null when there is none. Other errors are thrown as they are. */
export function readTextIfThere(path: string): string | null {
  // Asked for many times while it is not there, and an exception costs more than the question.
  if (!existsSync(path)) return null;
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (systemCode(error) === "ENOENT") return null;
    throw error;
  }
}

/** Reasons that can be asked for from outside; the list of model/outcome.ts would bring its schema library along. */
const STOP_REASONS = [
  "deadline",
  "silent",
  "cancelled",
  "output-flood",
  "budget",
] as const satisfies readonly ExitReason[];

function parseClaim(text: string): SupervisorRecord | null {
  const given = parseObject(text);
  if (given === null) return null;
  const { workerPid, workerStartTime, pgid, startedAt, pid, startTime, bootId } = given;
  if (!isPidOr(pid, 0) || !isPidOr(workerPid, null) || !isPidOr(pgid, null)) return null;
  if (typeof startTime !== "string" || typeof bootId !== "string" || typeof startedAt !== "string") return null;
  if (workerStartTime !== null && typeof workerStartTime !== "string") return null;
  return { v: 1, pid, startTime, bootId, workerPid, workerStartTime, pgid, startedAt };
}

function parseIdentity(given: Record<string, unknown>): ProcessIdentity | null {
  const { pid, startTime, bootId } = given;
  if (!isPidOr(pid, 0) || pid === 0 || typeof startTime !== "string" || typeof bootId !== "string") return null;
  return { pid, startTime, bootId };
}

function identityIn(claim: SupervisorRecord): ProcessIdentity {
  return { pid: claim.pid, startTime: claim.startTime, bootId: claim.bootId };
}

/** Pids 1, 0 and below mean "everybody" or "init" to kill(2): a damaged file must never get there. */
function isPidOr<T extends 0 | null>(value: unknown, empty: T): value is number | T {
  return value === empty || (typeof value === "number" && Number.isSafeInteger(value) && value > 1);
}
