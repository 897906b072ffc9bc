import type { LintFinding } from "../model/envelope.ts";
import type { Output } from "./output.ts";

const COLOURS = { error: "red", warning: "yellow", info: "dim" } as const;

/** Prints lint findings, one per line with its hint; as a result or as a note. */
export function showFindings(out: Output, findings: readonly LintFinding[], as: "line" | "note"): void {
  const print = (text: string): void => (as === "line" ? out.line(text) : out.note(text));
  for (const finding of findings) {
    const severity = out.paint(COLOURS[finding.severity], finding.severity);
    print(`${finding.file}:${finding.line}: ${severity} ${finding.rule}: ${finding.message}`);
    if (finding.hint !== "") print(`    ${finding.hint}`);
  }
}
