import { firstLine } from "../../kernel/text.ts";
import type { Challenge, EvidenceRun, RuledChallenge } from "../../model/review.ts";
import { withoutColours } from "./own-fault.ts";

/** How one run of a piece of evidence ended. `output`: bounded stdout + stderr. */
export type Sighting =
  | { readonly kind: "exited"; readonly exitCode: number; readonly output: string }
  | { readonly kind: "timed-out"; readonly output: string }
  | { readonly kind: "cannot-start"; readonly output: string };

export type Verdict = Pick<RuledChallenge, "ruling" | "reason">;

/** A challenge that was executed, with its ruling. */
export function executed(
  { id, claim, evidence }: Challenge,
  { ruling, reason }: Verdict,
  runs: readonly EvidenceRun[],
): RuledChallenge {
  return { id, claim, kind: evidence.kind, ruling, reason, executed: true, runs: [...runs] };
}

/** True when a run shows what the challenge claims. */
export function shows(challenge: Challenge, seen: Sighting): boolean {
  if (seen.kind !== "exited") return false;
  if (challenge.evidence.kind === "failing-test") return seen.exitCode !== 0;
  const { observed = "", expected = "" } = challenge.evidence;
  return printsWord(seen.output, observed) && !printsWord(seen.output, expected);
}

/** True when a run shows the opposite: the test passes, the expected output is printed. */
export function shown(challenge: Challenge, seen: Sighting): "claim" | "opposite" | "neither" {
  if (shows(challenge, seen)) return "claim";
  if (seen.kind !== "exited") return "neither";
  if (challenge.evidence.kind === "failing-test") return "opposite";
  return printsWord(seen.output, challenge.evidence.expected ?? "") ? "opposite" : "neither";
}

/** What the repeated runs on the candidate say by themselves; null when the claim was seen every time and has to be looked into. */
export function ruleRuns(challenge: Challenge, seen: readonly Sighting[]): Verdict | null {
  const isTest = challenge.evidence.kind === "failing-test";
  const broken = seen.find(({ kind }) => kind === "cannot-start");
  if (broken !== undefined) return cannotStart(broken);
  const claimed = seen.filter((run) => shows(challenge, run)).length;
  if (claimed === seen.length) return null;
  if (seen.some(({ kind }) => kind === "timed-out"))
    return { ruling: "PARTIAL", reason: "it did not end by itself within its time limit" };
  if (claimed > 0) {
    const what = isTest ? "its test fails" : "its command prints that";
    return { ruling: "PARTIAL", reason: `${what} in ${claimed} of ${seen.length} runs only` };
  }
  return {
    ruling: "NOISE",
    reason: isTest ? "its test passes on the change" : "the command does not print what it claims",
  };
}

/** What the sandbox kept from beginning says nothing about the change. */
export function cannotStart({ output }: Sighting): Verdict {
  const why = firstLine(output, 120);
  return { ruling: "PARTIAL", reason: `it could not be run in the sandbox (${why}); recorded for a person` };
}

/**
 * True when an output contains a text as a whole: "0" is not in "10", nor "4" in "4.5". Line ends and spaces at the
 * edges do not count. An empty text is in nothing.
 */
export function printsWord(output: string, text: string): boolean {
  const lines = tidy(withoutColours(output));
  const wanted = tidy(text).trim();
  if (wanted === "") return false;
  for (let at = lines.indexOf(wanted); at >= 0; at = lines.indexOf(wanted, at + 1)) {
    if (!continues(lines, at, wanted) && !continuesAfter(lines, at + wanted.length, wanted)) return true;
  }
  return false;
}

/** Text without what nobody sees at the end of its lines. */
function tidy(text: string): string {
  return text.replaceAll(/[ \t\r]+(?=\n)/g, "");
}

function continues(text: string, at: number, wanted: string): boolean {
  if (!/^\w/.test(wanted)) return false;
  const before = text.slice(Math.max(0, at - 2), at);
  return /\w$/.test(before) || (/^\d/.test(wanted) && /\d[.,]$|-$/.test(before));
}

function continuesAfter(text: string, end: number, wanted: string): boolean {
  if (!/\w$/.test(wanted)) return false;
  const after = text.slice(end, end + 2);
  return /^\w/.test(after) || (/\d$/.test(wanted) && /^[.,]\d/.test(after));
}

/** What two runs printed is the same but for numbers, paths of the copies and colours. */
export function sameSight(a: Sighting, b: Sighting, copies: readonly string[]): boolean {
  if (a.kind !== "exited" || b.kind !== "exited") return a.kind === b.kind;
  return a.exitCode === b.exitCode && signature(a.output, copies) === signature(b.output, copies);
}

function signature(output: string, copies: readonly string[]): string {
  let text = withoutColours(output);
  for (const copy of copies) text = text.replaceAll(copy, "COPY");
  return text
    .replaceAll(/0x[0-9a-f]+|\b[0-9a-f]{7,}\b/gi, "#")
    .replaceAll(/\d+(?:\.\d+)?/g, "#")
    .replaceAll(/\s+/g, " ")
    .trim();
}

/** Signs that evidence depends on chance or on the clock: it is run more often than other evidence. */
export function isChancy({ evidence }: Challenge): "clock" | "chance" | null {
  const text = `${evidence.content ?? ""}\n${evidence.command ?? ""}`;
  if (
    /Date\.now|new Date\(\)|performance\.now|hrtime|time\.time\(|datetime\.now|monotonic\(|\bdate \+|time\.Now\(|Instant::now|System\.(?:nano|currentTimeMill)/.test(
      text,
    )
  )
    return "clock";
  if (
    /Math\.random|crypto\.random|randomBytes|randomUUID|randomInt|\brandom\.|\$RANDOM|\bshuf\b|\/dev\/u?random|rand\.|thread_rng|mktemp|process\.pid|\$\$/.test(
      text,
    )
  )
    return "chance";
  return null;
}

/** (VALID + PARTIAL) / all, 0 without challenges (mission E3). */
export function substantiveRate(challenges: readonly RuledChallenge[]): number {
  if (challenges.length === 0) return 0;
  return challenges.filter((challenge) => challenge.ruling !== "NOISE").length / challenges.length;
}
