import type { LintFinding } from "../model/envelope.ts";
import { redact } from "../guard/secrets.ts";

/** Rules that reading a file checks, before any rule of the lint can look at the envelope. */
export const PARSE_RULES = {
  "envelope/too-large": { severity: "error", why: "An envelope is an order of a page; 256 kB is a pasted file." },
  "envelope/no-form": { severity: "error", why: "Only front matter and the list form say which text is which field." },
  "envelope/syntax": { severity: "error", why: "What cannot be read as YAML would be guessed at." },
  "envelope/yaml-feature": {
    severity: "error",
    why: "Anchors, aliases, merge keys and tags hide what a field says and can blow up a small file.",
  },
  "envelope/duplicate-key": {
    severity: "error",
    why: "Of two values for one key a reader sees one and the program takes the other.",
  },
  "envelope/unknown-key": { severity: "error", why: "A misspelled key would silently fall back to a default." },
  "envelope/type": { severity: "error", why: "A value of the wrong type has no safe reading." },
  "envelope/task-id": {
    severity: "error",
    why: "The id names folders and branches, so it may not be anything that a path could be.",
  },
  "envelope/unknown-section": {
    severity: "warning",
    why: "A section with another title is passed on as context, where nobody looks for it.",
  },
  "envelope/duplicate-section": {
    severity: "warning",
    why: "Two sections of one title usually mean that one was forgotten.",
  },
  "envelope/plan": { severity: "error", why: "A plan lists envelope paths or inline envelopes and nothing else." },
} as const satisfies Record<string, { severity: LintFinding["severity"]; why: string }>;

export type ParseRule = keyof typeof PARSE_RULES;

/** Something wrong with a file, before it is put under a file name. `line` is 1-based in the file. */
export interface Problem {
  readonly rule: ParseRule;
  readonly line: number;
  readonly message: string;
  readonly hint: string;
}

/** The problems of reading a file as findings; texts of the file in them are redacted. */
export function toFindings(file: string, problems: readonly Problem[]): LintFinding[] {
  return problems.map(({ rule, line, message, hint }) => ({
    file,
    line,
    rule,
    severity: PARSE_RULES[rule].severity,
    message: redact(message),
    hint: redact(hint),
  }));
}

/** A text of the file as it may stand in a message: quoted, on one line, at most 60 characters. */
export function quoted(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return JSON.stringify(line.length > 60 ? `${line.slice(0, 59)}…` : line);
}
