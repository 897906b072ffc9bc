import { errorClass } from "../../kernel/errors.ts";
import { isErrorCode } from "../../kernel/error-table.ts";
import type { TaskOutcome } from "../../model/ledger.ts";

/** Effort tiers, cheapest first. */
export const TIERS = ["low", "medium", "high", "xhigh"] as const;
export type Tier = (typeof TIERS)[number];

/** Half of the values are at most `p50`, nine in ten at most `p90`. */
export interface Quantiles {
  readonly p50: number;
  readonly p90: number;
}

/** What tasks that began at one tier came to. `held`: accepted without leaving the tier. Costs are of the whole task. */
export interface TierRecord {
  readonly tier: Tier;
  readonly tasks: number;
  readonly held: number;
  /** Input and output. */
  readonly tokens: Quantiles;
  readonly usd: Quantiles;
  /** Working time. */
  readonly ms: Quantiles;
}

/** Median and 90th percentile by nearest rank; null without values. An average would follow the one task that ran wild. */
export function quantilesOf(values: readonly number[]): Quantiles | null {
  const sorted = values.toSorted((a, b) => a - b);
  const rank = (part: number): number => sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? 0;
  return sorted.length === 0 ? null : { p50: rank(0.5), p90: rank(0.9) };
}

/**
 * What each tier achieved with work of a kind (null: of any kind). A task counts where its effort was the reason: accepted, or failed
 * in its logic. Network, login, limits and people who cancel say nothing about a tier.
 */
export function tierRecords(outcomes: readonly TaskOutcome[], kind: string | null): TierRecord[] {
  return TIERS.flatMap((tier): TierRecord[] => {
    const own = outcomes.filter((outcome) => outcome.efforts[0] === tier && (kind ?? outcome.kind) === outcome.kind);
    const told = own.filter(saysSomething);
    const tokens = quantilesOf(told.map((outcome) => outcome.inputTokens + outcome.outputTokens));
    const usd = quantilesOf(told.map((outcome) => outcome.usd));
    const ms = quantilesOf(told.map((outcome) => outcome.ms));
    if (tokens === null || usd === null || ms === null) return [];
    const held = told.filter(({ status, efforts }) => status === "accepted" && efforts.every((one) => one === tier));
    return [{ tier, tasks: told.length, held: held.length, tokens, usd, ms }];
  });
}

/** True where the effort of a task was the reason for its end. */
export function saysSomething({ status, code }: TaskOutcome): boolean {
  if (status === "accepted") return true;
  return status === "failed" && code !== null && isErrorCode(code) && errorClass(code) === "logic";
}
