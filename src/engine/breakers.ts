import { isoTime } from "../kernel/durations.ts";
import { CLOSED, enter, isProbe, lookAt, report } from "../decide/failures/breaker.ts";
import type { BreakerHolder, BreakerLook, BreakerOutcome } from "../model/breaker.ts";
import type { Config } from "../model/config.ts";
import type { ProcessIdentity } from "../model/lease.ts";
import type { Breakers } from "../ports/breakers.ts";
import type { Clock } from "../ports/clock.ts";

/** What working with a breaker takes. */
export interface BreakerDeps {
  readonly breakers: Breakers;
  readonly clock: Clock;
  /** Numbers in [0, 1). */
  readonly random: () => number;
}

/** How a breaker looks now. */
export async function lookAtBreaker({ breakers, clock }: BreakerDeps, name: string): Promise<BreakerLook> {
  return lookAt(await breakers.read(name), momentOf(breakers, clock));
}

/** Whether this step may start now; takes the probe when it is due. A holder that asks again gets the same answer. */
export async function passBreaker(deps: BreakerDeps, name: string, holder: BreakerHolder): Promise<boolean> {
  const { breakers, clock } = deps;
  let passes = false;
  await breakers.update(name, (breaker) => {
    const asker = { ...holder, engine: breakers.identity.self() };
    const entry = enter(breaker, asker, momentOf(breakers, clock));
    passes = entry.pass;
    return entry.pass && entry.state !== null ? { state: entry.state, reported: breaker?.reported ?? [] } : null;
  });
  return passes;
}

/** Names the process that works for the holder, so that its probe outlives this engine; nothing for one that is no probe. */
export async function bindProbe(
  { breakers }: BreakerDeps,
  name: string,
  holder: BreakerHolder,
  worker: ProcessIdentity,
): Promise<void> {
  await breakers.update(name, (breaker) => {
    if (breaker?.state.at !== "half-open" || breaker.state.probe === null || !isProbe(breaker, holder)) return null;
    return { ...breaker, state: { ...breaker.state, probe: { ...breaker.state.probe, worker } } };
  });
}

/** Gives a probe back that came to nothing; none is fine. */
export async function leaveProbe({ breakers }: BreakerDeps, name: string, holder: BreakerHolder): Promise<void> {
  await breakers.update(name, (breaker) => {
    if (breaker?.state.at !== "half-open" || !isProbe(breaker, holder)) return null;
    return { ...breaker, state: { ...breaker.state, probe: null } };
  });
}

/** How a step ended. `key`: the same for the same step, however often a crash makes it be reported; `atMs`: when it ended. */
export interface StepEnd {
  readonly key: string;
  readonly outcome: BreakerOutcome;
  readonly atMs: number;
}

/** Takes in how a step ended, once per key. */
export async function reportStep(
  deps: BreakerDeps & { readonly settings: Config["breaker"] },
  name: string,
  holder: BreakerHolder,
  end: StepEnd,
): Promise<void> {
  const { breakers, clock, random, settings } = deps;
  const at = { nowMs: clock.now(), random: random(), settings };
  await breakers.update(name, (breaker) => report(breaker, { holder, ...end }, at));
}

/** Closes a breaker by hand and forgets what it counted; false when there is none of this name. */
export async function resetBreaker(breakers: Breakers, name: string, nowMs: number): Promise<boolean> {
  const since = isoTime(nowMs);
  const after = await breakers.update(name, (breaker) =>
    breaker === null ? null : { ...breaker, state: { ...CLOSED, since } },
  );
  return after !== null;
}

function momentOf({ identity }: Breakers, clock: Clock) {
  return {
    nowMs: clock.now(),
    isFree: (probe: { readonly engine: ProcessIdentity; readonly worker: ProcessIdentity | null }) =>
      !identity.isAlive(probe.engine) && (probe.worker === null || !identity.isAlive(probe.worker)),
  };
}
