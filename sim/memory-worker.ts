import { isoTime } from "../src/kernel/durations.ts";
import { succeed } from "../src/kernel/result.ts";
import type { ExitRecord } from "../src/model/outcome.ts";
import type { WindowsReport } from "../src/model/window.ts";
import type { Worker } from "../src/ports/worker.ts";
import { memoryLive } from "./memory-live.ts";
import { judge } from "./worker-stories.ts";
import { type AttemptFolder, askToEnd, folderOf, giveUp, spawnSupervisor, type WorkerYard } from "./worker-yard.ts";

/** The one credit account of the simulated user. */
const ACCOUNT = "simulated";

/** A folder that nobody launched a supervisor for is given up after this time, in ms. */
const UNCLAIMED_MS = 5000;

/**
 * The in-memory twin of the Codex worker as one engine sees it. `isGone`: true when that engine is dead; a launch that it was in the
 * middle of leaves a supervisor that nobody has noted.
 */
export function openMemoryWorker(yard: WorkerYard, isGone: () => boolean): Worker {
  const { clock, random } = yard.deps;
  return {
    live: memoryLive(yard),
    readiness: async () =>
      succeed({
        path: "/bin/worker",
        version: "0.0.0",
        account: ACCOUNT,
        confinement: "simulated",
        login: "simulated",
      }),
    async launch(order) {
      const folder = folderOf(yard, order.dir);
      if (folder.exit !== null || folder.claim !== "none") return;
      folder.order = order;
      const supervisor = spawnSupervisor(yard, folder);
      await clock.sleep(random.int(0, 50));
      if (!isGone()) folder.launched = supervisor;
    },
    holder(dir) {
      const { claim, launched } = folderOf(yard, dir);
      return typeof claim === "string" ? launched : claim;
    },
    watch: (dir, signal) => watchFolder(yard, folderOf(yard, dir), signal),
    async collect(order, exit) {
      const { told, usage, resetsAt } = folderOf(yard, order.dir);
      return judge({ order, exit, told, usage, resetsAt });
    },
    change: async (dir) => (yard.deps.hasChange(dir) ? dir : null),
    progress: async () => ({ messages: [], plan: [], failed: [], underWay: null }),
    async steps(dir) {
      const { starts, exit } = folderOf(yard, dir);
      const steps = [
        { n: 1, of: 2, text: "edit" },
        { n: 2, of: 2, text: "check" },
      ];
      return starts === 0 ? [] : steps.slice(0, exit === null ? 1 : 2);
    },
    async heard(dir) {
      const { starts, usage } = folderOf(yard, dir);
      const report = windowsAt(clock.now());
      return starts === 0 ? null : { account: ACCOUNT, tokens: usage.inputTokens + usage.outputTokens, report };
    },
    async askWindows(limitMs) {
      await clock.sleep(random.int(0, limitMs));
      return random.chance(0.2)
        ? { kind: "failed", why: "no answer" }
        : { kind: "read", account: ACCOUNT, report: windowsAt(clock.now()) };
    },
    async stop(dir, reason) {
      const folder = folderOf(yard, dir);
      if (folder.exit !== null) return;
      folder.stop ??= reason;
      askToEnd(yard, folder);
    },
  };
}

/** Length of the simulated window, in ms, and how far it fills until it resets, in percent: never so far that anything waits. */
const WINDOW_MS = 300_000;
const FULLEST_PERCENT = 60;

function windowsAt(nowMs: number): WindowsReport {
  const begunMs = Math.floor(nowMs / WINDOW_MS) * WINDOW_MS;
  const usedPercent = ((nowMs - begunMs) / WINDOW_MS) * FULLEST_PERCENT;
  const primary = { usedPercent, windowMinutes: WINDOW_MS / 60_000, resetsAt: isoTime(begunMs + WINDOW_MS) };
  return { at: isoTime(nowMs), primary, secondary: null };
}

async function watchFolder(yard: WorkerYard, folder: AttemptFolder, signal: AbortSignal): Promise<ExitRecord> {
  const { clock } = yard.deps;
  const since = clock.elapsed();
  for (;;) {
    signal.throwIfAborted();
    if (folder.exit !== null) return folder.exit;
    if (isAbandoned(yard, folder, clock.elapsed() - since)) giveUp(yard, folder);
    else await nextChange(yard, folder, signal);
  }
}

/** True when nobody is left who would write the exit record. */
function isAbandoned({ deps }: WorkerYard, { claim, launched }: AttemptFolder, watchedMs: number): boolean {
  if (claim === "nobody") return true;
  if (claim !== "none") return !deps.machine.isAlive(claim);
  return launched === null ? watchedMs >= UNCLAIMED_MS : !deps.machine.isAlive(launched);
}

/** Resolves when the folder has changed, when an unclaimed one has been watched long enough, or when the signal aborts. */
function nextChange({ deps }: WorkerYard, folder: AttemptFolder, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      cancel?.();
      folder.watchers.delete(done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const cancel = folder.claim === "none" ? deps.clock.after(UNCLAIMED_MS, done) : null;
    folder.watchers.add(done);
    signal.addEventListener("abort", done);
  });
}
