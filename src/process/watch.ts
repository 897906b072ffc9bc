import { join } from "node:path";
import { CcoError } from "../kernel/errors.ts";
import { exitRecordSchema, type ExitReason, type ExitRecord } from "../model/outcome.ts";
import {
  EXIT_FILE,
  hasExit,
  readClaim,
  readLaunched,
  readTextIfThere,
  STOP_FILE,
  supervisorOf,
} from "./attempt-files.ts";
import { writingBoard } from "./board-write.ts";
import { createFileOnce } from "./atomic-file.ts";
import { openFolderHint } from "./folder-hint.ts";
import { sendSignal } from "./kill-tree.ts";
import { recordLost } from "./lost.ts";
import { isAlive } from "./process-identity.ts";
import { parseObject } from "./supervised-command.ts";

/** Looks at the truth come this often; a change in the folder brings the next one forward. */
const POLL_MS = 400;
/** A folder that nobody launched a supervisor for is given up after this time. */
const UNCLAIMED_MS = 5000;

/**
 * Resolves with the exit record of an attempt as soon as it is there. When the supervisor is dead without one, ends what is left of
 * the worker first and records `lost`. Any process may watch, also several. Rejects with the reason of `signal` when that aborts,
 * with BOARD_CORRUPT when the record cannot be read, with BOARD_WRITE.
 */
export async function watchExit(dir: string, signal: AbortSignal): Promise<ExitRecord> {
  // The worker's own writing happens in the same folder and must not wake anybody.
  const hint = openFolderHint([dir], [EXIT_FILE]);
  const since = performance.now();
  try {
    for (;;) {
      signal.throwIfAborted();
      const abandoned = isAbandoned(dir, performance.now() - since);
      // Read after the look at the supervisor: it writes the record and ends.
      const exit = readExit(dir);
      if (exit !== null) return exit;
      if (abandoned) await recordLost(dir);
      else await hint.next(POLL_MS, signal);
    }
  } finally {
    hint.close();
  }
}

/**
 * Asks the supervisor to end its whole process tree with this reason; returns at once. The first request counts. A supervisor that
 * has not claimed the folder yet sees the request before it starts anything. Throws BOARD_WRITE.
 */
export async function stopSupervised(dir: string, reason: ExitReason): Promise<void> {
  if (hasExit(dir)) return;
  writingBoard(dir, () => createFileOnce(join(dir, STOP_FILE), `${JSON.stringify({ v: 1, reason })}\n`, "unsynced"));
  const supervisor = supervisorOf(dir);
  if (supervisor === null || !isAlive(supervisor)) return;
  sendSignal(supervisor.pid, "SIGTERM");
}

/** True when nobody is left who would write the exit record. */
function isAbandoned(dir: string, watchedMs: number): boolean {
  const claim = readClaim(dir);
  if (claim === "unreadable") return true;
  if (claim !== "none") return !isAlive(claim);
  const launched = readLaunched(dir);
  return launched === null ? watchedMs > UNCLAIMED_MS : !isAlive(launched);
}

function readExit(dir: string): ExitRecord | null {
  const path = join(dir, EXIT_FILE);
  const text = readTextIfThere(path);
  if (text === null) return null;
  const parsed = exitRecordSchema.safeParse(parseObject(text));
  if (parsed.success) return parsed.data;
  throw new CcoError("BOARD_CORRUPT", `${path} is not an exit record`, { data: { path }, cause: parsed.error });
}
