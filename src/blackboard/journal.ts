import { Buffer } from "node:buffer";
import { constants } from "node:fs";
import { type FileHandle, open, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { CcoError } from "../kernel/errors.ts";
import type { Fact, JournalRecord } from "../model/record.ts";
import { syncFolder, withFileHandles } from "./atomic-write.ts";
import { makeJournalDecoder } from "./journal-decoder.ts";
import { encodeFacts } from "./journal-lines.ts";
import { boardReadError, boardWriteError, isMissing } from "./board-errors.ts";

/** A segment that has reached this size gets no more lines. */
const SEGMENT_BYTES = 8 * 1024 * 1024;

const CHUNK_BYTES = 1024 * 1024;
const SEGMENT_PATTERN = /^\d{6}\.jsonl$/;

/** Where the next line goes. `segment` 0: there is none yet. `torn`: bytes after `length` that are no line. */
export interface JournalEnd {
  readonly segment: number;
  readonly length: number;
  readonly torn: number;
  readonly nextSeq: number;
}

/** Writes to the end of a journal; one at a time in the world (the engine lock sees to that). */
export interface JournalWriter {
  append(facts: readonly Fact[], nowMs: number): Promise<readonly JournalRecord[]>;
  close(): Promise<void>;
}

/** Reads a whole journal, changing nothing. Throws BOARD_CORRUPT and BOARD_VERSION as the port says. */
export async function readJournalFolder(
  folder: string,
): Promise<{ records: readonly JournalRecord[]; end: JournalEnd }> {
  const names = await segmentNames(folder);
  const decoder = makeJournalDecoder();
  let end = { segment: 0, length: 0, torn: 0 };
  for (const [index, name] of names.entries()) {
    const file = join(folder, name);
    decoder.beginSegment(file, index === names.length - 1);
    try {
      for await (const chunk of chunksOf(file)) decoder.push(chunk);
    } catch (error) {
      throw boardReadError(file, error);
    }
    end = { segment: Number.parseInt(name, 10), ...decoder.endSegment() };
  }
  return { records: decoder.records, end: { ...end, nextSeq: decoder.records.length + 1 } };
}

/** Opens a journal for appending at the end that reading it has found. A torn line is cut off before the first append. */
export function openJournalWriter(folder: string, found: JournalEnd, segmentBytes = SEGMENT_BYTES): JournalWriter {
  let end = found;
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
    end = { ...end, length: end.length + bytes.length, nextSeq: end.nextSeq + records.length };
    return records;
  }

  return { append, close };
}

async function segmentNames(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => SEGMENT_PATTERN.test(name)).sort();
  } catch (error) {
    if (isMissing(error)) return [];
    throw boardReadError(folder, error);
  }
}

function segmentFile(folder: string, segment: number): string {
  return join(folder, `${String(segment).padStart(6, "0")}.jsonl`);
}

async function* chunksOf(file: string): AsyncIterable<Buffer> {
  const handle = await open(file, "r");
  try {
    for (;;) {
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
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
