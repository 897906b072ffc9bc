/** File in which a worker in the cloud leaves its words: `codex cloud` shows its change and nothing of what it says. */
export const REPORT_FILE = "CCO_REPORT.md";

/** A change without the report, and the report; null where the worker left none. */
export interface SplitChange {
  readonly change: string;
  readonly report: string | null;
}

const HEADER = /^diff --git /m;

/** Takes the report out of a unified diff, and gives it the end back that git asks for. */
export function splitChange(shown: string): SplitChange {
  const diff = withEnd(shown);
  if (!diff.includes(REPORT_FILE)) return { change: diff, report: null };
  const parts = diff.split(/^(?=diff --git )/m);
  const isReport = (part: string): boolean =>
    HEADER.test(part) && headerOf(part) === `diff --git a/${REPORT_FILE} b/${REPORT_FILE}`;
  const own = parts.filter(isReport);
  if (own.length === 0) return { change: diff, report: null };
  return { change: parts.filter((part) => !isReport(part)).join(""), report: own.map(contentOf).join("\n") };
}

/**
 * The service may trim what it shows. git calls a patch corrupt whose last line has no end, or whose last context line, an empty one,
 * is gone; an empty line too much behind the last part does no harm.
 */
function withEnd(diff: string): string {
  if (diff.trim() === "") return "";
  return diff.endsWith("\n") ? diff : `${diff}\n\n`;
}

function headerOf(part: string): string {
  return part.slice(0, part.indexOf("\n") < 0 ? undefined : part.indexOf("\n")).trimEnd();
}

/** What the file holds after the change, as far as the diff shows it. */
function contentOf(part: string): string {
  const hunks = part.slice(Math.max(0, part.search(/^@@ /m)));
  const lines = hunks.split("\n").filter((line) => /^[+ ]/.test(line));
  return lines.map((line) => line.slice(1)).join("\n");
}
