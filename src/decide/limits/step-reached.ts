import { estimateToolCalls } from "../../model/estimate.ts";
import type { Leftover } from "../../model/leftover.ts";
import type { Task } from "../../model/task.ts";

/** Tool calls of all sessions of a task since it was opened. */
export function toolCallsOf(task: Task): number {
  return task.attempts.slice(task.opened).reduce((all, { outcome }) => all + (outcome?.toolCalls ?? 0), 0);
}

/**
 * ` at step n of m`: by the worker's plan, n the step that it was at; without a plan in tool calls, of those that the budget grants or the order
 * is estimated to take. Empty when it has done nothing yet.
 */
export function stepText(task: Task, left: Leftover | null): string {
  const planned = (left?.completed.length ?? 0) + (left?.open.length ?? 0);
  if (left !== null && planned > 0) return ` at step ${Math.min(left.completed.length + 1, planned)} of ${planned}`;
  const calls = toolCallsOf(task);
  if (calls === 0) return "";
  const granted = task.envelope.budget.toolCalls;
  const of = granted ?? Math.max(calls, estimateToolCalls(task.envelope));
  return ` at step ${Math.min(calls, of)} of ${of} (tool calls)`;
}
