import { join } from "node:path";
import { CcoError } from "../kernel/errors.ts";
import type { Snapshot } from "../model/snapshot.ts";
import type { Blackboard } from "../ports/blackboard.ts";
import { writeDurable } from "./atomic-write.ts";
import type { BoardDeps } from "./board-deps.ts";
import { releaseLock, takeLock } from "./engine-lock.ts";
import { type JournalWriter, openJournalWriter } from "./journal.ts";
import { archiveSegments } from "./journal-archive.ts";
import { type ReadJournal, readJournal, snapshotFile } from "./journal-reader.ts";
import { encodeSnapshot } from "./snapshot-text.ts";
import { isSnapshotDue, refuseSnapshot } from "./snapshot-size.ts";
import { inOrder, makeQueues } from "./write-order.ts";

/** The part of the board that belongs to the holder of the lock. */
export type LockedJournal = Pick<
  Blackboard,
  "lock" | "unlock" | "readJournal" | "append" | "snapshotDue" | "saveSnapshot" | "archiveJournal"
>;

/** Bytes of the journal since the last snapshot, the size of that one, and the segment in which it ends. */
type Tail = { -readonly [Key in "bytes" | "snapshotBytes" | "segment"]: ReadJournal[Key] };

/** Lock and journal belong together: only the holder of the lock appends, and a new holder reads before it does. */
export function lockedJournal(root: string, deps: BoardDeps): LockedJournal {
  const crashPoint = deps.onCrashPoint ?? ((): void => undefined);
  const lockFile = join(root, "engine.lock");
  const folder = join(root, "journal");
  const queues = makeQueues();
  const tail: Tail = { bytes: 0, snapshotBytes: 0, segment: 0 };
  let lockText: string | null = null;
  let writer: JournalWriter | null = null;

  async function read(whole: boolean) {
    const { content, end, ...read } = await readJournal(folder, whole);
    if (lockText === null) return content;
    Object.assign(tail, read);
    writer ??= openJournalWriter(folder, end, {
      ...(deps.segmentBytes === undefined ? {} : { segmentBytes: deps.segmentBytes }),
      onRotate: () => crashPoint("journal.after-rotate"),
    });
    return content;
  }

  async function append(...[facts, nowMs]: Parameters<Blackboard["append"]>) {
    if (facts.length === 0) return [];
    if (lockText === null) throw new CcoError("INTERNAL", "only the engine that holds the lock writes the journal");
    if (writer === null) await read(false);
    crashPoint("journal.before-append");
    const records = (await writer?.append(facts, nowMs)) ?? [];
    tail.bytes += writer?.lastBatchBytes() ?? 0;
    crashPoint("journal.after-append");
    return records;
  }

  async function save(snapshot: Snapshot): Promise<void> {
    const last = writer?.last() ?? null;
    if (lockText === null || last === null || last.seq !== snapshot.seq) throw refuseSnapshot(snapshot);
    const { seq: _seq, ...place } = last;
    const text = encodeSnapshot({ snapshot, last: place });
    crashPoint("snapshot.before-write");
    await writeDurable(snapshotFile(folder), text);
    Object.assign(tail, { bytes: 0, snapshotBytes: text.length, segment: place.segment });
    crashPoint("snapshot.after-write");
  }

  return {
    lock: () =>
      inOrder(queues, folder, async () => {
        lockText ??= await takeLock(lockFile, deps.identity);
      }),
    unlock: () =>
      inOrder(queues, folder, async () => {
        const text = lockText;
        lockText = null;
        await writer?.close();
        writer = null;
        if (text !== null) await releaseLock(lockFile, text);
      }),
    readJournal: (options) => inOrder(queues, folder, () => read(options?.whole === true)),
    append: (facts, nowMs) => inOrder(queues, folder, () => append(facts, nowMs)),
    snapshotDue: () => isSnapshotDue(tail.bytes, tail.snapshotBytes, deps.snapshotBytes),
    saveSnapshot: (snapshot) => inOrder(queues, folder, () => save(snapshot)),
    archiveJournal: () => inOrder(queues, "archive", () => archiveSegments(folder, tail.segment, crashPoint)),
  };
}
