import { Buffer } from "node:buffer";
import { CcoError } from "../kernel/errors.ts";
import type { Blackboard, JournalContent } from "../ports/blackboard.ts";
import type { BoardDeps } from "./board-deps.ts";
import { boardLocked, makeLockText } from "./engine-lock.ts";
import { namesNobodyAlive } from "./exclusive-file.ts";
import { makeJournalDecoder } from "./journal-decoder.ts";
import { encodeFacts } from "./journal-lines.ts";
import type { LockedJournal } from "./locked-journal.ts";
import type { MemoryDisk } from "./memory-disk.ts";
import { isSnapshotDue, refuseSnapshot } from "./snapshot-size.ts";
import { decodeSnapshot, encodeSnapshot, isLastLine, lastLineOf, snapshotMismatch } from "./snapshot-text.ts";
import type { LastLine } from "./snapshot-text.ts";

const JOURNAL = "journal/000001.jsonl";
const SNAPSHOT = "checkpoint.json";

/** The end of the journal as its writer knows it. `text`: without a torn end. `tail`: bytes since the last snapshot. */
interface MemoryEnd {
  readonly text: string;
  /** Bytes of the text: counting them again for every line would take longer than all the rest. */
  readonly size: number;
  readonly nextSeq: number;
  readonly tail: number;
  readonly last: LastLine | null;
}

/** Lock and journal of the in-memory twin: one segment that is never archived, snapshots as on disk. */
export function memoryJournal(disk: MemoryDisk, deps: BoardDeps, root: string): LockedJournal {
  let lockText: string | null = null;
  /** Null until the journal was read under the lock. */
  let end: MemoryEnd | null = null;
  let snapshotBytes = 0;

  async function append(...[facts, nowMs]: Parameters<Blackboard["append"]>) {
    if (facts.length === 0) return [];
    if (lockText === null) throw new CcoError("INTERNAL", "only the engine that holds the lock writes the journal");
    end ??= readDisk(disk, root, false).end;
    deps.onCrashPoint?.("journal.before-append");
    const { records, text } = encodeFacts(facts, end.nextSeq, nowMs);
    disk.checkWrite(JOURNAL);
    const bytes = Buffer.from(text, "utf8");
    end = {
      text: end.text + text,
      size: end.size + bytes.length,
      nextSeq: end.nextSeq + records.length,
      tail: end.tail + bytes.length,
      last: lastLineOf(bytes, 1, end.size),
    };
    disk.files.set(JOURNAL, end.text);
    deps.onCrashPoint?.("journal.after-append");
    return records;
  }

  return {
    async lock() {
      if (lockText !== null) return;
      const found = disk.files.get("engine.lock");
      if (found !== undefined && !namesNobodyAlive(found, deps.identity))
        throw boardLocked(`${root}/engine.lock`, found);
      disk.checkWrite("engine.lock");
      lockText = makeLockText(deps.identity, Date.now());
      disk.files.set("engine.lock", lockText);
    },
    async unlock() {
      if (lockText !== null && disk.files.get("engine.lock") === lockText) disk.files.delete("engine.lock");
      lockText = end = null;
    },
    async readJournal(options) {
      const read = readDisk(disk, root, options?.whole === true);
      if (lockText !== null) [end, snapshotBytes] = [read.end, read.snapshotBytes];
      return read.content;
    },
    append,
    snapshotDue: () => isSnapshotDue(end?.tail ?? 0, snapshotBytes, deps.snapshotBytes),
    async saveSnapshot(snapshot) {
      const last = end?.last ?? null;
      if (lockText === null || end === null || last === null || end.nextSeq - 1 !== snapshot.seq)
        throw refuseSnapshot(snapshot);
      const text = encodeSnapshot({ snapshot, last });
      deps.onCrashPoint?.("snapshot.before-write");
      disk.checkWrite(SNAPSHOT);
      disk.files.set(SNAPSHOT, text);
      snapshotBytes = text.length;
      end = { ...end, tail: 0 };
      deps.onCrashPoint?.("snapshot.after-write");
    },
    archiveJournal: async () => undefined,
  };
}

/** What is on the disk. `snapshotBytes`: size of the snapshot that was used, 0 without one. */
interface OnDisk {
  readonly content: JournalContent;
  readonly end: MemoryEnd;
  readonly snapshotBytes: number;
}

function readDisk(disk: MemoryDisk, root: string, whole: boolean): OnDisk {
  const bytes = Buffer.from(disk.files.get(JOURNAL) ?? "", "utf8");
  const text = whole ? undefined : disk.files.get(SNAPSHOT);
  const found = text === undefined ? null : decodeSnapshot(text);
  const placed = typeof found === "string" ? null : found;
  if (placed !== null && !isLastLine(bytes.subarray(placed.last.from, placed.last.to), placed.last))
    throw snapshotMismatch(`${root}/${SNAPSHOT}`, placed);
  const offset = placed?.last.to ?? 0;
  const firstSeq = (placed?.snapshot.seq ?? 0) + 1;
  const decoder = makeJournalDecoder(firstSeq);
  decoder.beginSegment(`${root}/${JOURNAL}`, true, offset);
  decoder.push(bytes.subarray(offset));
  const { length, torn } = decoder.endSegment();
  return {
    content: {
      snapshot: placed?.snapshot ?? null,
      unusable: typeof found === "string" ? `${root}/${SNAPSHOT}: ${found}` : null,
      records: decoder.records,
      torn,
    },
    end: {
      text: bytes.subarray(0, length).toString("utf8"),
      size: length,
      nextSeq: firstSeq + decoder.records.length,
      tail: length - offset,
      last: null,
    },
    snapshotBytes: placed === null ? 0 : (text?.length ?? 0),
  };
}
