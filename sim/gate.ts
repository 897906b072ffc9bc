/** Thrown where a crash stops the engine in the middle of its own code. It never gets further than the next port. */
export class EngineCrashed extends Error {
  constructor() {
    super("the simulated engine was killed");
    this.name = "EngineCrashed";
  }
}

/** What stands between one engine and everything outside it. Once the engine is gone nothing gets through, in either direction. */
export interface Gate {
  readonly isGone: () => boolean;
  /** Lets a call through; it never ends for an engine that is gone. */
  readonly call: <T>(work: () => Promise<T>) => Promise<T>;
}

/** `delayMs`: how long the next call takes before and after its effect; asked for every call. */
export interface GateDeps {
  readonly isGone: () => boolean;
  delayMs(): number;
  sleep(ms: number): Promise<void>;
}

/** A gate for one engine. A crash may fall before an effect, after it, or at any other moment of a slow call. */
export function makeGate(deps: GateDeps): Gate {
  const pause = async (): Promise<void> => {
    const ms = deps.delayMs();
    if (ms > 0) await deps.sleep(ms);
    if (deps.isGone()) await never();
  };
  return {
    isGone: deps.isGone,
    async call(work) {
      await pause();
      // The crash may have come since the pause ended: nothing of a dead engine takes effect.
      if (deps.isGone()) return never();
      try {
        return await work();
      } finally {
        await pause();
      }
    },
  };
}

/** What a dead process waits for. */
export function never(): Promise<never> {
  return new Promise(() => undefined);
}
