import { isoTime } from "../../kernel/durations.ts";
import { outcomeOfReview } from "../../decide/failures/breaker-outcome.ts";
import type { BreakerHolder } from "../../model/breaker.ts";
import type { Fact } from "../../model/record.ts";
import { leaveProbe, lookAtBreaker, passBreaker, reportStep } from "../breakers.ts";
import type { EffectContext } from "../deps.ts";
import type { RoundHeld } from "./round.ts";

/** The provider of the reviewer; its breaker is not that of the workers. */
const REVIEWER_BREAKER = "anthropic";

/** Part of the cooldown after which a review looks again while another one probes. */
const LOOK_AGAIN = 0.1;
const LEAST_WAIT_MS = 1000;

/** Null when the reviewer may be asked now; else the fact that puts the review off until its breaker lets it through. */
export async function reviewTurn(context: EffectContext, attempt: number, round: number): Promise<Fact | null> {
  const { deps, config, task } = context;
  if (await passBreaker(deps, REVIEWER_BREAKER, holderOf(context, round))) return null;
  const look = await lookAtBreaker(deps, REVIEWER_BREAKER);
  const soonMs = deps.clock.now() + Math.max(LEAST_WAIT_MS, config.breaker.cooldownSeconds * 1000 * LOOK_AGAIN);
  const notBefore = isoTime(look.kind === "open" ? look.untilMs : soonMs);
  const about = look.kind === "closed" ? "it has just closed" : look.why;
  const why = `the reviewer's provider is not asked before ${notBefore} (${about})`;
  return { type: "review.postponed", task: task.id, attempt, notBefore, cause: "breaker", why };
}

/** Holds a round and tells the breaker how it ended; one that is not wanted any more gives its place back. */
export async function inReviewTurn(
  context: EffectContext,
  round: number,
  hold: () => Promise<RoundHeld>,
): Promise<RoundHeld> {
  const { deps, config, task } = context;
  const holder = holderOf(context, round);
  try {
    const held = await hold();
    const atMs = deps.clock.now();
    // A round that a crash cuts off between its answer and the journal is held again: other calls, another outcome.
    const key = `${deps.project} ${task.id} ${holder.step} ${atMs}`;
    const wasAsked = held.calls.length > 0 || held.failure !== null;
    const outcome = wasAsked ? outcomeOfReview(held.failure) : ({ kind: "none" } as const);
    await reportStep({ ...deps, settings: config.breaker }, REVIEWER_BREAKER, holder, { key, outcome, atMs });
    return held;
  } catch (error) {
    await leaveProbe(deps, REVIEWER_BREAKER, holder);
    throw error;
  }
}

function holderOf({ deps, task }: EffectContext, round: number): BreakerHolder {
  return { project: deps.project, task: task.id, step: `review ${round}` };
}
