import { CcoError } from "../kernel/errors.ts";
import type { Snapshot } from "../model/snapshot.ts";

/** Journal after which a snapshot is worth its cost: reading 1 MiB of lines takes a start about a tenth of a second. */
const SNAPSHOT_BYTES = 1024 * 1024;

/**
 * True when a snapshot is due after this many bytes of journal. Never more than one byte of snapshot is written per byte of journal,
 * however many tasks are open. `everyBytes`: least number of bytes between two.
 */
export function isSnapshotDue(tailBytes: number, snapshotBytes: number, everyBytes = SNAPSHOT_BYTES): boolean {
  return tailBytes >= Math.max(everyBytes, snapshotBytes);
}

/** INTERNAL for a snapshot that is not of the last line, or of a board that is not ours to write. */
export function refuseSnapshot(snapshot: Snapshot): CcoError {
  return new CcoError(
    "INTERNAL",
    `a snapshot of line ${snapshot.seq} can be kept by the engine that has just written that line alone`,
  );
}
