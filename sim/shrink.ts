import type { Invariant } from "./invariants.ts";
import type { WorldOptions } from "./make-world.ts";
import { partsOf, type Plan, without } from "./plan.ts";
import { runWorld, type WorldResult } from "./run-world.ts";

/** A smaller world that violates the same invariant. `dropped`: what was left out of the plan of its seed. */
export interface Shrunk {
  readonly dropped: ReadonlySet<string>;
  readonly result: WorldResult;
}

/** Worlds that are tried at most to make one smaller. */
const MOST_TRIES = 120;

/**
 * Leaves out tasks, faults and acts as long as the same invariant is violated: large parts first, then smaller ones. Everything that
 * depends on chance has a stream of its own by name, so that what is left goes on as before.
 */
export async function shrink(
  plan: Plan,
  invariant: Invariant,
  found: WorldResult,
  options: WorldOptions,
): Promise<Shrunk> {
  let best: Shrunk = { dropped: new Set(), result: found };
  let tries = 0;
  let size = Math.ceil(partsOf(plan).length / 2);
  while (size >= 1) {
    let smaller = false;
    const left = partsOf(without(plan, best.dropped));
    for (let at = 0; at < left.length && tries < MOST_TRIES; at += size) {
      const dropped = new Set([...best.dropped, ...left.slice(at, at + size)]);
      const candidate = without(plan, dropped);
      if (candidate.tasks.length === 0) continue;
      tries += 1;
      const result = await runWorld(candidate, { ...options, stopAt: invariant });
      if (!result.findings.some((finding) => finding.invariant === invariant)) continue;
      best = { dropped, result };
      smaller = true;
    }
    if (!smaller || tries >= MOST_TRIES) size = tries >= MOST_TRIES ? 0 : Math.floor(size / 2);
  }
  return best;
}
