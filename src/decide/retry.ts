import { errorClass } from "../kernel/errors.ts";
import { isErrorCode } from "../kernel/error-table.ts";
import { isoTime } from "../kernel/durations.ts";
import type { Config } from "../model/config.ts";
import type { Failure } from "../model/outcome.ts";
import type { Task } from "../model/task.ts";

/** Fresh attempts that a code is worth beyond its class (mission C2; the main job gives one fix per cause). */
const LOGIC_RETRIES: Readonly<Record<string, number>> = {
  VERIFY_FAILED: 1,
  VERIFY_NOTHING_CHANGED: 1,
  SCOPE_VIOLATION: 1,
  VALIDATION_RETREAT: 1,
  REPORT_MISSING: 1,
  CODEX_NO_SIDECAR: 1,
  CODEX_NO_TURN: 1,
  CODEX_BAD_EXIT: 1,
  CODEX_KILLED: 1,
  CODEX_LOST: 1,
};

/** Transient failures that took long already get fewer tries (mission C2: timeouts and resets ≤ 2). */
const TRANSIENT_CAPS: Readonly<Record<string, number>> = { CODEX_SILENT: 1, CODEX_NETWORK: 2, CODEX_STREAM_CUT: 2 };

/** Fresh attempts that a task may get for logic failures of any kind together, so that causes in turn cannot loop. */
const LOGIC_TOTAL = 3;

/** Doublings after which the wait for a credit window that does not open grows no more: 1 s becomes 17 minutes. */
const LONGEST_BACKOFF = 10;

/** What to do about a failure. `notBeforeMs`: Unix ms of the earliest next start. */
export type RetryDecision =
  | { readonly retry: true; readonly notBeforeMs: number; readonly why: string }
  | { readonly retry: false };

/** Whether a failed attempt is worth another one, and when. `random` is in [0, 1). */
export function decideRetry(
  task: Task,
  failure: Failure,
  config: Config,
  at: { nowMs: number; random: number },
): RetryDecision {
  const used = task.retries[failure.code] ?? 0;
  const kind = isErrorCode(failure.code) ? errorClass(failure.code) : "logic";
  if (failure.code === "CODEX_USAGE_LIMIT" && failure.retryAt !== null) {
    const reset = Date.parse(failure.retryAt);
    const jitterMs = Math.round(at.random * config.retry.jitterSeconds * 1000);
    return {
      retry: true,
      // A reset that has passed while the limit stays (clocks that differ) must not become a start per second.
      notBeforeMs: Math.max(at.nowMs + backoffMs(Math.min(used, LONGEST_BACKOFF), config, 0), reset) + jitterMs,
      why: `waits for the reset at ${isoTime(reset)}`,
    };
  }
  if (kind === "transient") {
    const limit = Math.min(config.retry.max, TRANSIENT_CAPS[failure.code] ?? config.retry.max);
    if (used >= limit) return { retry: false };
    const waitMs = backoffMs(used, config, at.random);
    return { retry: true, notBeforeMs: at.nowMs + waitMs, why: `retry ${used + 1} of ${limit} after ${failure.code}` };
  }
  const limit = LOGIC_RETRIES[failure.code] ?? 0;
  if (used >= limit || logicRetries(task) >= LOGIC_TOTAL) return { retry: false };
  return { retry: true, notBeforeMs: at.nowMs, why: `one fresh attempt with feedback after ${failure.code}` };
}

/** Wait before retry number `used` + 1: base × 2^used plus jitter, in ms (mission C2: 1 s, 2 s, 4 s + 0–500 ms). */
function backoffMs(used: number, config: Config, random: number): number {
  return Math.round((config.retry.baseSeconds * 2 ** used + random * config.retry.jitterSeconds) * 1000);
}

function logicRetries(task: Task): number {
  let sum = 0;
  for (const [code, count] of Object.entries(task.retries)) if (code in LOGIC_RETRIES) sum += count;
  return sum;
}
