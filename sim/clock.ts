import type { Clock } from "../src/ports/clock.ts";
import { makeTimers, type Timer } from "./timers.ts";

/** 2026-01-01T00:00:00Z: what the clock of every simulated machine shows at first. */
export const START_MS = Date.UTC(2026, 0, 1);

/**
 * Time that passes only when nothing else can happen. `now` is the wall clock and may jump; sleeping and `after` count the time
 * that really passes, as the timers of a machine do.
 */
export interface VirtualClock extends Clock {
  /** Milliseconds that have passed since the start. */
  elapsed(): number;
  /** Does the work after some time; the returned function cancels it. */
  after(ms: number, work: () => void): () => void;
  /** Moves the wall clock, forward or back. */
  jump(ms: number): void;
  /** Lets time pass to the next piece of work and does it; false when there is none. */
  step(): boolean;
}

/** A clock at its start. */
export function makeClock(): VirtualClock {
  const timers = makeTimers();
  let passedMs = 0;
  let jumpedMs = 0;

  const after = (ms: number, work: () => void): Timer => timers.add(passedMs + Math.max(0, ms), work);

  return {
    now: () => START_MS + Math.floor(passedMs) + jumpedMs,
    elapsed: () => passedMs,
    jump: (ms) => {
      jumpedMs += ms;
    },
    after(ms, work) {
      const timer = after(ms, work);
      return () => {
        timer.work = null;
      };
    },
    sleep(ms, signal) {
      if (signal?.aborted === true) return Promise.resolve();
      return new Promise((resolve) => {
        const end = (): void => {
          timer.work = null;
          signal?.removeEventListener("abort", end);
          resolve();
        };
        const timer = after(ms, end);
        signal?.addEventListener("abort", end);
      });
    },
    step() {
      const timer = timers.takeNext();
      if (timer === null) return false;
      passedMs = timer.atMs;
      timer.work?.();
      return true;
    },
  };
}

/**
 * Resolves when every promise that can go on has gone on. Nothing in a simulation waits for the system, so all of it runs in
 * microtasks, and those are used up before an immediate gets its turn.
 */
export function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
