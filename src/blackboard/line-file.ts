import { Buffer } from "node:buffer";
import { constants } from "node:fs";
import { type FileHandle, open, rename } from "node:fs/promises";
import { dirname } from "node:path";
import type { AppendOptions } from "../ports/blackboard.ts";
import { syncFolder, withFileHandles } from "./atomic-write.ts";
import { boardReadError, boardWriteError, isMissing } from "./board-errors.ts";

const LF = 0x0a;

/** Bytes that are read at once while the end of the last whole line is looked for. */
const STEP_BYTES = 64 * 1024;

/** The lines of a part of a file that end with LF; the first one counts only when the part begins where a line begins. */
export function wholeLines(part: Buffer, atLineStart: boolean): string[] {
  const from = atLineStart ? 0 : part.indexOf(LF) + 1;
  const to = part.lastIndexOf(LF);
  return to < from ? [] : part.toString("utf8", from, to).split("\n");
}

/** Appends lines to a file, which is made when it is not there; see the port. Throws BOARD_WRITE. */
export async function appendWholeLines(
  path: string,
  lines: readonly string[],
  options: AppendOptions = {},
): Promise<void> {
  if (lines.length === 0) return;
  const { limitBytes = Infinity, durable = false } = options;
  try {
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    const file = await withFileHandles(() => open(path, flags, 0o644));
    try {
      const bytes = Buffer.from(`${lines.join("\n")}\n`, "utf8");
      const size = await appendTo(file, bytes);
      if (durable) await file.datasync();
      if (durable && size === bytes.length) await syncFolder(dirname(path));
      if (size >= limitBytes) await rename(path, olderName(path));
    } finally {
      await file.close();
    }
  } catch (error) {
    throw boardWriteError(path, error);
  }
}

/** Brings a file and its name onto the disk; one that is not there is fine. Throws BOARD_WRITE. */
export async function syncLines(path: string): Promise<void> {
  try {
    const file = await withFileHandles(() =>
      open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK),
    );
    try {
      await file.datasync();
    } finally {
      await file.close();
    }
    await syncFolder(dirname(path));
  } catch (error) {
    if (!isMissing(error)) throw boardWriteError(path, error);
  }
}

/** Name under which the older part of a bounded file lies. */
export function olderName(path: string): string {
  return path.replace(/\.jsonl$/, ".1.jsonl");
}

/** Returns the size that the file has then. */
async function appendTo(file: FileHandle, bytes: Buffer): Promise<number> {
  const { size } = await file.stat();
  const end = await endOfLastLine(file, size);
  if (end < size) await file.truncate(end);
  try {
    for (let written = 0; written < bytes.length;) {
      written += (await file.write(bytes, written, bytes.length - written, end + written)).bytesWritten;
    }
  } catch (error) {
    // A part of a line that stays all the same is cut off before the next append.
    await file.truncate(end).catch(() => undefined);
    throw error;
  }
  return end + bytes.length;
}

/** Offset behind the last LF; 0 when there is none. */
async function endOfLastLine(file: FileHandle, size: number): Promise<number> {
  for (let to = size; to > 0;) {
    // The last byte alone decides nearly always.
    const from = Math.max(0, to === size ? to - 1 : to - STEP_BYTES);
    const part = await readPart(file, from, to - from);
    const at = part.lastIndexOf(LF);
    if (at >= 0) return from + at + 1;
    to = from;
  }
  return 0;
}

/** The last whole lines of a file in at most `limitBytes`; see the port. Throws BOARD_CORRUPT for a file that cannot be read. */
export async function readLastLines(path: string, limitBytes: number): Promise<readonly string[]> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const { size } = await file.stat();
      const from = Math.max(0, size - limitBytes);
      return wholeLines(await readPart(file, from, size - from), from === 0);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isMissing(error)) return [];
    throw boardReadError(path, error);
  }
}

async function readPart(file: FileHandle, from: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  let read = 0;
  while (read < length) {
    const { bytesRead } = await file.read(buffer, read, length - read, from + read);
    if (bytesRead === 0) break;
    read += bytesRead;
  }
  return buffer.subarray(0, read);
}
