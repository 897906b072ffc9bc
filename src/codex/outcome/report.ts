import type { Report } from "../../model/outcome.ts";

const SUMMARY_LIMIT = 2000;

/** The word and what Markdown may put around it: a heading, a quote, a list, emphasis. A plain line that a model marked is the same report. */
const FIRST_LINE = /^(?:[#>*-]+[ \t]+)*([*_`]*)(COMPLETED|FAILED|BLOCKED)([*_`]*):([*_`]*)(.*)$/s;
const EMPTY = /^\s*(?:```\w*\s*)?$/;

/**
 * Reads the worker's own word: the first line that is not empty has to begin with `COMPLETED:`, `FAILED:` or `BLOCKED:`, plain or marked
 * with Markdown. The summary is the rest of that line, or the next line with text when it is empty. Null = no report.
 */
export function readReport(lastMessage: string): Report | null {
  const lines = lastMessage.replace(/^\uFEFF/, "").split(/\r?\n/);
  const first = lines.findIndex((line) => !EMPTY.test(line));
  const [, opened = "", status, ...after] = FIRST_LINE.exec(lines[first]?.trim() ?? "") ?? [];
  if (status !== "COMPLETED" && status !== "FAILED" && status !== "BLOCKED") return null;
  const [closed = "", late = "", text = ""] = after;
  const open = closed + late === "" && text.endsWith(opened) ? opened.length : 0;
  const rest = [text.slice(0, text.length - open), ...lines.slice(first + 1)].map((line) => line.trim());
  return { status, summary: (rest.find((line) => !EMPTY.test(line)) ?? "").slice(0, SUMMARY_LIMIT) };
}
