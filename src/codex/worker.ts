import { succeed } from "../kernel/result.ts";
import type { Worker } from "../ports/worker.ts";
import { hasExit, readClaim, readLaunched, supervisorOf } from "../process/attempt-files.ts";
import { launchSupervised, type WarmSupervisor, warmSupervisor } from "../process/launch.ts";
import { stopSupervised, watchExit } from "../process/watch.ts";
import { liveWorker } from "./attached/live.ts";
import { prepareAttempt } from "./attempt-start.ts";
import { changedFile, collectCloud, isCloudFolder } from "./cloud/collect.ts";
import { prepareCloud } from "./cloud/prepare.ts";
import { collectAttempt } from "./outcome/collect.ts";
import { workerVariables } from "./confinement/environment.ts";
import type { CodexHost } from "./installed/host.ts";
import { readProgress } from "./session/progress.ts";
import { readinessOf, readStartContext } from "./installed/readiness.ts";
import { followSteps } from "./session/steps.ts";
import { readAccount } from "./account/account-read.ts";
import { followAccounts } from "./account/account-follow.ts";
import { sweepShadowHomes } from "./confinement/shadow-home.ts";

/** Workers that are `codex exec` processes on this machine, each under a supervisor of its own. */
export function createCodexWorker(host: CodexHost): Worker {
  const startContext = recent(() => readStartContext(host));
  const warm = new Map<string, WarmSupervisor>();
  return {
    live: liveWorker,
    readiness: recent(async () => {
      const context = await startContext();
      if (!context.ok) return context;
      await sweepShadowHomes(host);
      return succeed(readinessOf(context.value));
    }),
    launch: async (order) => {
      if (hasExit(order.dir) || readClaim(order.dir) !== "none") return;
      const context = await startContext();
      if (!context.ok) throw context.error;
      const { cloud } = order;
      const command = await (cloud === undefined
        ? prepareAttempt(context.value, order)
        : prepareCloud(context.value, { ...order, cloud }));
      const waiting = warm.get(order.dir);
      warm.delete(order.dir);
      if (command.talk === undefined) return launchSupervised(order.dir, command, waiting);
      // The one that waits is of the other kind.
      waiting?.begin([]);
      await launchSupervised(order.dir, command);
    },
    warm: async (dir) => {
      try {
        const context = await startContext();
        if (!context.ok || warm.has(dir) || hasExit(dir) || readClaim(dir) !== "none") return;
        const supervisor = warmSupervisor(dir, workerVariables(host.env, context.value.user.keyNames));
        if (supervisor !== null) warm.set(dir, supervisor);
      } catch (error) {
        // What is wrong here is still wrong at the launch, which says so.
        if (!(error instanceof Error)) throw error;
      }
    },
    holder: (dir) => supervisorOf(dir) ?? readLaunched(dir),
    watch: watchExit,
    collect: async (order, exit) =>
      isCloudFolder(order.dir) ? collectCloud(order, exit) : collectAttempt(host, order, exit),
    change: async (dir) => changedFile(dir),
    progress: readProgress,
    steps: followSteps(),
    heard: followAccounts(host),
    askWindows: async (limitMs) => {
      const context = await startContext();
      return context.ok ? readAccount(context.value, limitMs) : { kind: "failed", why: context.error.message };
    },
    stop: stopSupervised,
  };
}

/** What is installed is asked for several times around an attempt; an answer may be this old, in ms. */
const FRESH_MS = 1000;

/** Asks again only when the last answer is old; a failure to ask is not remembered. */
function recent<T>(ask: () => Promise<T>): () => Promise<T> {
  let known: { readonly at: number; readonly answer: Promise<T> } | null = null;
  return () => {
    if (known !== null && performance.now() - known.at < FRESH_MS) return known.answer;
    const answer = ask();
    known = { at: performance.now(), answer };
    answer.catch(() => {
      known = null;
    });
    return answer;
  };
}
