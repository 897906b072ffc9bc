import { isoTime } from "../../kernel/durations.ts";
import type {
  Breaker,
  BreakerHolder,
  BreakerLook,
  BreakerOutcome,
  BreakerProbe,
  BreakerState,
} from "../../model/breaker.ts";
import type { Config } from "../../model/config.ts";

type Settings = Config["breaker"];

/** What a question about a breaker depends on besides the breaker. `isFree`: nobody answers for this probe any more. */
export interface BreakerMoment {
  readonly nowMs: number;
  readonly isFree: (probe: BreakerProbe) => boolean;
}

/** Most outcomes that are remembered: many times more than a crash can report again. */
const REMEMBERED = 60;

/** Corrections of a clock that are no jump, in ms. */
const CLOCK_SLACK_MS = 60_000;

/** Longest jitter of a probe and longest stagger after closing, in seconds (mission C4: fail-over is staggered 0–30 s). */
const SPREAD_SECONDS = 30;

/** A breaker that has never seen anything. */
export const CLOSED: BreakerState = { at: "closed", since: null, failures: [], same: null };

/** How the breaker looks now. Null: there is none yet, which is a closed one. */
export function lookAt(breaker: Breaker | null, { nowMs, isFree }: BreakerMoment): BreakerLook {
  const state = breaker?.state ?? CLOSED;
  switch (state.at) {
    case "closed":
      return { kind: "closed", closedMs: state.since === null ? null : Date.parse(state.since) };
    case "open": {
      const untilMs = Date.parse(state.until);
      // A clock that was set back must not keep it open for a day.
      const wasSetBack = nowMs < Date.parse(state.since) - CLOCK_SLACK_MS;
      return nowMs < untilMs && !wasSetBack
        ? { kind: "open", untilMs, why: state.why }
        : { kind: "due", why: state.why };
    }
    case "half-open":
      return state.probe === null || isFree(state.probe)
        ? { kind: "due", why: state.why }
        : { kind: "probing", by: state.probe.task, why: state.why };
  }
}

/** What became of a wish to pass. `state` null: nothing to write down. */
export type Entry =
  | { readonly pass: true; readonly probe: boolean; readonly state: BreakerState | null }
  | { readonly pass: false; readonly look: BreakerLook };

/** Lets a call through, or not: all while closed, none while open, exactly one when the cooldown is over. The holder may ask again. */
export function enter(breaker: Breaker | null, asker: Omit<BreakerProbe, "worker">, moment: BreakerMoment): Entry {
  const state = breaker?.state ?? CLOSED;
  if (state.at === "closed") return { pass: true, probe: false, state: null };
  if (state.at === "half-open" && state.probe !== null && isHolder(state.probe, asker)) {
    return { pass: true, probe: true, state: { ...state, probe: { ...state.probe, engine: asker.engine } } };
  }
  const look = lookAt(breaker, moment);
  if (look.kind !== "due") return { pass: false, look };
  const { cooldownSeconds, why, signature } = state;
  const probe = { ...asker, worker: null };
  return {
    pass: true,
    probe: true,
    state: { at: "half-open", since: isoTime(moment.nowMs), cooldownSeconds, why, signature, probe },
  };
}

/** True when this holder is the probe. */
export function isProbe(breaker: Breaker | null, holder: BreakerHolder): boolean {
  const state = breaker?.state;
  return state?.at === "half-open" && state.probe !== null && isHolder(state.probe, holder);
}

function isHolder(probe: BreakerProbe, holder: BreakerHolder): boolean {
  return probe.project === holder.project && probe.task === holder.task && probe.step === holder.step;
}

/** One outcome. `key`: the same for the same call, however often it is reported. `atMs`: when the call ended. */
export interface BreakerReport {
  readonly holder: BreakerHolder;
  readonly key: string;
  readonly outcome: BreakerOutcome;
  readonly atMs: number;
}

/** The breaker after an outcome; null when it changes nothing. `random` is in [0, 1). */
export function report(
  breaker: Breaker | null,
  said: BreakerReport,
  at: { readonly nowMs: number; readonly random: number; readonly settings: Settings },
): Pick<Breaker, "state" | "reported"> | null {
  const reported = breaker?.reported ?? [];
  if (reported.includes(said.key)) return null;
  const state = breaker?.state ?? CLOSED;
  const next = afterOutcome(state, isProbe(breaker, said.holder), said, at);
  if (next === state) return null;
  return { state: next, reported: [...reported, said.key].slice(-REMEMBERED) };
}

interface At {
  readonly nowMs: number;
  readonly random: number;
  readonly settings: Settings;
}

/** What was let through before it opened says nothing about the provider now: only the probe counts then. */
function afterOutcome(state: BreakerState, probed: boolean, said: BreakerReport, at: At): BreakerState {
  const { outcome } = said;
  if (state.at === "open") return state;
  if (state.at === "half-open") {
    if (!probed) return state;
    if (outcome.kind === "none") return { ...state, probe: null };
    const again = outcome.kind === "bad" && (outcome.trips || outcome.signature === state.signature);
    if (!again) return { ...CLOSED, since: isoTime(at.nowMs) };
    const doubled = Math.min(state.cooldownSeconds * 2, at.settings.maxCooldownSeconds);
    return opened(at, { seconds: doubled, why: `the probe failed: ${outcome.code}`, signature: outcome.signature });
  }
  if (outcome.kind === "none") return state;
  if (outcome.kind === "good") {
    return state.failures.length === 0 && state.same === null ? state : { ...state, failures: [], same: null };
  }
  return afterFailure(state, outcome, Math.min(said.atMs, at.nowMs), at);
}

function afterFailure(
  state: Extract<BreakerState, { at: "closed" }>,
  outcome: Extract<BreakerOutcome, { kind: "bad" }>,
  failedMs: number,
  at: At,
): BreakerState {
  const { settings } = at;
  const { code, signature, trips } = outcome;
  const since = failedMs - settings.windowSeconds * 1000;
  const recent = state.failures.filter((time) => Date.parse(time) >= since);
  const failures = trips ? [...recent, isoTime(failedMs)] : [];
  const same = { signature, count: state.same?.signature === signature ? state.same.count + 1 : 1 };
  const open = { seconds: Math.min(settings.cooldownSeconds, settings.maxCooldownSeconds), signature };
  if (failures.length >= settings.failures) {
    const why = `${failures.length} failures in a row within ${settings.windowSeconds} s, the last ${code}`;
    return opened(at, { ...open, why });
  }
  if (same.count >= settings.identical) {
    return opened(at, { ...open, why: `the same error ${same.count} times in a row: ${code}` });
  }
  return { ...state, failures, same };
}

/** Open for the cooldown and a jitter on top, so that not everybody tries in the same second. */
function opened(at: At, by: { seconds: number; why: string; signature: string }): BreakerState {
  const { seconds: cooldownSeconds, why, signature } = by;
  const jitterMs = at.random * spreadMs(cooldownSeconds);
  const until = isoTime(Math.round(at.nowMs + cooldownSeconds * 1000 + jitterMs));
  return { at: "open", since: isoTime(at.nowMs), until, cooldownSeconds, why, signature };
}

/** A tenth of the cooldown, at most 30 s: with the default of 5 minutes exactly 30 s. */
function spreadMs(cooldownSeconds: number): number {
  return Math.min(SPREAD_SECONDS, cooldownSeconds / 10) * 1000;
}

/** When a task may start after the breaker closed, Unix ms: each at a moment of its own within the spread, the same whenever it is asked. */
export function staggeredMs(task: string, closedMs: number, settings: Settings): number {
  let hash = 2166136261;
  for (const char of `${task} ${closedMs}`) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 16777619);
  return closedMs + Math.floor(((hash >>> 0) / 2 ** 32) * spreadMs(settings.cooldownSeconds));
}
