import { describeThrown } from "../kernel/errors.ts";
import type { ProcessIdentity } from "../model/lease.ts";
import type { ExitRecord } from "../model/outcome.ts";
import { attemptMarker, readStopReason, rewriteClaim, type SupervisorRecord } from "./attempt-files.ts";
import { ALL_STEPS, collectTree, endTree, LEFTOVER_STEPS, type Tree } from "./kill-tree.ts";
import { stopEnding, watchLimits, type Ending } from "./limit-watch.ts";
import { identityOf } from "./process-identity.ts";
import type { ProcessRow } from "./process-table.ts";
import type { SupervisedCommand } from "./supervised-command.ts";
import type { StartedWorker, StartWorker } from "./worker-process.ts";

/**
 * Runs the worker of a claimed folder to its end and returns the record of it, with nothing of its tree left running.
 * `stopped` resolves when this process was asked to stop.
 */
export async function supervise(
  { dir, claim, start }: { readonly dir: string; readonly claim: SupervisorRecord; readonly start: StartWorker },
  command: SupervisedCommand | string,
  stopped: Promise<void>,
): Promise<ExitRecord> {
  // A request that came before the claim found nobody to signal.
  const early = readStopReason(dir);
  if (early !== null) return exitRecord(claim, stopEnding(early));
  if (typeof command === "string") return exitRecord(claim, { reason: "spawn-failed", detail: command });
  const worker = await start(command, attemptMarker(dir), dir);
  if (typeof worker === "string") return exitRecord(claim, { reason: "spawn-failed", detail: worker });
  const identity = identityOf(worker.pid);
  const tree: Tree = { roots: identity === null ? [] : [identity], session: worker.pid, marker: attemptMarker(dir) };
  const { ending, survivors } = await endingOf({ dir, claim, command, worker, identity, tree, stopped });
  const hangs = survivors.some((survivor) => survivor.pid === worker.pid);
  const { code, signal } = hangs ? { code: null, signal: null } : await worker.exit;
  const left = survivors.length === 0 ? "" : `; could not be ended: ${survivors.map(({ pid }) => pid).join(", ")}`;
  const record = exitRecord(claim, { ...ending, detail: ending.detail + left }, { code, signal });
  const waitedMs = Math.round(worker.waitedMs?.() ?? 0);
  return waitedMs === 0 ? record : { ...record, waitedMs };
}

interface Supervised {
  readonly dir: string;
  readonly claim: SupervisorRecord;
  readonly command: SupervisedCommand;
  readonly worker: StartedWorker;
  readonly identity: ProcessIdentity | null;
  readonly tree: Tree;
  readonly stopped: Promise<void>;
}

/** Waits for the first reason to end and ends the tree. A fault of the supervisor itself ends the worker too: nobody would watch it. */
async function endingOf(it: Supervised): Promise<{ ending: Ending; survivors: readonly ProcessIdentity[] }> {
  const { dir, claim, command, worker, identity } = it;
  const graceMs = command.limits.killGraceMs;
  const watch = new AbortController();
  // Who descends from the worker is noted while the links are there: an orphan in a session of its own that dropped its
  // environment cannot be found any more.
  let known: readonly ProcessRow[] = [];
  const look = (): readonly ProcessRow[] => {
    known = collectTree({ ...it.tree, marker: null }, known);
    return known;
  };
  try {
    rewriteClaim(dir, {
      ...claim,
      workerPid: worker.pid,
      workerStartTime: identity?.startTime ?? null,
      pgid: worker.pid,
    });
    const byItself = worker.exit.then(({ code, signal }) => ({
      ...describeExit(code, signal),
      signals: LEFTOVER_STEPS,
    }));
    const asked = it.stopped.then(() => ({ ...stopEnding(readStopReason(dir) ?? "cancelled"), signals: ALL_STEPS }));
    const broken = watchLimits(
      { dir, command, outputs: worker.outputs, pid: worker.pid, look, waitedMs: () => worker.waitedMs?.() ?? 0 },
      watch.signal,
    ).then((ending) => ({
      ...ending,
      signals: ALL_STEPS,
    }));
    const { signals, ...ending } = await Promise.race([byItself, asked, broken]);
    watch.abort();
    if (signals === ALL_STEPS) await worker.settle?.();
    return { ending, survivors: await endTree(it.tree, { signals, graceMs }, known) };
  } catch (error) {
    const survivors = await endTree(it.tree, { signals: ["SIGKILL"], graceMs }, known);
    return { ending: { reason: "lost", detail: `the supervisor failed: ${describeThrown(error)}` }, survivors };
  }
}

function describeExit(code: number | null, signal: string | null): Ending {
  if (signal !== null) return { reason: "signal", detail: `ended by ${signal} from outside` };
  return { reason: code === 0 ? "completed" : "exit-code", detail: `ended by itself with exit code ${code}` };
}

function exitRecord(
  claim: SupervisorRecord,
  { reason, detail }: Ending,
  { code, signal }: { code: number | null; signal: string | null } = { code: null, signal: null },
): ExitRecord {
  return { v: 1, reason, code, signal, detail, startedAt: claim.startedAt, endedAt: new Date().toISOString() };
}
