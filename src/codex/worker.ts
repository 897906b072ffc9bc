import { succeed } from "../kernel/result.ts";
import type { Worker } from "../ports/worker.ts";
import { hasExit, readClaim, readLaunched, supervisorOf } from "../process/attempt-files.ts";
import { launchSupervised } from "../process/launch.ts";
import { stopSupervised, watchExit } from "../process/watch.ts";
import { prepareAttempt } from "./attempt-start.ts";
import { collectAttempt } from "./collect.ts";
import type { CodexHost } from "./host.ts";
import { readProgress } from "./progress.ts";
import { readinessOf, readStartContext } from "./readiness.ts";
import { sweepShadowHomes } from "./shadow-home.ts";

/** Workers that are `codex exec` processes on this machine, each under a supervisor of its own. */
export function createCodexWorker(host: CodexHost): Worker {
  const startContext = recent(() => readStartContext(host));
  return {
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
      await launchSupervised(order.dir, await prepareAttempt(context.value, order));
    },
    holder: (dir) => supervisorOf(dir) ?? readLaunched(dir),
    watch: watchExit,
    collect: (order, exit) => collectAttempt(host, order, exit),
    progress: readProgress,
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
