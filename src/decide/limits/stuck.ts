import { type Budget, type Envelope, mustChangeFiles } from "../../model/envelope.ts";
import { estimateToolCalls } from "../../model/estimate.ts";
import type { Config } from "../../model/config.ts";
import type { TaskOutcome } from "../../model/ledger.ts";
import { freshTokens } from "../../model/outcome.ts";
import type { EstimatePart, StuckLimits } from "../../model/stuck.ts";
import type { Task } from "../../model/task.ts";
import { spentOf } from "../spending/budget.ts";
import { isInterruption } from "../feedback.ts";
import { kindOf } from "../routing/routing.ts";
import { quantilesOf } from "../routing/tier-history.ts";

/** Part of its plan at which a task is stopped (mission F5); a handoff is looked at more closely beyond its plan instead. */
const SIZE_FACTOR = { light: 2, full: 1.5 } as const;

/** What a worker looks up for each call that an order implies at least: real ones read about as often as they write. */
const LOOK_UPS = 2;

/**
 * What a call is taken to need of the other kinds of a budget: the proportions of the template (40 calls, 200,000 tokens, $1.5, 25 minutes).
 * Whoever plans two hours plans more calls than the least of the size.
 */
const PER_CALL = { tokens: 5000, usd: 0.0375, minutes: 0.625 } as const;

/** Fewer accepted tasks of the same kind and tier than this are no history. */
const ENOUGH_TASKS = 5;

/**
 * No estimate is below this: half of what is assumed for a size while nothing is known. Five tiny tasks do not make the sixth one
 * suspicious, and a stop is worth a person's time only where something was spent.
 */
const LEAST_ESTIMATE: Readonly<Record<Envelope["size"], { tokens: number; usd: number; minutes: number }>> = {
  light: { tokens: 15_000, usd: 0.1, minutes: 5 },
  full: { tokens: 75_000, usd: 0.5, minutes: 15 },
  handoff: { tokens: 200_000, usd: 1.5, minutes: 25 },
};

/** A session that begins beyond the estimate, to fix what was found, gets this part of it all the same. */
const FIX_PART = 0.25;

/**
 * A budget this small ends a worker that runs wild soon enough, and says so more exactly: then nothing else stops it. Calls: so many times
 * those that make a repetition. The others: what about as many calls of a real session cost at most.
 */
const SMALL = { repetitions: 2, tokens: 100_000, usd: 1, minutes: 1 } as const;

/** What the policy looks at besides the task. */
export interface StuckFacts {
  readonly config: Pick<Config, "stuck">;
  readonly history: readonly TaskOutcome[];
  /** Prices by plain model name, for an estimate of money. */
  readonly rates: NonNullable<NonNullable<StuckLimits["estimate"]>["rates"]>;
}

/** When the next session of a task counts as stuck or as far beyond its estimate; null where nothing of it is looked at. */
export function stuckLimits(task: Task, facts: StuckFacts): StuckLimits | null {
  const { stuck } = facts.config;
  const { envelope } = task;
  const repeats = stuck.repeats ?? 0;
  if (endsSoon(envelope.budget, repeats)) return null;
  const like = alike(task, facts.history);
  const estimate = estimateOf(task, like, facts);
  const limits: StuckLimits = {
    ...(repeats > 0 ? { repeats: Math.max(2, Math.round(repeats)) } : {}),
    ...(envelope.budget.toolCalls === undefined ? callsOf(task, like, stuck) : {}),
    ...(estimate === null ? {} : { estimate }),
  };
  return Object.keys(limits).length === 0 ? null : limits;
}

function endsSoon({ toolCalls, tokens, usd, minutes }: Budget, repeats: number): boolean {
  const few = toolCalls !== undefined && toolCalls <= SMALL.repetitions * repeats;
  const parts = [
    [tokens, SMALL.tokens],
    [usd, SMALL.usd],
    [minutes, SMALL.minutes],
  ] as const;
  return few || parts.some(([budget, small]) => budget !== undefined && budget <= small);
}

/** Accepted tasks of the same kind that began at the same tier: what failed says nothing of what the work takes. */
function alike({ envelope, attempts }: Task, history: readonly TaskOutcome[]): readonly TaskOutcome[] {
  const [kind, tier] = [kindOf(envelope), attempts[0]?.effort];
  return history.filter((one) => one.status === "accepted" && one.kind === kind && one.efforts[0] === tier);
}

/** What nine in ten of them took, where there are enough that say it. */
function usual(
  like: readonly TaskOutcome[],
  of: (outcome: TaskOutcome) => number | undefined,
): { readonly value: number; readonly tasks: number } | null {
  const values = like.flatMap((outcome) => of(outcome) ?? []).filter((value) => value > 0);
  const seen = values.length < ENOUGH_TASKS ? null : quantilesOf(values);
  return seen === null ? null : { value: seen.p90, tasks: values.length };
}

/** A budget of calls is the plan, and ends it by itself. Without one: what such tasks took, at least what its size and its other budgets stand for. */
function callsOf(
  task: Task,
  like: readonly TaskOutcome[],
  { lightCalls, fullCalls, handoffCalls, idleCalls }: Config["stuck"],
): Pick<StuckLimits, "calls" | "growing"> {
  const { size } = task.envelope;
  const least = { light: lightCalls, full: fullCalls, handoff: handoffCalls }[size] ?? 0;
  if (least <= 0) return {};
  const { tokens = 0, usd = 0, minutes = 0 } = task.envelope.budget;
  const plan = Math.round(
    Math.max(
      least,
      LOOK_UPS * estimateToolCalls(task.envelope),
      usual(like, (one) => one.toolCalls)?.value ?? 0,
      tokens / PER_CALL.tokens,
      usd / PER_CALL.usd,
      minutes / PER_CALL.minutes,
    ),
  );
  const before = callsBefore(task);
  if (size !== "handoff") return { calls: { before, plan, most: Math.floor(plan * SIZE_FACTOR[size]) } };
  const idle = idleCalls ?? 0;
  return idle > 0 && mustChangeFiles(task.envelope) ? { growing: { before, plan, idle } } : {};
}

/**
 * Calls of the sessions that the present one goes on with: the plan is for the work, and a session that was cut at its time limit is a
 * part of it. A retry begins a new line of work and a new count, and so does what a person allowed.
 */
function callsBefore({ attempts, opened }: Task): number {
  let sum = 0;
  for (const { outcome } of attempts.slice(opened).toReversed()) {
    if (outcome === null) continue;
    const code = outcome.failure?.code ?? "";
    if (code !== "CODEX_SOFT_LIMIT" && !isInterruption(code)) break;
    sum += outcome.workCalls ?? outcome.toolCalls;
  }
  return sum;
}

/** Of each kind that the envelope gives no budget of. Nothing is made up: without history there is no estimate. */
function estimateOf(
  task: Task,
  like: readonly TaskOutcome[],
  facts: StuckFacts,
): NonNullable<StuckLimits["estimate"]> | null {
  const percent = facts.config.stuck.estimatePercent ?? 0;
  if (percent <= 0) return null;
  const { budget, size } = task.envelope;
  const spent = spentOf(task);
  const found = {
    tokens: usual(like, freshTokens),
    usd: usual(like, (one) => one.usd),
    minutes: usual(like, (one) => one.ms / 60_000),
  };
  const partOf = (kind: keyof typeof found): EstimatePart | undefined => {
    const seen = found[kind];
    if (seen === null || budget[kind] !== undefined) return undefined;
    const expected = Math.max(seen.value, LEAST_ESTIMATE[size][kind]);
    const left = Math.max((expected * percent) / 100 - spent[kind], expected * FIX_PART);
    return { expected, before: spent[kind], left };
  };
  const [tokens, usd, minutes] = [partOf("tokens"), partOf("usd"), partOf("minutes")];
  if (tokens === undefined && usd === undefined && minutes === undefined) return null;
  return {
    tasks: like.length,
    ...(tokens === undefined ? {} : { tokens }),
    ...(usd === undefined ? {} : { usd, rates: facts.rates }),
    ...(minutes === undefined ? {} : { minutes }),
  };
}
