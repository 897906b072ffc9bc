import type { TaskResult } from "../../model/result.ts";
import type { Task } from "../../model/task.ts";
import { attemptLines, checkLines, oneLine, reviewLines } from "./phase-lines.ts";

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
  const { cachedInputTokens, inputTokens, outputTokens, usd } = result.usage;
  lines.push(
    `- spent: ${inputTokens} tokens in (${cachedInputTokens} cached), ${outputTokens} out, $${usd.toFixed(4)}`,
  );
  const phases = {
    Order: orderLines(task),
    Attempts: attemptLines(task.attempts),
    "What was tried": task.tried.map(({ at, attempt, what }) => `- ${at}, after attempt ${attempt}: ${oneLine(what)}`),
    Verification: checkLines(result.verification),
    Review: reviewLines(task),
  };
  for (const [title, body] of Object.entries(phases)) if (body.length > 0) lines.push("", `## ${title}`, "", ...body);
  return `${lines.join("\n")}\n`;
}

/** Open points of the order with the words that are proposed, or why nobody looked for them. */
function orderLines({ spec }: Task): string[] {
  if (spec === null) return [];
  if (spec.failure !== null) return [`- not challenged before the work: ${oneLine(spec.failure)}`];
  return spec.challenges.map(({ id, claim, quote, proposal }) =>
    oneLine(`- ${id}: ${claim} Instead of "${quote}" write: ${proposal}`),
  );
}

function cell(text: string): string {
  const line = oneLine(text).replaceAll("|", "\\|");
  return line.length > 120 ? `${line.slice(0, 119)}…` : line;
}
