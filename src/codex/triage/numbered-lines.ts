import { parseJson } from "../../kernel/json.ts";

/** A line of a log with its number, counted from 1; `json` is undefined for what is no JSON object. */
export interface NumberedLine {
  readonly number: number;
  readonly text: string;
  readonly json: unknown;
}

/** Cuts a text at LF and nowhere else: U+2028 inside a message is no end of a line. */
export function numberedLines(text: string): NumberedLine[] {
  return text
    .replace(/^\uFEFF/, "")
    .split("\n")
    .map((line, index) => {
      const plain = line.endsWith("\r") ? line.slice(0, -1) : line;
      const parsed = plain.trimStart().startsWith("{") ? parseJson(plain) : undefined;
      return { number: index + 1, text: plain, json: isRecord(parsed) ? parsed : undefined };
    });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
