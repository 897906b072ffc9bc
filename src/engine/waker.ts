import type { Clock } from "../ports/clock.ts";

/** Sleeps until a time or until woken; a wake that comes while nobody sleeps is not lost. */
export interface Waker {
  wake(): void;
  /** `untilMs`: Unix ms. */
  sleepUntil(untilMs: number): Promise<void>;
}

/** A waker on the given clock. */
export function createWaker(clock: Clock): Waker {
  let pending = false;
  let sleeper: AbortController | null = null;
  return {
    wake() {
      pending = true;
      sleeper?.abort();
    },
    async sleepUntil(untilMs) {
      if (!pending) {
        sleeper = new AbortController();
        await clock.sleep(Math.max(0, untilMs - clock.now()), sleeper.signal);
        sleeper = null;
      }
      pending = false;
    },
  };
}
