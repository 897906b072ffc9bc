/** Ctrl-C as data: the first one aborts the signal, a second one within a time can be asked for. */
export interface Interrupt {
  readonly signal: AbortSignal;
  /** True when another Ctrl-C comes within `ms`. */
  again(ms: number): Promise<boolean>;
  release(): void;
}

/** Takes SIGINT over for this process until released. */
export function interruptible(): Interrupt {
  const controller = new AbortController();
  let second: (() => void) | null = null;
  let extra = false;
  const onSignal = (): void => {
    if (!controller.signal.aborted) return controller.abort();
    extra = true;
    second?.();
  };
  process.on("SIGINT", onSignal);
  const release = (): void => void process.off("SIGINT", onSignal);
  return {
    signal: controller.signal,
    release,
    async again(ms) {
      await new Promise<void>((resolve) => {
        if (extra) return resolve();
        const timer = setTimeout(resolve, ms);
        second = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      release();
      return extra;
    },
  };
}
