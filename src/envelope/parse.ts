import { type Envelope, type LintFinding, makeEnvelope, type SECTION_TITLES } from "../model/envelope.ts";
import { mapOf, type Reading } from "./field-types.ts";
import { FIELD_ALIASES, FIELD_READERS, type Fields } from "./fields.ts";
import { hasFrontMatter, type RawEnvelope, readFrontMatter } from "./front-matter.ts";
import { hasListForm, readListForm } from "./list-form.ts";
import { type Problem, toFindings } from "./problem.ts";
import type { RawMap } from "./raw.ts";
import { type BodyLine, readBody } from "./sections.ts";

/** Largest envelope or plan in bytes of UTF-8 as the file system counts them, taken as UTF-16 units here. */
export const MOST_CHARACTERS = 256 * 1024;

/** What is known of a key: not in the file, there with a value of no use, or read. */
export type FieldState = "absent" | "unread" | "read";

/** An envelope that was read. */
export interface ParsedEnvelope {
  readonly file: string;
  /** null when something in the file has no safe reading; `findings` say what. */
  readonly envelope: Envelope | null;
  /** The envelope with defaults where a value could not be read, so that the lint can go on; null when nothing can be read. */
  readonly draft: Envelope | null;
  readonly findings: readonly LintFinding[];
  /** Whether a key stands in the file, and whether its value could be read. */
  readonly stateOf: (key: string) => FieldState;
  /** 1-based line of a key path such as `acceptance.0.verify` or `sections.context`, or of what it is part of. */
  readonly lineOf: (keyPath: string) => number;
}

/** Lines of a text without line ends and byte order mark; CRLF and CR count as line ends. */
export function linesOf(text: string): string[] {
  return text
    .replace(/^\uFEFF/, "")
    .replaceAll(/\r\n?/g, "\n")
    .split("\n");
}

/** Reads an envelope in either of its forms. Never throws; what is wrong is among the findings. */
export function parseEnvelope(text: string, file: string): ParsedEnvelope {
  if (text.length > MOST_CHARACTERS) return unreadable(file, [tooLarge(text)]);
  const lines = linesOf(text);
  if (hasFrontMatter(lines)) return readEnvelope(readFrontMatter(lines), file);
  if (hasListForm(lines)) return readEnvelope(readListForm(lines), file);
  const message = lines.every((line) => line.trim() === "") ? "the file is empty" : "this is no envelope";
  const hint = "start with --- and the fields, or with ## Task: id; cco new envelope ID prints one to start from";
  return unreadable(file, [{ rule: "envelope/no-form", line: 1, message, hint }]);
}

/** The problem of a file that is larger than an envelope can be. */
export function tooLarge(text: string): Problem {
  const message = `the file has ${Math.round(text.length / 1024)} kB, more than ${MOST_CHARACTERS / 1024} kB`;
  return { rule: "envelope/too-large", line: 1, message, hint: "name files as inputs instead of pasting them" };
}

/** Reads fields that stand as a map inside another file; `body` is its markdown, when it has one. */
export function readInline(fields: RawMap, body: readonly BodyLine[], file: string): ParsedEnvelope {
  return readEnvelope({ fields, body, problems: [] }, file);
}

function unreadable(file: string, problems: readonly Problem[]): ParsedEnvelope {
  return {
    file,
    envelope: null,
    draft: null,
    findings: toFindings(file, problems),
    stateOf: () => "absent",
    lineOf: () => 1,
  };
}

const readMap = mapOf<Fields>(FIELD_READERS, "task: add-limiter", FIELD_ALIASES);

function readEnvelope(raw: RawEnvelope, file: string): ParsedEnvelope {
  const { fields } = raw;
  if (fields === null) return unreadable(file, raw.problems);
  const body = readBody(raw.body);
  const reading: Reading = { problems: [...raw.problems, ...body.problems], lines: new Map() };
  const values = readMap(fields, "", reading) ?? {};
  const stateOf = (key: string): FieldState => {
    if (!fields.entries.some((entry) => entry.key === key)) return "absent";
    return Object.hasOwn(values, key) ? "read" : "unread";
  };
  for (const [key, line] of body.lines) reading.lines.set(`sections.${key}`, line);
  for (const key of ["task", "goal"] as const) {
    if (stateOf(key) === "absent") reading.problems.push(missingKey(key, fields.line));
  }
  const findings = toFindings(file, reading.problems);
  const draft = withDefaults(values, body.sections);
  const envelope = findings.some((finding) => finding.severity === "error") ? null : draft;
  return { file, envelope, draft, findings, stateOf, lineOf: (path) => nearestLine(path, reading.lines, fields.line) };
}

function missingKey(key: "task" | "goal", line: number): Problem {
  const example = key === "task" ? "task: add-limiter" : "goal: Add a token-bucket rate limiter to the public API.";
  return { rule: "envelope/type", line, message: `${key} is missing`, hint: `for example ${example}` };
}

function nearestLine(path: string, lines: ReadonlyMap<string, number>, fallback: number): number {
  for (let rest = path; rest !== ""; rest = rest.slice(0, Math.max(rest.lastIndexOf("."), 0))) {
    const line = lines.get(rest);
    if (line !== undefined) return line;
  }
  return fallback;
}

function withDefaults(values: Partial<Fields>, sections: Envelope["sections"]): Envelope {
  const { after = [], write = [], checkpoint, output, ...rest } = values;
  return makeEnvelope({
    size: sizeOf(values, sections),
    ...rest,
    after: [...new Set(after)],
    write: [...new Set(write)],
    checkpoint: checkpoint === undefined || checkpoint === "" ? null : checkpoint,
    output: output === undefined || output === "none" ? null : output,
    sections,
  });
}

/** Body sections that make a structured handoff; data integrity is asked for in algorithm work only. */
export const HANDOFF_SECTIONS = [
  "context",
  "interface",
  "antiPatterns",
  "checklist",
] as const satisfies readonly (keyof typeof SECTION_TITLES)[];

/** The largest size of which everything is there; an envelope that names no size is never refused for one it did not ask for. */
function sizeOf(values: Partial<Fields>, sections: Envelope["sections"]): Envelope["size"] {
  const full = [values.acceptance?.length, values.write?.length, values.budget, values.risk].every(Boolean);
  if (!full) return "light";
  return HANDOFF_SECTIONS.every((key) => sections[key] !== undefined) ? "handoff" : "full";
}
