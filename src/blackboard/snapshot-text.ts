import { createHash } from "node:crypto";
import type { Buffer } from "node:buffer";
import * as z from "zod";
import { CcoError } from "../kernel/errors.ts";
import { parseJson } from "../kernel/json.ts";
import { type Snapshot, snapshotSchema } from "../model/snapshot.ts";

/** Where the last line that a snapshot covers lies: bytes `from` (its start) to `to` (behind its LF) of a segment, and its hash. */
export interface LastLine {
  readonly segment: number;
  readonly from: number;
  readonly to: number;
  readonly sha256: string;
}

/** A snapshot and the line of the journal that it ends with. */
export interface PlacedSnapshot {
  readonly snapshot: Snapshot;
  readonly last: LastLine;
}

const lastLineSchema = z.strictObject({
  segment: z.int().positive(),
  from: z.int().nonnegative(),
  to: z.int().positive(),
  sha256: z.string(),
});

const fileSchema = z.strictObject({ v: z.literal(1), sha256: z.string(), journal: lastLineSchema, world: z.unknown() });

/** Text of `checkpoint.json`. Throws INTERNAL for a snapshot that could not be read back. */
export function encodeSnapshot({ snapshot, last }: PlacedSnapshot): string {
  const back = snapshotSchema.safeParse(snapshot);
  if (!back.success) {
    const issue = back.error.issues[0];
    throw new CcoError("INTERNAL", `a snapshot cannot be kept: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`);
  }
  const world = JSON.stringify(snapshot);
  const journal = JSON.stringify(last);
  return `{"v":1,"sha256":"${sha256(`${journal}${world}`)}","journal":${journal},"world":${world}}\n`;
}

/** What `checkpoint.json` holds, or in words why it is of no use: torn, damaged, or of another version. */
export function decodeSnapshot(text: string): PlacedSnapshot | string {
  const file = fileSchema.safeParse(parseJson(text));
  if (!file.success) return "it is torn or of another version";
  const { journal, world, sha256: sum } = file.data;
  if (sha256(`${JSON.stringify(journal)}${JSON.stringify(world)}`) !== sum) return "its checksum is wrong";
  const snapshot = snapshotSchema.safeParse(world);
  if (snapshot.success) return { snapshot: snapshot.data, last: journal };
  const issue = snapshot.error.issues[0];
  return `it is of another version (${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""})`;
}

/** The place of the last line of a batch that was written at `start` of a segment. */
export function lastLineOf(bytes: Buffer, segment: number, start: number): LastLine {
  const from = bytes.subarray(0, -1).lastIndexOf(0x0a) + 1;
  return { segment, from: start + from, to: start + bytes.length, sha256: sha256(bytes.subarray(from)) };
}

/** True when these bytes of the journal are the line that the snapshot ends with. */
export function isLastLine(bytes: Buffer, last: LastLine): boolean {
  return bytes.length === last.to - last.from && sha256(bytes) === last.sha256;
}

/** BOARD_CORRUPT for a snapshot that was not made of this journal. */
export function snapshotMismatch(file: string, { snapshot, last }: PlacedSnapshot): CcoError {
  return new CcoError(
    "BOARD_CORRUPT",
    `${file} ends with line ${snapshot.seq} of the journal, which is not at byte ${last.from} of segment ${last.segment}`,
    {
      why: "The journal was cut, exchanged or moved after the snapshot was made, so one of the two is not of this board.",
      hint: `put the journal back as it was; or, when the journal is right: mv ${file} ${file}.old (the whole journal is read then)`,
      data: { file, offset: last.from },
    },
  );
}

function sha256(content: string | Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}
