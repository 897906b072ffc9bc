import type { Report } from "../model/outcome.ts";

const SUMMARY_LIMIT = 2000;

/**
 * Reads the worker's own word: the first line that is not empty has to begin with `COMPLETED:`, `FAILED:` or `BLOCKED:`.
 * The summary is the rest of that line, or the next line with text when it is empty. Null = no report.
 */
export function readReport(lastMessage: string): Report | null {
  const lines = lastMessage.replace(/^\uFEFF/, "").split(/\r?\n/);
  const first = lines.findIndex((line) => line.trim() !== "");
  const found = /^(COMPLETED|FAILED|BLOCKED):(.*)$/s.exec(lines[first]?.trim() ?? "");
  const status = found?.[1];
  if (status !== "COMPLETED" && status !== "FAILED" && status !== "BLOCKED") return null;
  const rest = [found?.[2] ?? "", ...lines.slice(first + 1)].map((line) => line.trim());
  return { status, summary: (rest.find((line) => line !== "") ?? "").slice(0, SUMMARY_LIMIT) };
}
