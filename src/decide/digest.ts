import { formatDuration } from "../kernel/durations.ts";
import { firstLine } from "../kernel/text.ts";
import { estimateTokens, headWithin } from "../kernel/tokens.ts";
import type { WorkerProgress } from "../model/leftover.ts";
import type { ChangedFile } from "../model/verification.ts";

/** A digest has fewer tokens than this: a fresh session gets it in front of a whole order. */
export const DIGEST_LIMIT_TOKENS = 400;

/** What a digest is made of. Texts are without secrets already: cutting one in two would hide it from every later look. */
export interface DigestFacts {
  readonly goal: string;
  /** Attempt that was cut, why, and how long it had worked. */
  readonly attempt: number;
  readonly why: string;
  readonly ranMs: number;
  readonly progress: WorkerProgress;
  /** What differs from the base; null when it could not be read. */
  readonly files: readonly ChangedFile[] | null;
}

/** How much of each part is said. */
interface Detail {
  readonly goal: number;
  readonly messages: number;
  readonly message: number;
  readonly steps: number;
  readonly files: number;
  readonly failed: number;
  readonly line: number;
}

/** From telling to bare; the first that fits is taken. */
const DETAILS: readonly Detail[] = [
  { goal: 160, messages: 2, message: 260, steps: 8, files: 14, failed: 3, line: 100 },
  { goal: 120, messages: 1, message: 240, steps: 5, files: 9, failed: 2, line: 80 },
  { goal: 100, messages: 1, message: 140, steps: 3, files: 6, failed: 1, line: 60 },
  { goal: 80, messages: 1, message: 80, steps: 2, files: 3, failed: 1, line: 40 },
];

/**
 * What the session before left, for a session that knows nothing of it: goal, plan, changed files, red commands, last words and what
 * is next. Always below 400 tokens and never empty, whatever the facts are.
 */
export function makeDigest(facts: DigestFacts): string {
  const versions = DETAILS.map((detail) => linesOf(facts, detail).join("\n"));
  const fitting = versions.find((text) => estimateTokens(text) < DIGEST_LIMIT_TOKENS);
  return fitting ?? headWithin(versions.at(-1) ?? "", DIGEST_LIMIT_TOKENS);
}

function linesOf(facts: DigestFacts, detail: Detail): string[] {
  const { progress } = facts;
  const steps = {
    done: progress.plan.filter((step) => step.completed).map((step) => step.text),
    open: progress.plan.filter((step) => !step.completed).map((step) => step.text),
  };
  const [next, ...later] = steps.open;
  return [
    `Attempt ${facts.attempt} ended after ${formatDuration(facts.ranMs)}: ${firstLine(facts.why, detail.line)}`,
    `Goal: ${firstLine(facts.goal, detail.goal)}`,
    `Next: ${next === undefined ? "compare the files with the goal and do what is missing" : firstLine(next, detail.line)}`,
    ...list(
      `Done by its plan (${steps.done.length} of ${progress.plan.length})`,
      steps.done.slice(-detail.steps),
      detail,
    ),
    fileLine(facts.files, detail),
    ...failedLines(progress, detail),
    ...(progress.underWay === null ? [] : [`Was running at the end: ${firstLine(progress.underWay, detail.line)}`]),
    ...list("Its last words", progress.messages.slice(-detail.messages), { ...detail, line: detail.message }),
    ...list("Then", later.slice(0, detail.steps), detail),
  ];
}

function list(title: string, items: readonly string[], { line }: Detail): string[] {
  const texts = items.map((item) => firstLine(item.replaceAll(/\s+/g, " "), line)).filter((text) => text !== "");
  return texts.length === 0 ? [] : [`${title}:`, ...texts.map((text) => `- ${text}`)];
}

function fileLine(files: readonly ChangedFile[] | null, detail: Detail): string {
  if (files === null) return "Changed files: could not be read, look yourself";
  const changed = files.filter((file) => file.status !== "ignored");
  if (changed.length === 0) return "Changed files: none yet";
  const named = changed.slice(0, detail.files).map((file) => `${firstLine(file.path, detail.line)} (${file.status})`);
  const more = changed.length - named.length;
  return `Changed files: ${named.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

function failedLines({ failed }: WorkerProgress, detail: Detail): string[] {
  const lines = failed.slice(-detail.failed).map(({ command, exitCode, output }) => {
    const last = output.trimEnd().split("\n").at(-1) ?? "";
    const said = last.trim() === "" ? "" : `: ${firstLine(last, detail.line)}`;
    return `${firstLine(command, detail.line)} → exit code ${exitCode}${said}`;
  });
  return list("Commands that failed", lines, { ...detail, line: detail.line * 3 });
}
