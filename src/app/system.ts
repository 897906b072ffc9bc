import { setTimeout as sleep } from "node:timers/promises";
import { makeUlid } from "../kernel/ids.ts";
import type { Clock } from "../ports/clock.ts";
import type { Ids } from "../ports/ids.ts";

/** The machine's clock. */
export function systemClock(): Clock {
  return {
    now: () => Date.now(),
    async sleep(ms, signal) {
      try {
        await sleep(Math.min(ms, MAX_TIMER_MS), undefined, signal === undefined ? {} : { signal });
      } catch (error) {
        if (!(error instanceof Error && error.name === "AbortError")) throw error;
      }
    },
  };
}

/** Timers of Node overflow beyond 2^31 - 1 ms and fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** ULIDs from the machine's clock and randomness. */
export function systemIds(): Ids {
  return { next: () => makeUlid(Date.now(), Math.random) };
}
