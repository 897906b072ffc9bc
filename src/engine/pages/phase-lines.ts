import { isLowYield } from "../../decide/review/loop.ts";
import type { TaskResult } from "../../model/result.ts";
import type { ReviewRound } from "../../model/review.ts";
import type { AttemptHistory, Task } from "../../model/task.ts";

/** Attempts that a page shows one by one; those before them are one line. */
const ATTEMPTS_SHOWN = 3;

/** Attempts of a task: those that are long over in one line, the last ones with their times. */
export function attemptLines(attempts: readonly AttemptHistory[]): string[] {
  const before = attempts.slice(0, -ATTEMPTS_SHOWN);
  const counts = new Map<string, number>();
  for (const attempt of before) counts.set(endOf(attempt), (counts.get(endOf(attempt)) ?? 0) + 1);
  const sum = [...counts].map(([how, count]) => `${count} ${how}`).join(", ");
  return [
    ...(before.length === 0 ? [] : [`- 1–${before.length}: ${sum}`]),
    ...attempts.slice(-ATTEMPTS_SHOWN).map((attempt) => {
      return `- ${attempt.attempt}: ${endOf(attempt)}, ${attempt.startedAt} – ${attempt.endedAt ?? "now"}`;
    }),
  ];
}

function endOf(attempt: AttemptHistory): string {
  if (attempt.failure?.code === "CODEX_SOFT_LIMIT") return "chunk";
  return attempt.failure?.code ?? (attempt.endedAt === null ? "running" : "ok");
}

/** Verification of a task: one line when all of it is green, else every check that is red and how many are not. */
export function checkLines(checks: TaskResult["verification"]): string[] {
  const red = checks.filter((check) => check.exitCode !== 0);
  const green = checks.length - red.length;
  const ms = checks.reduce((sum, check) => sum + check.durationMs, 0);
  return [
    ...(green === 0 ? [] : [`- green: ${green} of ${checks.length}${red.length === 0 ? ` (${ms} ms)` : ""}`]),
    ...red.map((check) => `- red (${check.durationMs} ms): ${oneLine(check.criterion)} — \`${check.command}\``),
  ];
}

/** Reviews of a task: a round is one line once it is over; of the last round of an open task every challenge that stands is shown. */
export function reviewLines(task: Pick<Task, "rounds" | "state">): string[] {
  return task.rounds.flatMap((round, at) => {
    const isOpen = at === task.rounds.length - 1 && !(task.state.at === "ended" && task.state.status === "accepted");
    const standing = isOpen ? round.challenges.filter(({ ruling }) => ruling !== "NOISE") : [];
    return [
      `- round ${round.round}: ${countsOf(round)}`,
      ...(isOpen && isLowYield(round) ? [`  - ${lowYieldText(round)}`] : []),
      ...standing.map(({ ruling, claim, reason }) => `  - ${ruling}: ${oneLine(claim)} (${reason})`),
    ];
  });
}

function lowYieldText({ substantiveRate }: ReviewRound): string {
  const percent = Math.round(substantiveRate * 100);
  return `substantive rate ${percent} %: under 20 % the next review is asked for three concrete failures, each with a test`;
}

function countsOf({ challenges }: ReviewRound): string {
  if (challenges.length === 0) return "no challenge";
  const rulings = ["VALID", "PARTIAL", "NOISE"] as const;
  const counted = rulings.map((name) => ({ name, count: challenges.filter(({ ruling }) => ruling === name).length }));
  return counted
    .filter(({ count }) => count > 0)
    .map(({ name, count }) => `${count} ${name}`)
    .join(", ");
}

/** A text in one line. */
export function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}
