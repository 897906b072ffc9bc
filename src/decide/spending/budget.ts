import { makeFailure } from "../../model/failure.ts";
import { type Failure, freshTokens } from "../../model/outcome.ts";
import type { Task } from "../../model/task.ts";
import { isTimeUsedUp, spentMs } from "../limits/chunks.ts";
import { stepText, toolCallsOf } from "../limits/step-reached.ts";

/** What the workers of a task have used since it was opened. `tokens`: uncached input and output. `usd`: until a person has granted more, reviews included. */
export interface Spent {
  readonly toolCalls: number;
  readonly tokens: number;
  readonly usd: number;
  readonly minutes: number;
}

/** Sums over the sessions that count against the budget. */
export function spentOf(task: Task): Spent {
  const outcomes = task.attempts.slice(task.opened).flatMap(({ outcome }) => outcome ?? []);
  const sum = (of: (outcome: (typeof outcomes)[number]) => number): number =>
    outcomes.reduce((all, outcome) => all + of(outcome), 0);
  return {
    toolCalls: toolCallsOf(task),
    tokens: sum((outcome) => freshTokens(outcome.usage)),
    usd: task.opened === 0 ? task.usage.usd : sum((outcome) => outcome.usage.usd),
    minutes: spentMs(task) / 60_000,
  };
}

/** The part of the envelope's budget that leaves nothing for another session; null when there is something left. */
export function usedUpBudget(task: Task): string | null {
  const { usd, tokens, toolCalls } = task.envelope.budget;
  const spent = spentOf(task);
  if (isTimeUsedUp(task)) return "budget.minutes";
  if (usd !== undefined && spent.usd >= usd) return "budget.usd";
  if (toolCalls !== undefined && spent.toolCalls >= toolCalls) return "budget.toolCalls";
  const fresh = task.opened === 0 ? freshTokens(task.usage) : spent.tokens;
  return tokens !== undefined && fresh >= tokens ? "budget.tokens" : null;
}

/** Above this part of its budget a task needs a person, also when it came to its end (mission F1). */
const GATE_PART = 1.5;

/** The failure of a task that came to an end far beyond its budget, faster than it could be stopped; null when it did not. */
export function overrun(task: Task, attempt: number): Failure | null {
  const { usd, tokens, toolCalls } = task.envelope.budget;
  const spent = spentOf(task);
  const parts = [
    ["BUDGET_TOOL_CALLS", spent.toolCalls, toolCalls, "tool calls"],
    ["BUDGET_TOKENS", spent.tokens, tokens, "uncached input and output tokens"],
    ["BUDGET_USD", spent.usd, usd, "USD"],
  ] as const;
  const over = parts.find(([, used, limit]) => limit !== undefined && used > limit * GATE_PART);
  if (over === undefined) return null;
  const [code, used, limit, unit] = over;
  const message = `the work is done, but it took ${Number(used.toFixed(4))} ${unit}, the budget is ${limit ?? 0}`;
  return makeFailure(code, message, { attempt, task: task.id });
}

/** The failure of a session that was stopped for its budget, with the step it was at: the one sentence that a person is told. */
export function exhausted(failure: Failure, task: Task, left: Task["left"]): Failure {
  if (failure.message.startsWith("budget exhausted")) return failure;
  return { ...failure, message: `budget exhausted${stepText(task, left)}: ${failure.message}` };
}
