import { join } from "node:path";
import { firstLine } from "../kernel/text.ts";
import type { ExitReason, ExitRecord } from "../model/outcome.ts";
import {
  attemptMarker,
  claimFolder,
  EXIT_FILE,
  hasExit,
  readClaim,
  readTextIfThere,
  SUPERVISOR_LOG,
  workerOf,
  type SupervisorRecord,
} from "./attempt-files.ts";
import { writingBoard } from "./board-write.ts";
import { createFileOnce } from "./atomic-file.ts";
import { collectTree, endTree, type Tree } from "./kill-tree.ts";

/**
 * Ends an attempt whose supervisor died: kills what is left of its worker and writes the exit record with reason `lost`, unless
 * there is one. Does nothing when a supervisor claims the folder meanwhile. Twice is harmless.
 */
export async function recordLost(dir: string): Promise<void> {
  // Bars the folder first: a supervisor that is only slow must not start a worker after the record says that it is over.
  const claim = readClaim(dir);
  if (claim === "none" && !writingBoard(dir, () => claimFolder(dir, nobody()))) return;
  if (hasExit(dir)) return;
  const named = typeof claim === "string" ? null : claim;
  const worker = named === null ? null : workerOf(named);
  const tree: Tree = { roots: worker === null ? [] : [worker], session: null, marker: attemptMarker(dir) };
  const found = collectTree(tree).length;
  const survivors = await endTree(tree, { signals: ["SIGKILL"], graceMs: 0 });
  const who =
    named === null || named.pid === 0
      ? "the supervisor was gone before it claimed the attempt"
      : `supervisor ${named.pid} was gone`;
  const left = survivors.length === 0 ? "" : `; could not be ended: ${survivors.map(({ pid }) => pid).join(", ")}`;
  const detail = `${who} and had left no exit record; ${found} processes of it were running${left}${logged(dir)}`;
  writeExit(dir, "lost", detail, named?.startedAt);
}

/** Closes a folder whose supervisor could not even be started; does nothing when one has claimed it. */
export function recordUnstarted(dir: string, detail: string): void {
  if (writingBoard(dir, () => claimFolder(dir, nobody()))) writeExit(dir, "spawn-failed", detail, undefined);
}

function writeExit(dir: string, reason: ExitReason, detail: string, startedAt: string | undefined): void {
  const now = new Date().toISOString();
  const exit: ExitRecord = {
    v: 1,
    reason,
    code: null,
    signal: null,
    detail,
    startedAt: startedAt ?? now,
    endedAt: now,
  };
  writingBoard(dir, () => createFileOnce(join(dir, EXIT_FILE), `${JSON.stringify(exit)}\n`, "synced"));
}

/** A claim for nobody. */
function nobody(): SupervisorRecord {
  const startedAt = new Date().toISOString();
  return { v: 1, pid: 0, startTime: "", bootId: "", workerPid: null, workerStartTime: null, pgid: null, startedAt };
}

/** What the supervisor wrote when it failed. */
function logged(dir: string): string {
  const error = (readTextIfThere(join(dir, SUPERVISOR_LOG)) ?? "").split("\n").find((line) => /\w*Error\b/.test(line));
  return error === undefined ? "" : `; ${SUPERVISOR_LOG}: ${firstLine(error)}`;
}
