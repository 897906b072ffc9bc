import { BUDGET_KINDS, type BudgetKind, type TaskBudget } from "../../model/budget.ts";
import type { Envelope } from "../../model/envelope.ts";
import { estimateToolCalls } from "../../model/estimate.ts";
import type { Task } from "../../model/task.ts";
import { atWork } from "../cards/asks.ts";
import { type Spent, spentOf } from "./budget.ts";

/** What the session under way has used so far, as far as it is known. */
export type Underway = Pick<Spent, "toolCalls" | "tokens" | "usd">;

/** The budget of a task part by part; parts without a limit only where something was used of them. `expectedTokens`: what half of such tasks spend. */
export function taskBudget(
  task: Task,
  about: { readonly underway: Underway | null; readonly expectedTokens: number; readonly nowMs: number },
): TaskBudget[] {
  const { budget } = task.envelope;
  const used = usedBy(task, about.underway, about.nowMs);
  return BUDGET_KINDS.flatMap((kind): TaskBudget[] => {
    const limit = budget[kind] ?? null;
    if (limit === null && used[kind] === 0) return [];
    return [
      {
        task: task.id,
        status: statusOf(task),
        kind,
        limit,
        used: rounded(kind, used[kind]),
        percent: limit === null ? null : Math.floor((used[kind] / limit) * 100),
        estimate: estimateOf(kind, task.envelope, about.expectedTokens),
      },
    ];
  });
}

function usedBy(task: Task, underway: Underway | null, nowMs: number): Record<BudgetKind, number> {
  const spent = spentOf(task);
  const began = atWork(task.state) === null ? null : task.attempts.at(-1)?.startedAt;
  const minutes = began === null || began === undefined ? 0 : Math.max(0, nowMs - Date.parse(began)) / 60_000;
  return {
    toolCalls: spent.toolCalls + (underway?.toolCalls ?? 0),
    tokens: spent.tokens + (underway?.tokens ?? 0),
    usd: spent.usd + (underway?.usd ?? 0),
    minutes: spent.minutes + minutes,
  };
}

function rounded(kind: BudgetKind, value: number): number {
  const digits = { toolCalls: 0, tokens: 0, usd: 4, minutes: 1 }[kind];
  return Number(value.toFixed(digits));
}

function estimateOf(kind: BudgetKind, envelope: Envelope, expectedTokens: number): number | null {
  if (kind === "toolCalls") return estimateToolCalls(envelope);
  return kind === "tokens" ? Math.round(expectedTokens) : null;
}

function statusOf({ state }: Task): string {
  return state.at === "ended" ? state.status : state.at;
}
