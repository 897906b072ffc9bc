import { Buffer, isUtf8 } from "node:buffer";
import type { JournalRecord } from "../model/record.ts";
import { checkRecord, corrupt, type LinePlace, MAX_LINE_BYTES } from "./journal-lines.ts";

const LF = 10;
const NOT_JSON = Symbol("not JSON");

/** How a segment ended: bytes of whole batches, and bytes after them that an interrupted write left behind. */
export interface SegmentEnd {
  readonly length: number;
  readonly torn: number;
}

/**
 * Decodes the segments of a journal in order, fed in chunks of any size. Lines end at LF and nowhere else.
 * Only the end of the last segment may be unfinished: a batch without its last line, a line without LF, a last line that is not JSON.
 * That is what a crash leaves; it is dropped. Everything else throws BOARD_CORRUPT or BOARD_VERSION.
 */
export interface JournalDecoder {
  /** Records of whole batches once the segment has ended. */
  readonly records: JournalRecord[];
  /** `offset`: bytes of the segment that are not fed, because a snapshot covers their lines. */
  beginSegment(file: string, lastSegment: boolean, offset?: number): void;
  push(chunk: Buffer): void;
  endSegment(): SegmentEnd;
}

/** What is known of the segment that is being decoded. */
interface Segment {
  readonly file: string;
  readonly last: boolean;
  /** Bytes of lines that were decoded, with their LF. */
  decoded: number;
  /** Bytes up to the end of the last whole batch. */
  whole: number;
  /** Bytes after `decoded` that have no LF yet. */
  carried: Buffer[];
  carriedBytes: number;
  /** Offset of a line that is not JSON; an error as soon as anything comes after it. */
  damaged: number | null;
}

/** A decoder that expects this number first. */
export function makeJournalDecoder(firstSeq = 1): JournalDecoder {
  const records: JournalRecord[] = [];
  let wholeRecords = 0;
  let segment = newSegment("", true, 0);

  function decodeBlock(block: Buffer): void {
    const { decoded } = segment;
    const clean = isUtf8(block);
    const lines = block.toString("utf8").split("\n");
    let wholeLines = 0;
    for (const [index, line] of lines.entries()) {
      if (segment.damaged !== null) throw damage(segment, segment.damaged);
      const place = () => placeOf(segment, decoded + lineRange(block, index)[0]);
      const value = clean || isUtf8(block.subarray(...lineRange(block, index))) ? parseJson(line) : NOT_JSON;
      if (value === NOT_JSON) {
        segment.damaged = place().offset;
        continue;
      }
      const record = checkRecord(value, firstSeq + records.length, place);
      records.push(record);
      if (record.more === undefined) [wholeLines, wholeRecords] = [index + 1, records.length];
    }
    if (wholeLines > 0)
      segment.whole = decoded + (wholeLines === lines.length ? block.length : lineRange(block, wholeLines - 1)[1]) + 1;
    segment.decoded = decoded + block.length + 1;
  }

  return {
    records,
    beginSegment(file, last, offset = 0) {
      segment = newSegment(file, last, offset);
    },
    push(chunk) {
      const end = chunk.lastIndexOf(LF);
      if (end >= 0) {
        decodeBlock(Buffer.concat([...segment.carried, chunk.subarray(0, end)]));
        [segment.carried, segment.carriedBytes] = [[], 0];
      }
      const rest = chunk.subarray(end + 1);
      if (rest.length > 0) segment.carried.push(Buffer.from(rest));
      segment.carriedBytes += rest.length;
      if (segment.carriedBytes > MAX_LINE_BYTES) {
        throw corrupt(placeOf(segment, segment.decoded), `it is longer than ${MAX_LINE_BYTES} bytes`);
      }
    },
    endSegment() {
      const { damaged, carriedBytes, decoded, whole, last } = segment;
      if (damaged !== null && (carriedBytes > 0 || !last)) throw damage(segment, damaged);
      const torn = decoded + carriedBytes - whole;
      if (torn > 0 && !last) throw corrupt(placeOf(segment, whole), "its batch has no end, and segments come after it");
      records.length = wholeRecords;
      return { length: whole, torn };
    },
  };
}

function newSegment(file: string, last: boolean, offset: number): Segment {
  return { file, last, decoded: offset, whole: offset, carried: [], carriedBytes: 0, damaged: null };
}

function placeOf(segment: Segment, offset: number): LinePlace {
  return { file: segment.file, offset, lastSegment: segment.last };
}

function damage(segment: Segment, offset: number) {
  return corrupt(placeOf(segment, offset), "it is not JSON");
}

/** Start and end (without LF) of a line by its number. Slow, for the rare line that needs its place. */
function lineRange(block: Buffer, index: number): [number, number] {
  let start = 0;
  for (let skipped = 0; skipped < index; skipped += 1) start = block.indexOf(LF, start) + 1;
  const end = block.indexOf(LF, start);
  return [start, end < 0 ? block.length : end];
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return NOT_JSON;
    throw error;
  }
}
