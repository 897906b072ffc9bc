import { isoTime } from "../../kernel/durations.ts";
import type { CapName, CapScope, CapState, Raise } from "../../model/cap.ts";
import type { Config } from "../../model/config.ts";
import type { LedgerRow } from "../../model/ledger.ts";
import { freshTokens } from "../../model/outcome.ts";

/** What was spent by day of UTC (YYYY-MM-DD). `tokens`: uncached input and output. */
export type Spending = Map<string, { usd: number; tokens: number }>;

const DAY_MS = 24 * 3_600_000;

/** Takes a row of the ledger in; days that no cap looks at any more are forgotten. */
export function addSpending(
  spending: Spending,
  row: Pick<LedgerRow, "at" | "usd" | "inputTokens" | "cachedInputTokens" | "outputTokens">,
): void {
  addDay(spending, row.at.slice(0, 10), { usd: row.usd ?? 0, tokens: freshTokens(row) });
}

/** Adds what was spent on a day. */
export function addDay(spending: Spending, day: string, more: { readonly usd: number; readonly tokens: number }): void {
  const sum = spending.get(day) ?? { usd: 0, tokens: 0 };
  spending.set(day, { usd: sum.usd + more.usd, tokens: sum.tokens + more.tokens });
  if (spending.size > KEPT_DAYS) spending.delete([...spending.keys()].toSorted()[0] ?? day);
}

/** Two weeks: more than any cap looks back. */
const KEPT_DAYS = 14;

/** A cap, and what of it is spent. `limit`: with what was granted for this period. `resetsAt`: when the next day or week (from Monday, UTC) begins. */
export interface Cap {
  readonly scope: CapScope;
  readonly name: CapName;
  /** Scope, name and first day of the period: the same for as long as the cap counts the same spending. */
  readonly key: string;
  readonly limit: number;
  /** Part of the limit that was granted for this period. */
  readonly raised: number;
  readonly spent: number;
  /** What was spent today. */
  readonly today: number;
  readonly resetsAt: string;
}

/** Caps of one scope with the spending that they count. */
export interface CapBook {
  readonly scope: CapScope;
  readonly budget: Config["budget"];
  readonly spending: Spending;
  readonly raised: readonly Raise[];
}

/** The caps that are set, as they stand now. */
export function capsAt({ scope, budget, spending, raised }: CapBook, nowMs: number): Cap[] {
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
    const set = budget[name];
    if (set === null) return [];
    const key = `${scope}.${name}@${from}`;
    const more = raised.filter((raise) => raise.key === key).reduce((all, { by }) => all + by, 0);
    const spent = { spent: sum(from, of), today: sum(day, of) };
    return [{ scope, name, key, limit: set + more, raised: more, ...spent, resetsAt: isoTime(endMs) }];
  });
}

/** The cap that holds up new work longest; null when none is used up. */
export function usedUpCap(caps: readonly Cap[]): Cap | null {
  const full = caps.filter(({ spent, limit }) => spent >= limit);
  return full.toSorted((a, b) => a.resetsAt.localeCompare(b.resetsAt)).at(-1) ?? null;
}

/** Why nothing new may start. `untilMs`: Unix ms. `card`: the open card that asks about it. */
export interface CapWait {
  readonly detail: string;
  readonly untilMs: number;
  readonly card: string | null;
}

/** Why nothing new may start, by the caps that are used up; null when none is. */
export function capWait(caps: readonly Cap[], state: CapState): CapWait | null {
  const cap = usedUpCap(caps);
  if (cap === null) return null;
  const { key, resetsAt } = cap;
  const asked = state.asked.find((one) => one.key === key);
  const card = asked?.card ?? null;
  const how =
    card === null
      ? `${asked?.chosen?.letter === "B" ? ` (chosen by ${asked.chosen.by})` : ""}, or raise it: ${raiseCommand(cap)}`
      : `, or decide: cco decide ${card.id}`;
  const detail = `${usedUpText(cap)}; until ${resetsAt}${how}`;
  return { detail, untilMs: Date.parse(resetsAt), card: card?.id ?? null };
}

/** `budget.dayUsd is used up (10.2 of 10)`. */
export function usedUpText(cap: Cap): string {
  const raised = cap.raised === 0 ? "" : `, ${amount(cap.raised)} of it granted for this time`;
  return `${capName(cap)} is used up (${amount(cap.spent)} of ${amount(cap.limit)}${raised})`;
}

/** What a cap is called where people read of it. */
export function capName({ scope, name }: Pick<Cap, "scope" | "name">): string {
  return scope === "project" ? `budget.${name}` : `budget.${name} of all your projects`;
}

/** The command that sets a cap for good. */
export function raiseCommand({ scope, name }: Pick<Cap, "scope" | "name">): string {
  return `cco config ${scope === "user" ? "--user " : ""}--set budget.${name}=…`;
}

/** A sum of money or tokens without a tail of digits. */
export function amount(value: number): string {
  return String(Number(value.toFixed(4)));
}
