import { Buffer } from "node:buffer";
import { open } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { JournalRecord } from "../model/record.ts";
import type { JournalContent } from "../ports/blackboard.ts";
import { boardReadError, isMissing } from "./board-errors.ts";
import { makeJournalDecoder } from "./journal-decoder.ts";
import { allSegments, type JournalEnd, liveSegments, readSegment, segmentFile } from "./journal-segments.ts";
import { readOptional } from "./read-optional.ts";
import { decodeSnapshot, isLastLine, type PlacedSnapshot, snapshotMismatch } from "./snapshot-text.ts";

/**
 * What was read, and where the next line goes. `bytes`: of the journal that were read. `snapshotBytes`, `segment`: size of the snapshot
 * that was used and the segment in which it ends, 0 without one.
 */
export interface ReadJournal {
  readonly content: JournalContent;
  readonly end: JournalEnd;
  readonly bytes: number;
  readonly snapshotBytes: number;
  readonly segment: number;
}

/** Lines of a journal and where it ends. */
interface Lines {
  readonly records: readonly JournalRecord[];
  readonly end: JournalEnd;
  readonly bytes: number;
}

/** Tries to read a snapshot and its lines while an engine replaces the one and archives the others. */
const TRIES = 5;

/** The file of the snapshot that belongs to a journal folder. */
export function snapshotFile(folder: string): string {
  return join(dirname(folder), "checkpoint.json");
}

/** Reads a journal from its snapshot on, changing nothing. Throws BOARD_CORRUPT and BOARD_VERSION as the port says. */
export async function readJournal(folder: string, whole: boolean): Promise<ReadJournal> {
  const file = snapshotFile(folder);
  let text = whole ? null : await readOptional(file);
  for (let tries = 1; text !== null; tries += 1) {
    const found = decodeSnapshot(text);
    if (typeof found === "string") return readWhole(folder, `${file}: ${found}`);
    const lines = await linesAfter(folder, found);
    if (lines !== null) {
      const { records, end, bytes } = lines;
      const content = { snapshot: found.snapshot, unusable: null, records, torn: end.torn };
      return { content, end, bytes, snapshotBytes: text.length, segment: found.last.segment };
    }
    const now = await readOptional(file);
    if (now === text || tries === TRIES) throw snapshotMismatch(file, found);
    text = now;
  }
  return readWhole(folder, null);
}

async function readWhole(folder: string, unusable: string | null): Promise<ReadJournal> {
  const { records, end, bytes } = await readJournalFolder(folder);
  const content = { snapshot: null, unusable, records, torn: end.torn };
  return { content, end, bytes, snapshotBytes: 0, segment: 0 };
}

/** Reads all lines of a journal, the archived ones too, changing nothing. */
export async function readJournalFolder(folder: string): Promise<Lines> {
  const segments = await allSegments(folder);
  const lines = await readLines(folder, segments, { seq: 1, offset: 0 });
  const last = segments.at(-1);
  if (last === undefined || (await liveSegments(folder)).includes(last)) return lines;
  // The archive is never written to: the next line begins another segment.
  return { ...lines, end: { ...lines.end, length: Number.MAX_SAFE_INTEGER } };
}

/** The lines after a snapshot; null when the line that it ends with is not where it says. */
async function linesAfter(folder: string, { snapshot, last }: PlacedSnapshot): Promise<Lines | null> {
  if (!isLastLine(await bytesAt(segmentFile(folder, last.segment), last.from, last.to), last)) return null;
  const segments = (await liveSegments(folder)).filter((segment) => segment >= last.segment);
  return readLines(folder, segments, { seq: snapshot.seq + 1, offset: last.to });
}

/** Reads segments in order; `offset` bytes of the first one are left out. */
async function readLines(
  folder: string,
  segments: readonly number[],
  from: { readonly seq: number; readonly offset: number },
): Promise<Lines> {
  const decoder = makeJournalDecoder(from.seq);
  let end = { segment: 0, length: 0, torn: 0 };
  let bytes = 0;
  for (const [index, segment] of segments.entries()) {
    const offset = index === 0 ? from.offset : 0;
    decoder.beginSegment(segmentFile(folder, segment), index === segments.length - 1, offset);
    await readSegment(folder, segment, offset, (chunk) => {
      bytes += chunk.length;
      decoder.push(chunk);
    });
    end = { segment, ...decoder.endSegment() };
  }
  return { records: decoder.records, end: { ...end, nextSeq: from.seq + decoder.records.length }, bytes };
}

/** Bytes of a file; fewer or none where it is shorter or not there. */
async function bytesAt(file: string, from: number, to: number): Promise<Buffer> {
  try {
    const handle = await open(file, "r");
    try {
      const buffer = Buffer.alloc(Math.max(0, to - from));
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, from);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (isMissing(error)) return Buffer.alloc(0);
    throw boardReadError(file, error);
  }
}
