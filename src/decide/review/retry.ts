import { isoTime, msOf } from "../../kernel/durations.ts";
import type { Config } from "../../model/config.ts";
import type { Failure } from "../../model/outcome.ts";
import type { Fact } from "../../model/record.ts";
import type { Task } from "../../model/task.ts";
import { isTransientReview } from "../failures/breaker-outcome.ts";

/** Wait before a review that could not be had is asked for again, in seconds × the number of the retry × `retry.baseSeconds`. */
const WAIT_SECONDS = 10;

/**
 * The fact that asks the reviewer again later, when it could not be asked for a reason that passes by itself: at most `retry.max` times,
 * not before the time that the provider named. Null: a person decides.
 */
export function reviewAgain(
  task: Task,
  failure: Failure,
  { retry }: Pick<Config, "retry">,
  at: { readonly nowMs: number; readonly random: number },
): Fact | null {
  const { state } = task;
  if (state.at !== "reviewed" || !isTransientReview(failure)) return null;
  const used = task.retries[failure.code] ?? 0;
  if (used >= retry.max) return null;
  const jitterMs = at.random * retry.jitterSeconds * 1000;
  const leastMs = at.nowMs + WAIT_SECONDS * 1000 * retry.baseSeconds * (used + 1);
  const notBefore = isoTime(Math.round(Math.max(leastMs, msOf(failure.retryAt)) + jitterMs));
  const why = `the reviewer is asked again at ${notBefore} (${used + 1} of ${retry.max}): ${failure.message}`;
  return { type: "review.postponed", task: task.id, attempt: state.attempt, notBefore, cause: failure.code, why };
}
