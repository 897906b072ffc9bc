import { outcomeOfAttempt } from "../decide/failures/breaker-outcome.ts";
import type { BreakerHolder, BreakerLook } from "../model/breaker.ts";
import type { AttemptOutcome } from "../model/outcome.ts";
import type { ProcessIdentity } from "../model/lease.ts";
import { bindProbe, leaveProbe, lookAtBreaker, passBreaker, reportStep } from "./breakers.ts";
import type { EffectContext, EngineDeps } from "./deps.ts";
import { accountOf, releaseSlot, takeSlot } from "./slot.ts";

/** Time between two questions whether the breaker lets an attempt through, in ms. */
const PASS_POLL_MS = 500;

/** Waits for a worker slot and for the breaker of the account, and has both then. Throws when it is not wanted any more, and holds none. */
export async function takeTurn(context: EffectContext, attempt: number): Promise<void> {
  const { deps, signal } = context;
  for (;;) {
    await takeSlot(context);
    if (await passBreaker(deps, await accountOf(context), holderOf(context, attempt))) return;
    await releaseSlot(context);
    await deps.clock.sleep(PASS_POLL_MS, signal);
    signal.throwIfAborted();
  }
}

/** Names the process that works in the turn, so that a probe outlives this engine. */
export async function bindTurn(context: EffectContext, attempt: number, worker: ProcessIdentity): Promise<void> {
  await bindProbe(context.deps, await accountOf(context), holderOf(context, attempt), worker);
}

/** Gives back what a turn that came to nothing may hold; none is fine. */
export async function leaveTurn(context: EffectContext, attempt: number): Promise<void> {
  await releaseSlot(context);
  await leavePlace(context, attempt);
}

/** Gives back the place of a probe alone: by the end of an attempt the slot may be that of the next one. */
export async function leavePlace(context: EffectContext, attempt: number): Promise<void> {
  await leaveProbe(context.deps, await accountOf(context), holderOf(context, attempt));
}

/** Tells the breaker how an attempt ended; the same attempt told again after a crash counts once. */
export async function reportAttempt(context: EffectContext, attempt: number, outcome: AttemptOutcome): Promise<void> {
  const { deps, config, task } = context;
  const { endedAt } = outcome.exit;
  await reportStep({ ...deps, settings: config.breaker }, await accountOf(context), holderOf(context, attempt), {
    key: `${deps.project} ${task.id} ${attempt} ${endedAt}`,
    outcome: outcomeOfAttempt(outcome),
    atMs: Date.parse(endedAt),
  });
}

function holderOf({ deps, task }: EffectContext, attempt: number): BreakerHolder {
  return { project: deps.project, task: task.id, step: `attempt ${attempt}` };
}

/** How the breaker of the workers' account looks; closed where no breaker has anything to say, which takes no look at the worker. */
export async function lookAtWorkers(deps: EngineDeps): Promise<BreakerLook> {
  const all = await deps.breakers.list();
  const isQuiet = all.every(({ breaker: { state } }) => state.at === "closed" && state.since === null);
  if (isQuiet) return { kind: "closed", closedMs: null };
  const ready = await deps.worker.readiness();
  return ready.ok ? lookAtBreaker(deps, ready.value.account) : { kind: "closed", closedMs: null };
}
