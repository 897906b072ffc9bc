import { Buffer } from "node:buffer";
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { dirname } from "node:path";
import { CcoError } from "../kernel/errors.ts";
import type { Fact, JournalRecord } from "../model/record.ts";
import { syncFolder, withFileHandles } from "./atomic-write.ts";
import { boardWriteError } from "./board-errors.ts";
import { encodeFacts } from "./journal-lines.ts";
import { type JournalEnd, segmentFile } from "./journal-segments.ts";
import { type LastLine, lastLineOf } from "./snapshot-text.ts";

/** A segment that has reached this size gets no more lines. */
const SEGMENT_BYTES = 8 * 1024 * 1024;

/** Writes to the end of a journal; one at a time in the world (the engine lock sees to that). */
export interface JournalWriter {
  append(facts: readonly Fact[], nowMs: number): Promise<readonly JournalRecord[]>;
  /** The last line that was appended; null before the first. */
  last(): (LastLine & { readonly seq: number }) | null;
  /** Bytes of the last batch that was appended. */
  lastBatchBytes(): number;
  close(): Promise<void>;
}

/** How a journal is written. `onRotate`: called when another segment was begun, before its first line. */
export interface JournalOptions {
  readonly segmentBytes?: number;
  onRotate?(): void;
}

/** Opens a journal for appending at the end that reading it has found. A torn line is cut off before the first append. */
export function openJournalWriter(folder: string, found: JournalEnd, options: JournalOptions = {}): JournalWriter {
  const segmentBytes = options.segmentBytes ?? SEGMENT_BYTES;
  let end = found;
  let last: (LastLine & { readonly seq: number }) | null = null;
  let lastBatchBytes = 0;
  let handle: FileHandle | null = null;

  async function close(): Promise<void> {
    const open = handle;
    handle = null;
    await open?.close();
  }

  async function startSegment(): Promise<FileHandle> {
    await close();
    const segment = end.segment + 1;
    const created = await open(segmentFile(folder, segment), "a");
    try {
      await syncFolder(folder);
      // With the first line the board itself becomes worth keeping: so do the names of its folders.
      if (segment === 1) for (const at of [dirname(folder), dirname(dirname(folder))]) await syncFolder(at);
    } catch (error) {
      await created.close();
      throw error;
    }
    end = { segment, length: 0, torn: 0, nextSeq: end.nextSeq };
    if (segment > 1) options.onRotate?.();
    return created;
  }

  async function readyHandle(): Promise<FileHandle> {
    if (end.segment === 0 || end.length >= segmentBytes) handle = await startSegment();
    handle ??= await open(segmentFile(folder, end.segment), constants.O_WRONLY | constants.O_APPEND);
    await cutToEnd(handle, segmentFile(folder, end.segment), end);
    end = { ...end, torn: 0 };
    return handle;
  }

  async function append(facts: readonly Fact[], nowMs: number): Promise<readonly JournalRecord[]> {
    if (facts.length === 0) return [];
    const { records, text } = encodeFacts(facts, end.nextSeq, nowMs);
    const bytes = Buffer.from(text, "utf8");
    const file = segmentFile(folder, Math.max(1, end.segment));
    const ready = await withFileHandles(readyHandle).catch((error: unknown) => {
      throw boardWriteError(file, error);
    });
    try {
      await writeAll(ready, bytes);
      await ready.datasync();
    } catch (error) {
      end = { ...end, torn: await cutBack(ready, end.length, bytes.length) };
      throw boardWriteError(file, error);
    }
    last = { ...lastLineOf(bytes, end.segment, end.length), seq: end.nextSeq + records.length - 1 };
    lastBatchBytes = bytes.length;
    end = { ...end, length: end.length + bytes.length, nextSeq: end.nextSeq + records.length };
    return records;
  }

  return { append, close, last: () => last, lastBatchBytes: () => lastBatchBytes };
}

/** One write call; more only when the system takes a part (a disk that fills up), so that the error comes to light. */
async function writeAll(handle: FileHandle, bytes: Buffer): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    written += (await handle.write(bytes, written)).bytesWritten;
  }
}

/** Takes the part of a failed write away. Returns the bytes that may still be there when that fails too. */
async function cutBack(handle: FileHandle, length: number, written: number): Promise<number> {
  return await handle.truncate(length).then(
    () => 0,
    () => written,
  );
}

/** Makes the segment end where the last good line ends. Refuses a file that somebody else has written to or removed. */
async function cutToEnd(handle: FileHandle, file: string, end: JournalEnd): Promise<void> {
  const found = await handle.stat();
  if (found.nlink === 0 || found.size < end.length || found.size > end.length + end.torn) {
    throw new CcoError(
      "BOARD_CORRUPT",
      `${file} was ${found.nlink === 0 ? "removed" : "changed"} by another program while the engine ran`,
      {
        hint: "end every cco engine of this project, put the journal back if it was moved, then cco resume",
        data: { file, offset: end.length },
      },
    );
  }
  if (found.size === end.length) return;
  await handle.truncate(end.length);
  await handle.datasync();
}
