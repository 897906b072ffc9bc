import { Buffer } from "node:buffer";
import { createReadStream } from "node:fs";
import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { boardReadError, isMissing } from "./board-errors.ts";

const CHUNK_BYTES = 1024 * 1024;
const LIVE = /^(\d{6})\.jsonl$/;
const ARCHIVED = /^(\d{6})\.jsonl\.gz$/;

/** Where the next line goes. `segment` 0: there is none yet. `torn`: bytes after `length` that are no line. */
export interface JournalEnd {
  readonly segment: number;
  readonly length: number;
  readonly torn: number;
  readonly nextSeq: number;
}

/** File of a segment that is written or was written last. */
export function segmentFile(folder: string, segment: number): string {
  return join(folder, `${String(segment).padStart(6, "0")}.jsonl`);
}

/** Folder of the segments that a snapshot has made unnecessary for a start. */
export function archiveFolder(folder: string): string {
  return join(folder, "archive");
}

/** File of a segment in the archive. */
export function archiveFile(folder: string, segment: number): string {
  return join(archiveFolder(folder), `${String(segment).padStart(6, "0")}.jsonl.gz`);
}

/** Numbers of the segments that are not in the archive, in order. */
export async function liveSegments(folder: string): Promise<number[]> {
  return numbersIn(folder, LIVE);
}

/** Numbers of all segments, in order; one that was being archived when the engine died counts once. */
export async function allSegments(folder: string): Promise<number[]> {
  const numbers = new Set([...(await numbersIn(archiveFolder(folder), ARCHIVED)), ...(await liveSegments(folder))]);
  return [...numbers].sort((a, b) => a - b);
}

async function numbersIn(folder: string, pattern: RegExp): Promise<number[]> {
  try {
    const names = (await readdir(folder)).flatMap((name) => pattern.exec(name)?.[1] ?? []);
    return names.map((digits) => Number.parseInt(digits, 10)).sort((a, b) => a - b);
  } catch (error) {
    if (isMissing(error)) return [];
    throw boardReadError(folder, error);
  }
}

/**
 * Feeds the bytes of a segment from `offset` on, from where it lies; an engine may be moving it into the archive meanwhile.
 * Throws BOARD_CORRUPT when it cannot be read, and what `take` throws.
 */
export async function readSegment(
  folder: string,
  segment: number,
  offset: number,
  take: (chunk: Buffer) => void,
): Promise<void> {
  const live = segmentFile(folder, segment);
  try {
    for await (const chunk of chunksOf(live, offset)) take(chunk);
    return;
  } catch (error) {
    if (offset > 0 || !isMissing(error)) throw boardReadError(live, error);
  }
  const archived = archiveFile(folder, segment);
  try {
    const { createGunzip } = await import("node:zlib");
    await pipeline(createReadStream(archived), createGunzip(), async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) take(chunk);
    });
  } catch (error) {
    throw boardReadError(archived, error);
  }
}

async function* chunksOf(file: string, offset: number): AsyncIterable<Buffer> {
  const handle = await open(file, "r");
  try {
    for (let at = offset; ;) {
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES, at);
      if (bytesRead === 0) return;
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}
