import { isoTime } from "../kernel/durations.ts";
import type { Config } from "../model/config.ts";
import type { LedgerRow } from "../model/ledger.ts";
import { freshTokens } from "../model/outcome.ts";

/** What a project has spent by day of UTC (YYYY-MM-DD). `tokens`: uncached input and output. */
export type Spending = Map<string, { usd: number; tokens: number }>;

const DAY_MS = 24 * 3_600_000;

/** Takes a row of the ledger in; days that no cap looks at any more are forgotten. */
export function addSpending(
  spending: Spending,
  row: Pick<LedgerRow, "at" | "usd" | "inputTokens" | "cachedInputTokens" | "outputTokens">,
): void {
  const day = row.at.slice(0, 10);
  const sum = spending.get(day) ?? { usd: 0, tokens: 0 };
  spending.set(day, { usd: sum.usd + (row.usd ?? 0), tokens: sum.tokens + freshTokens(row) });
  for (const oldest of spending.keys()) if (spending.size > KEPT_DAYS) spending.delete(oldest);
}

/** Two weeks: more than any cap looks back. */
const KEPT_DAYS = 14;

/** A cap of the project, and what of it is spent. `resetsAt`: when the next day or week (from Monday, UTC) begins. */
export interface Cap {
  readonly name: keyof Config["budget"];
  readonly limit: number;
  readonly spent: number;
  readonly resetsAt: string;
}

/** The caps that are set, as they stand now. */
export function capsAt(spending: Spending, budget: Config["budget"], nowMs: number): Cap[] {
  const day = isoTime(nowMs).slice(0, 10);
  const dayMs = Date.parse(day);
  const mondayMs = dayMs - ((new Date(dayMs).getUTCDay() + 6) % 7) * DAY_MS;
  const monday = isoTime(mondayMs).slice(0, 10);
  const sum = (from: string, of: "usd" | "tokens"): number =>
    [...spending].reduce((all, [at, spent]) => (at >= from && at <= day ? all + spent[of] : all), 0);
  const rows = [
    ["dayUsd", day, "usd", dayMs + DAY_MS],
    ["dayTokens", day, "tokens", dayMs + DAY_MS],
    ["weekUsd", monday, "usd", mondayMs + 7 * DAY_MS],
    ["weekTokens", monday, "tokens", mondayMs + 7 * DAY_MS],
  ] as const;
  return rows.flatMap(([name, from, of, endMs]): Cap[] => {
    const limit = budget[name];
    return limit === null ? [] : [{ name, limit, spent: sum(from, of), resetsAt: isoTime(endMs) }];
  });
}

/** Why nothing new may start, by the caps that are used up; null when none is. `untilMs`: Unix ms. */
export function capWait(caps: readonly Cap[]): { readonly detail: string; readonly untilMs: number } | null {
  const last = caps
    .filter(({ spent, limit }) => spent >= limit)
    .toSorted((a, b) => a.resetsAt.localeCompare(b.resetsAt))
    .at(-1);
  if (last === undefined) return null;
  const { name, spent, limit, resetsAt } = last;
  const detail = `budget.${name} is used up (${Number(spent.toFixed(4))} of ${limit}); until ${resetsAt}, or raise it: cco config --set budget.${name}=…`;
  return { detail, untilMs: Date.parse(resetsAt) };
}
