import type { Challenge, RuledChallenge } from "../../model/review.ts";
import type { ReviewReport } from "../../model/review-report.ts";
import { printable } from "../board/last-report.ts";
import { redactSecrets } from "../redact.ts";

/** A review as a markdown page: what holds first, with the evidence that was executed. */
export function renderReview(report: ReviewReport): string {
  const lines = [`# Review of ${report.subject}`, "", verdictOf(report), ""];
  for (const [index, round] of report.rounds.entries()) {
    lines.push(`## Round ${round.round}`, "", clean(report.summaries[index] ?? ""), "");
    if ((round.leftOut ?? []).length > 0)
      lines.push(`Not shown to the reviewer: ${round.leftOut?.join(", ") ?? ""}`, "");
    const order = ["VALID", "PARTIAL", "NOISE"];
    const sorted = round.challenges.toSorted((a, b) => order.indexOf(a.ruling) - order.indexOf(b.ruling));
    for (const challenge of sorted) {
      const raised = report.raised[index]?.find(({ id }) => id === challenge.id);
      lines.push(...section(challenge, raised), "");
    }
  }
  return `${lines.join("\n").trimEnd()}\n`;
}

/** What came of it, in one line. */
export function verdictOf({ rounds, converged }: Pick<ReviewReport, "rounds" | "converged">): string {
  const all = rounds.flatMap(({ challenges }) => challenges);
  const count = (ruling: RuledChallenge["ruling"]): number => all.filter((one) => one.ruling === ruling).length;
  const [valid, partial, noise] = [count("VALID"), count("PARTIAL"), count("NOISE")];
  if (all.length === 0) return "No challenge: the reviewer found nothing to prove.";
  const open = converged && valid > 0 ? ", the last round brought none" : "";
  return `${valid} VALID, ${partial} PARTIAL, ${noise} NOISE in ${rounds.length} round(s)${open}.`;
}

/** Where a challenge points to. */
export function placeOf(raised: Challenge | undefined): string {
  return raised === undefined ? "" : clean(`${raised.path}:${raised.line}`);
}

/** How its evidence was run, in words. */
export function runsOf({ executed, runs }: RuledChallenge): string {
  if (!executed) return "not executed";
  const on = (side: "candidate" | "base"): string => {
    const codes = runs.filter((run) => run.on === side).map(({ exitCode }) => String(exitCode ?? "cut off"));
    return codes.length === 0 ? "" : `${side === "base" ? "before" : "after"} the change: exit ${codes.join(", ")}`;
  };
  return [on("candidate"), on("base")].filter((text) => text !== "").join("; ");
}

function section(ruled: RuledChallenge, raised: Challenge | undefined): string[] {
  const lines = [
    `### ${ruled.ruling} ${clean(ruled.id)}: ${clean(ruled.claim)}`,
    "",
    `- where: ${placeOf(raised)}${raised === undefined ? "" : ` (${raised.severity}, against "${clean(raised.violates)}")`}`,
    `- ruling: ${clean(ruled.reason)}`,
    `- evidence: ${ruled.kind}, ${runsOf(ruled)}`,
  ];
  const { command, content, expected, observed, quote } = raised?.evidence ?? {};
  if (command !== undefined) lines.push(`- command: \`${clean(command).replaceAll("`", "'")}\``);
  if (expected !== undefined) lines.push(`- expected: ${clean(expected)}`);
  if (observed !== undefined) lines.push(`- observed: ${clean(observed)}`);
  if (quote !== undefined) lines.push(`- quote: ${clean(quote)}`);
  if (content !== undefined) lines.push("", fenced(content));
  return lines;
}

/** A code block whose fence does not occur in the text. */
function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}\n${printable(redactSecrets(text)).slice(0, 8000)}\n${fence}`;
}

/** One line of untrusted text without secrets and control characters. */
function clean(text: string): string {
  return printable(redactSecrets(text))
    .replaceAll(/\s*\n\s*/g, " ")
    .slice(0, 2000);
}
