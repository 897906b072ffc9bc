import type { EstimatePart, StuckLimits } from "../model/stuck.ts";
import type { CallState } from "./call-watch.ts";
import type { MeterReading } from "./meter.ts";

/** What is known of a session in one moment. */
export interface SessionLook {
  readonly calls: CallState;
  readonly used: MeterReading;
  /** Working time. */
  readonly minutes: number;
  /** How many of the last calls have changed no file, of those since it was asked first; 0 where that cannot be told. */
  readonly idleCalls: () => number;
}

/**
 * Why a session is stopped as stuck or as far beyond its estimate, in words that begin with the code and hold nothing that the worker
 * wrote; what was repeated is named by its calls, in brackets. Null: it is not. Work that says that it is done is never stopped.
 */
export function judgeStuck(look: SessionLook, limits: StuckLimits): string | null {
  if (look.calls.isOver) return null;
  return repeatedText(look.calls) ?? callsText(look, limits) ?? growingText(look, limits) ?? estimateText(look, limits);
}

function repeatedText({ repeated }: CallState): string | null {
  if (repeated === null) return null;
  const { times, ids } = repeated;
  const what = ids.length === 1 ? "the same call" : `the same ${ids.length} calls in turn`;
  return `WORKER_STUCK: ${what} ${times} times, each time with the same result [${ids.map(plain).join(" ")}]`;
}

/** The names of calls come from the model. */
function plain(id: string): string {
  return /^[\w.:-]{1,100}$/.test(id) ? id : "?";
}

function callsText({ calls }: SessionLook, limits: StuckLimits): string | null {
  if (limits.calls === undefined) return null;
  const { before, plan, most } = limits.calls;
  const all = before + calls.work;
  return all > most
    ? `WORKER_STUCK: ${all} tool calls, ${plan} were planned and ${most} are the most for its size`
    : null;
}

function growingText({ calls, idleCalls }: SessionLook, limits: StuckLimits): string | null {
  if (limits.growing === undefined) return null;
  const { before, plan, idle } = limits.growing;
  const all = before + calls.work;
  if (all <= plan || idleCalls() < idle) return null;
  return `WORKER_STUCK: ${all} tool calls, ${plan} were planned, and the last ${idle} changed no file`;
}

function estimateText({ used, minutes }: SessionLook, { estimate }: StuckLimits): string | null {
  if (estimate === undefined) return null;
  const from = `(from ${estimate.tasks} such tasks)`;
  const over = (part: EstimatePart | undefined, value: number, say: (value: number) => string): string | null =>
    part === undefined || value <= part.left
      ? null
      : `TASK_OVER_ESTIMATE: ${say(part.before + value)}, the estimate is ${say(part.expected)} ${from}`;
  return (
    over(estimate.tokens, used.tokens, (tokens) => `${Math.round(tokens)} fresh tokens`) ??
    (used.usd === null ? null : over(estimate.usd, used.usd, (usd) => `$${Number(usd.toFixed(4))}`)) ??
    over(estimate.minutes, minutes, (time) => `${Number(time.toFixed(1))} minutes`)
  );
}
