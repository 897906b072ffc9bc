import { Buffer } from "node:buffer";
import { CcoError } from "../kernel/errors.ts";
import { isoTime } from "../kernel/durations.ts";
import { factSchema, recordSchema, type Fact, type JournalRecord } from "../model/record.ts";
import type { z } from "zod";

/** Longest line of the journal, bytes: far above any fact, far below what would hurt to hold in memory. */
export const MAX_LINE_BYTES = 16 * 1024 * 1024;

/** Where a line is, for messages. `offset`: bytes from the start of the file. */
export interface LinePlace {
  readonly file: string;
  readonly offset: number;
  /** False when segments come after this one. */
  readonly lastSegment: boolean;
}

const KNOWN_TYPES: ReadonlySet<string> = new Set(factSchema.options.flatMap((option) => [...option.shape.type.values]));

/**
 * Numbers and dates facts and writes them as lines. The returned records are what reading the lines back yields.
 * Throws INTERNAL for a fact that could not be read back (a number that is not finite, a missing key): such a line would make
 * the whole journal unreadable.
 */
export function encodeFacts(
  facts: readonly Fact[],
  firstSeq: number,
  nowMs: number,
): { records: JournalRecord[]; text: string } {
  const at = isoTime(nowMs);
  const records: JournalRecord[] = [];
  let text = "";
  for (const [index, fact] of facts.entries()) {
    const more = index < facts.length - 1 ? { more: true } : {};
    const line = JSON.stringify({ v: 1, seq: firstSeq + index, at, ...more, fact });
    const back = recordSchema.safeParse(JSON.parse(line));
    if (!back.success) {
      throw new CcoError("INTERNAL", `a fact of type ${fact.type} cannot be journaled: ${describeIssue(back.error)}`);
    }
    if (Buffer.byteLength(line) > MAX_LINE_BYTES)
      throw new CcoError("INTERNAL", `a fact of type ${fact.type} is too long for the journal`);
    records.push(back.data);
    text += `${line}\n`;
  }
  return { records, text };
}

/** Checks one parsed line against the schema and its number. Throws BOARD_VERSION or BOARD_CORRUPT. */
export function checkRecord(value: unknown, expectedSeq: number, place: () => LinePlace): JournalRecord {
  const parsed = recordSchema.safeParse(value);
  if (!parsed.success)
    throw isOfNewerVersion(value, parsed.error) ? newer(value, place()) : corrupt(place(), describeIssue(parsed.error));
  if (parsed.data.seq !== expectedSeq) {
    const what = parsed.data.seq > expectedSeq ? "lines are missing before it" : "it repeats an earlier number";
    throw corrupt(place(), `its number is ${parsed.data.seq} where ${expectedSeq} has to come: ${what}`);
  }
  return parsed.data;
}

/** BOARD_CORRUPT for a line, with what is wrong and the commands that get the board going again. */
export function corrupt(place: LinePlace, what: string): CcoError {
  const later = place.lastSegment ? "" : " and move the segments after it away";
  return new CcoError("BOARD_CORRUPT", `${place.file}: the line at byte ${place.offset} cannot be used: ${what}`, {
    why: "The journal is the truth of this blackboard, so nothing is guessed about a line that is damaged.",
    hint: `repair the line by hand, or keep a copy of the folder and go back to the state before it: truncate -s ${place.offset} ${place.file}${later}`,
    data: { file: place.file, offset: place.offset },
  });
}

/** A line of a later version: another `v`, an unknown type of fact, or nothing wrong but keys that this version does not know. */
function isOfNewerVersion(value: unknown, error: z.ZodError): boolean {
  if (typeof value !== "object" || value === null) return false;
  if ("v" in value && typeof value.v === "number" && value.v > 1) return true;
  const type = factType(value);
  if (type !== null && !KNOWN_TYPES.has(type)) return true;
  return error.issues.every((issue) => issue.code === "unrecognized_keys");
}

function newer(value: unknown, place: LinePlace): CcoError {
  const type = factType(value);
  const what = type === null || KNOWN_TYPES.has(type) ? "is of a form" : `holds a fact of type ${type}`;
  return new CcoError(
    "BOARD_VERSION",
    `${place.file}: the line at byte ${place.offset} ${what} that this cco does not know`,
    {
      data: { file: place.file, offset: place.offset },
    },
  );
}

function factType(value: unknown): string | null {
  if (typeof value !== "object" || value === null || !("fact" in value)) return null;
  const fact = value.fact;
  return typeof fact === "object" && fact !== null && "type" in fact && typeof fact.type === "string"
    ? fact.type
    : null;
}

function describeIssue(error: z.ZodError): string {
  const issue = error.issues[0];
  return issue === undefined
    ? "it does not follow the schema"
    : `${issue.path.join(".") || "the line"}: ${issue.message}`;
}
