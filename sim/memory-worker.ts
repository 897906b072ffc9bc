import { succeed } from "../src/kernel/result.ts";
import type { ExitRecord } from "../src/model/outcome.ts";
import type { Worker } from "../src/ports/worker.ts";
import { judge } from "./worker-stories.ts";
import type { AttemptFolder, WorkerYard } from "./worker-yard.ts";

/** The one credit account of the simulated user. */
export const ACCOUNT = "simulated";

/** A folder that nobody launched a supervisor for is given up after this time, in ms. */
const UNCLAIMED_MS = 5000;

/**
 * The in-memory twin of the Codex worker as one engine sees it. `isGone`: true when that engine is dead; a launch that it was in the
 * middle of leaves a supervisor that nobody has noted.
 */
export function openMemoryWorker(yard: WorkerYard, isGone: () => boolean): Worker {
  const { clock, machine, random } = yard.deps;
  return {
    readiness: async () =>
      succeed({
        path: "/bin/worker",
        version: "0.0.0",
        account: ACCOUNT,
        confinement: "simulated",
        login: "simulated",
      }),
    async launch(order) {
      const folder = yard.folder(order.dir);
      if (folder.exit !== null || folder.claim !== "none") return;
      folder.order = order;
      const supervisor = yard.spawn(folder);
      await clock.sleep(random.int(0, 50));
      if (!isGone()) folder.launched = supervisor;
    },
    holder(dir) {
      const { claim, launched } = yard.folder(dir);
      return typeof claim === "string" ? launched : claim;
    },
    async watch(dir, signal) {
      const folder = yard.folder(dir);
      const since = clock.elapsed();
      for (;;) {
        signal.throwIfAborted();
        const isAbandoned = abandoned(folder, clock.elapsed() - since);
        const exit: ExitRecord | null = folder.exit;
        if (exit !== null) return exit;
        if (isAbandoned) yard.giveUp(folder);
        else await nextChange(folder, signal);
      }
    },
    async collect(order, exit) {
      const { told, usage, resetsAt } = yard.folder(order.dir);
      return judge({ order, exit, told, usage, resetsAt });
    },
    async stop(dir, reason) {
      const folder = yard.folder(dir);
      if (folder.exit !== null) return;
      folder.stop ??= reason;
      yard.signal(folder);
    },
  };

  /** True when nobody is left who would write the exit record. */
  function abandoned(folder: AttemptFolder, watchedMs: number): boolean {
    const { claim, launched } = folder;
    if (claim === "nobody") return true;
    if (claim !== "none") return !machine.isAlive(claim);
    return launched === null ? watchedMs >= UNCLAIMED_MS : !machine.isAlive(launched);
  }

  function nextChange(folder: AttemptFolder, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const unclaimed = folder.claim === "none" ? clock.after(UNCLAIMED_MS, () => done()) : null;
      const done = (): void => {
        unclaimed?.();
        folder.watchers.delete(done);
        signal.removeEventListener("abort", done);
        resolve();
      };
      folder.watchers.add(done);
      signal.addEventListener("abort", done);
    });
  }
}
