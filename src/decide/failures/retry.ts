import { isoTime, msOf } from "../../kernel/durations.ts";
import type { Config } from "../../model/config.ts";
import type { Failure } from "../../model/outcome.ts";
import type { Task } from "../../model/task.ts";
import { usedUpBudget } from "../spending/budget.ts";
import {
  type Cure,
  cureOf,
  GATE_FAILURES,
  isLogic,
  isOwnFailure,
  isTransient,
  type Layer,
  LOGIC_RETRIES,
  type Wait,
} from "./cures.ts";

/** Times that a task waits for a credit window that opens and is used up again, before it is parked: more than a week of five-hour windows. */
const WINDOW_WAITS = 40;

/** Doublings after which a wait grows no more: 1 s becomes 17 minutes. */
const LONGEST_BACKOFF = 10;

/** What follows a failure. `notBeforeMs`: Unix ms of the earliest next start. `why` is for people. */
export type Verdict =
  | { readonly kind: "again"; readonly layer: Layer; readonly notBeforeMs: number; readonly why: string }
  /** A person decides. */
  | { readonly kind: "ask"; readonly why: string }
  /** The task becomes a dead letter. */
  | { readonly kind: "park"; readonly why: string }
  /** `budget`: the part of the envelope's budget that is used up; null where that is not the reason. */
  | { readonly kind: "fail"; readonly why: string; readonly budget: string | null };

/** What is done about a failure, and when. `random` is in [0, 1). */
export function judgeFailure(
  task: Task,
  failure: Failure,
  { retry }: Pick<Config, "retry">,
  at: { readonly nowMs: number; readonly random: number },
): Verdict {
  const { code } = failure;
  const jitterMs = Math.round(at.random * retry.jitterSeconds * 1000);
  const used = task.retries[code] ?? 0;
  if (code === "CODEX_USAGE_LIMIT" && failure.retryAt !== null) {
    if (used >= WINDOW_WAITS)
      return spent(task, { kind: "park", why: `its credit window was used up ${used + 1} times in a row` });
    const reset = msOf(failure.retryAt);
    // A reset that has passed while the limit stays (clocks that differ) must not become a start per second.
    const least = at.nowMs + retry.baseSeconds * 1000 * 2 ** Math.min(used, LONGEST_BACKOFF);
    const notBeforeMs = Math.round(Math.max(least, reset)) + jitterMs;
    return spent(task, {
      kind: "again",
      layer: "normal",
      notBeforeMs,
      why: `${code}: waits for the reset at ${isoTime(reset)}`,
    });
  }
  const cure = cureOf(code, retry.max);
  const failures = ownFailures(task);
  if (isOwnFailure(code) && failures >= GATE_FAILURES) {
    return { kind: "ask", why: `${code}: it has failed ${failures} times by its own work` };
  }
  const layer = used < usable(task, { code, cure, ceiling: retry.max }) ? cure.layers[used] : undefined;
  const over = usedUp(code, used);
  if (layer === undefined)
    return cure.after === "park" ? spent(task, { kind: "park", why: over }) : { kind: "fail", why: over, budget: null };
  if (layer === "person") return { kind: "ask", why: over };
  const waitMs = Math.max(waitOf(cure.wait, used, retry.baseSeconds), untilMs(failure, cure) - at.nowMs);
  const notBeforeMs = Math.round(at.nowMs + waitMs) + (cure.wait.kind === "none" ? 0 : jitterMs);
  return spent(task, {
    kind: "again",
    layer,
    notBeforeMs,
    why: inWords(code, { layer, used, of: cure.layers.length, waitMs }),
  });
}

/** Nothing is tried again, now or by a sweep, without something left of the budget. */
function spent(task: Task, verdict: Verdict): Verdict {
  const budget = usedUpBudget(task);
  if (budget === null) return verdict;
  return { kind: "fail", why: `it is not tried again, because ${budget} is used up`, budget };
}

/** Sessions that this code may claim in all: failures of the work itself share theirs, and so do those of the provider. */
function usable(task: Task, { code, cure, ceiling }: { code: string; cure: Cure; ceiling: number }): number {
  const family = isLogic(code) ? isLogic : isTransient;
  if (!family(code)) return cure.layers.length;
  let others = 0;
  for (const [cause, count] of Object.entries(task.retries)) if (cause !== code && family(cause)) others += count;
  return Math.min(cure.layers.length, (family === isLogic ? LOGIC_RETRIES : ceiling) - others);
}

/** How often the task has failed through its own work since it was submitted, this time included. */
function ownFailures({ attempts }: Task): number {
  return attempts.filter(({ failure }) => failure !== null && isOwnFailure(failure.code)).length;
}

/** Wait before retry number `used` + 1, in ms, without jitter. Grows with each retry. */
function waitOf(wait: Wait, used: number, baseSeconds: number): number {
  if (wait.kind === "none") return 0;
  const factor = wait.kind === "linear" ? wait.seconds * (used + 1) : 2 ** Math.min(used, LONGEST_BACKOFF);
  return factor * baseSeconds * 1000;
}

/** When the provider said that it will answer again, Unix ms; 0 when it said nothing. */
function untilMs(failure: Failure, cure: Cure): number {
  return cure.wait.kind === "none" ? 0 : msOf(failure.retryAt);
}

function usedUp(code: string, used: number): string {
  return used === 0
    ? `${code} is not tried again by itself`
    : `${code}: ${used} ${used === 1 ? "retry" : "retries"} did not help`;
}

const LAYER_WORDS: Readonly<Record<Exclude<Layer, "person">, string>> = {
  normal: "a fresh session that is told what was wrong",
  repair: "one small session that adds only what is missing",
  reduced: "a fresh session with a shorter order",
  minimal: "a fresh session with nothing but goal, criteria and scope",
  restart: "a fresh session from what the last one left",
};

function inWords(
  code: string,
  { layer, used, of, waitMs }: { layer: Exclude<Layer, "person">; used: number; of: number; waitMs: number },
): string {
  if (waitMs > 0) return `${code}: retry ${used + 1} of ${of} after ${(waitMs / 1000).toFixed(1)} s`;
  return `${code}: ${LAYER_WORDS[layer]}`;
}
