import type { Envelope } from "../../model/envelope.ts";
import type { TaskOutcome } from "../../model/ledger.ts";
import { freshTokens } from "../../model/outcome.ts";
import type { AccountWindows, WindowName } from "../../model/window.ts";
import { kindOf } from "../routing/routing.ts";
import { type Quantiles, quantilesOf, saysSomething, type Tier } from "../routing/tier-history.ts";
import { percentPerMillion } from "./window.ts";

/** Fewer ended tasks of the same kind and tier than this say nothing. */
const ENOUGH_TASKS = 5;

/**
 * What nine in ten tasks are taken to need at effort medium while nothing is known, in uncached input and output tokens. Assumptions on the
 * careful side: five calls, thirty calls, and a handoff of several chunks.
 */
const USUAL_TOKENS: Readonly<Record<Envelope["size"], number>> = { light: 30_000, full: 150_000, handoff: 400_000 };

/** The same of other tiers, as a factor. */
const TIER_FACTOR: Readonly<Record<Tier, number>> = { low: 0.5, medium: 1, high: 1.5, xhigh: 2.5 };

/** Percent of a window that a million tokens take while nothing was measured: an assumption, until two observations lie apart. */
const USUAL_PERCENT: Readonly<Record<WindowName, number>> = { primary: 20, secondary: 3 };

/** Other work on the account must not make a percent look dearer than this many times the assumption. */
const MOST_FACTOR = 5;

/** What a task is expected to spend, in uncached input and output tokens. */
export interface Expected {
  readonly tokens: Quantiles;
  /** Where the numbers come from: ended tasks of the same kind and tier, the budget of the envelope, or its size and tier. */
  readonly basis: "history" | "budget" | "size";
}

/** What a task is expected to spend in all. Quantiles of what such tasks have spent; never more than its budget, which ends it. */
export function expectedOf(envelope: Envelope, tier: Tier, history: readonly TaskOutcome[]): Expected {
  const kind = kindOf(envelope);
  const own = history.filter((one) => one.kind === kind && one.efforts[0] === tier && saysSomething(one));
  const seen = own.length < ENOUGH_TASKS ? null : quantilesOf(own.map(freshTokens));
  const limit = envelope.budget.tokens ?? Infinity;
  if (seen !== null) return { tokens: atMost(seen, limit), basis: "history" };
  const usual = USUAL_TOKENS[envelope.size] * TIER_FACTOR[tier];
  if (Number.isFinite(limit)) return { tokens: { p50: limit / 2, p90: limit }, basis: "budget" };
  return { tokens: { p50: usual / 2, p90: usual }, basis: "size" };
}

function atMost({ p50, p90 }: Quantiles, limit: number): Quantiles {
  return { p50: Math.min(p50, limit), p90: Math.min(p90, limit) };
}

/** Part of a window that tokens take, in percent. */
export function percentOf(tokens: number, name: WindowName, known: AccountWindows | null): number {
  const usual = USUAL_PERCENT[name];
  const perMillion = Math.min(percentPerMillion(name, known) ?? usual, usual * MOST_FACTOR);
  return (tokens * perMillion) / 1_000_000;
}
