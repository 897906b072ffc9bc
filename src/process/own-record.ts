import { closeSync, fstatSync, openSync, readdirSync, readlinkSync, readSync } from "node:fs";
import { basename } from "node:path";

/** How a program keeps a record of its own, in lines of JSON, while it works. */
export interface RecordMarks {
  /** Begin of the file's name. Only files that the program itself holds open count: others may have one beside it. */
  readonly prefix: string;
  /** Text in a line that begins a call of a tool, and in one that ends it. Both lines name the call in `"call_id"`. */
  readonly callBegins: string;
  readonly callEnds: string;
}

/**
 * What shows that a program lives, beyond its output and the named places. Absent in a command: all output counts and nothing else
 * is looked at.
 */
export interface LifeMarks {
  /** Output lines with one of these texts are no sign of life: they say that the program waits, however often. */
  readonly noise: readonly string[];
  readonly record: RecordMarks;
}

/** What the record says: how long it is, and whether a call of a tool is under way (null: it cannot be told). */
export interface RecordState {
  readonly bytes: number;
  readonly inCall: boolean | null;
}

/** As much of the record's end as is read; calls that began before it count as ended. */
const TAIL_BYTES = 512 * 1024;

/** The record that one of the processes holds open; null when there is none or that cannot be seen (no /proc). */
export function readOwnRecord(pids: readonly number[], marks: RecordMarks): RecordState | null {
  const path = pids.flatMap(openFiles).find((file) => basename(file).startsWith(marks.prefix));
  const end = path === undefined ? null : readTail(path);
  return end === null ? null : { bytes: end.bytes, inCall: callUnderWay(end.text, marks) };
}

/** True when a call has begun and not ended; null when the text tells of no call at all. */
export function callUnderWay(text: string, marks: RecordMarks): boolean | null {
  const open = new Set<string>();
  let told = false;
  for (const line of text.split("\n")) {
    const [begins, ends] = [line.includes(marks.callBegins), line.includes(marks.callEnds)];
    const id = begins || ends ? [...line.matchAll(/"call_id":"([^"\\]+)"/g)].at(-1)?.[1] : undefined;
    if (id === undefined) continue;
    told = true;
    if (ends) open.delete(id);
    else open.add(id);
  }
  return told ? open.size > 0 : null;
}

/** Files that a process holds open; none where that cannot be seen. */
export function openFiles(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  try {
    return readdirSync(folder).map((name) => linkTarget(`${folder}/${name}`));
  } catch {
    // The process ended, or this system has no /proc.
    return [];
  }
}

function linkTarget(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    // Closed meanwhile.
    return "";
  }
}

function readTail(path: string): { readonly bytes: number; readonly text: string } | null {
  return readFrom(path, (size) => Math.max(0, size - TAIL_BYTES));
}

/** Size of a file, and its text from a place on, with the number of bytes that it is; null when it cannot be read. */
export function readFrom(
  path: string,
  start: (size: number) => number,
  mostBytes = Infinity,
): { readonly bytes: number; readonly text: string; readonly length: number } | null {
  let file: number | null = null;
  try {
    file = openSync(path, "r");
    const { size } = fstatSync(file);
    const from = start(size);
    const buffer = Buffer.alloc(Math.min(mostBytes, Math.max(0, size - from)));
    const read = readSync(file, buffer, 0, buffer.length, from);
    return { bytes: size, text: buffer.toString("utf8", 0, read), length: read };
  } catch {
    // Removed or unreadable: it tells nothing.
    return null;
  } finally {
    if (file !== null) closeSync(file);
  }
}
