import { isLowYield } from "../decide/review-loop.ts";
import type { ReviewRound } from "../model/review.ts";
import type { TaskResult } from "../model/result.ts";
import type { Task } from "../model/task.ts";

/** The world in one page (`.cco/status.md`). */
export function worldPage(results: readonly TaskResult[]): string {
  const rows = results.map(
    (result) =>
      `| ${result.id} | ${result.status} | ${result.waitingFor ?? result.phase} | ${result.attempts} | ${cell(result.summary)} |`,
  );
  const table = ["| task | status | phase | attempts | summary |", "|---|---|---|---|---|", ...rows];
  return `# Status\n\n${rows.length === 0 ? "No tasks yet." : table.join("\n")}\n`;
}

/** One task as a person reads it (`tasks/<id>/status.md`). */
export function taskPage(task: Task, result: TaskResult): string {
  const lines = [
    `# ${task.id}: ${result.status}`,
    "",
    `- goal: ${oneLine(task.envelope.goal)}`,
    `- phase: ${result.waitingFor ?? result.phase}`,
    `- lane: ${result.lane}${result.branch === null ? "" : `, branch ${result.branch}`}`,
    `- summary: ${oneLine(result.summary)}`,
  ];
  if (result.error !== null)
    lines.push(`- error: ${result.error.code} (${result.error.class})`, `- next: ${oneLine(result.error.next)}`);
  lines.push("", "## Attempts", "");
  for (const attempt of task.attempts) {
    const ended = attempt.endedAt === null ? "running" : "ok";
    const how = attempt.failure?.code === "CODEX_SOFT_LIMIT" ? "chunk" : (attempt.failure?.code ?? ended);
    lines.push(`- ${attempt.attempt}: ${how}, ${attempt.startedAt} – ${attempt.endedAt ?? "now"}`);
  }
  if (result.verification.length > 0) lines.push("", "## Verification", "");
  for (const check of result.verification) {
    lines.push(
      `- ${check.exitCode === 0 ? "green" : "red"} (${check.durationMs} ms): ${oneLine(check.criterion)} — \`${check.command}\``,
    );
  }
  for (const round of task.rounds) {
    lines.push("", `## Review round ${round.round}`, "");
    if (isLowYield(round)) lines.push(`- ${lowYieldText(round)}`);
    for (const challenge of round.challenges)
      lines.push(`- ${challenge.ruling}: ${oneLine(challenge.claim)} (${challenge.reason})`);
    if (round.challenges.length === 0) lines.push("- no challenge");
  }
  return `${lines.join("\n")}\n`;
}

function lowYieldText({ substantiveRate }: ReviewRound): string {
  const percent = Math.round(substantiveRate * 100);
  return `substantive rate ${percent} %: under 20 % the next review is asked for three concrete failures, each with a test`;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}

function cell(text: string): string {
  const line = oneLine(text).replaceAll("|", "\\|");
  return line.length > 120 ? `${line.slice(0, 119)}…` : line;
}
