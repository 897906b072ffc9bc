import { relative } from "node:path";
import * as z from "zod";
import { requireTask } from "../../app/board/read-board.ts";
import type { TaskResult } from "../../model/result.ts";
import { answer, line, nextStep, retryStep, taskLine } from "../texts.ts";
import { tell } from "../waiting.ts";
import { defineTool, type ToolCall } from "../tool.ts";

/** `result`: the verdict of a task, what it rests on, and where the rest is. Never the log. */
export const resultTool = defineTool({
  name: "result",
  description: "Verdict of a task: summary, checks, review, cost, and the paths of diff and report. Never the log.",
  arguments: z.strictObject({ task: z.string() }),
  reads: true,
  async run({ task: id }, call) {
    const task = requireTask(call.project, id);
    tell(call, [task]);
    const lines = [taskLine(task), ...verdict(task), ...places(task, call)];
    return answer(lines, stepAfter(task));
  },
});

function stepAfter(task: TaskResult): string {
  if (task.status === "accepted") return accepted(task);
  return task.status === "failed" || task.status === "dead" ? retryStep(task) : nextStep([task]);
}

function verdict(task: TaskResult): string[] {
  const lines: string[] = [];
  if (task.report !== null) {
    const { status, summary } = task.report;
    // The first line often says it already.
    const isSaid = task.summary.includes(summary);
    lines.push(`worker says ${status}${isSaid ? "" : `: ${line(summary, 200)}`}`);
  }
  for (const { exitCode, command } of task.verification.slice(0, 4)) {
    lines.push(`check ${exitCode === 0 ? "green" : `red (${exitCode ?? "no exit code"})`}: ${line(command, 80)}`);
  }
  if (task.verification.length > 4) lines.push(`and ${task.verification.length - 4} more checks`);
  if (task.review !== null) {
    const { rounds, valid, partial, noise, converged } = task.review;
    lines.push(
      `review: ${rounds} round(s), ${valid} valid, ${partial} partial, ${noise} noise${converged ? "" : ", not converged"}`,
    );
  }
  if (task.error !== null && task.error.evidence !== null) lines.push(`evidence: ${line(task.error.evidence, 200)}`);
  const { inputTokens, outputTokens, usd } = task.usage;
  const money = usd > 0 ? `, $${usd.toFixed(2)}` : "";
  lines.push(`${task.attempts} attempt(s), ${inputTokens + outputTokens} tokens${money}`);
  return lines;
}

/** Paths from the root of the project: shorter, and what the model's tools take. */
function places(task: TaskResult, { project }: ToolCall): string[] {
  const shown = (path: string): string => relative(project.root, path);
  const { diff, lastMessage, worktree } = task.paths;
  return [
    ...(diff === null ? [] : [`diff: ${shown(diff)}`]),
    ...(lastMessage === null ? [] : [`report: ${shown(lastMessage)}`]),
    ...(task.status === "accepted" || worktree === null ? [] : [`work tree: ${shown(worktree)}`]),
  ];
}

function accepted(task: TaskResult): string {
  return task.commit === null
    ? "nothing; it is done"
    : `nothing; it is on ${task.commit.slice(0, 10)} (git show --stat ${task.commit.slice(0, 10)})`;
}
