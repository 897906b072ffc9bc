import { fstatSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { ExitReason } from "../model/outcome.ts";
import type { AttemptLimits } from "../ports/worker.ts";
import { readStopReason } from "./attempt-files.ts";
import type { ProcessRow } from "./process-table.ts";
import { makeSilenceWatch } from "./silence-watch.ts";
import type { SupervisedCommand } from "./supervised-command.ts";
import { watchUsage } from "./usage-watch.ts";

/** Why an attempt ends, with one sentence of detail for its record. */
export interface Ending {
  readonly reason: ExitReason;
  readonly detail: string;
}

/** Looks come this often: a few microseconds each, so that a flood is seen soon after it starts. */
const PACE_MS = { shortest: 50, longest: 500 };
/** More growth than this part of the limit between two looks means that the next one has to come soon. */
const FAST_GROWTH = 1 / 16;

/** What is watched. */
export interface Watched {
  readonly dir: string;
  readonly command: SupervisedCommand;
  /** Descriptors of the files that the worker writes: stdout, stderr. */
  readonly outputs: readonly number[];
  readonly pid: number;
  /** The worker and all that descends from it; asked every few seconds. */
  readonly look: () => readonly ProcessRow[];
  /** How long the worker has waited for people so far, in ms: its clock stands still meanwhile. */
  readonly waitedMs: () => number;
}

/**
 * Watches a running worker and resolves with the first limit it breaks, or with a stop request that came without its signal.
 * Rejects with the reason of `signal` when that aborts.
 */
export async function watchLimits(watched: Watched, signal: AbortSignal): Promise<Ending> {
  const { dir, command, outputs, pid, look, waitedMs } = watched;
  const { outputBytes } = command.limits;
  const end = timeLimit(command.limits);
  const started = performance.now();
  const silence = makeSilenceWatch({ command, pid, members: look });
  const usage = watchUsage(command, look);
  let bytes = 0;
  for (let pace = PACE_MS.shortest; ; pace = Math.min(pace * 2, PACE_MS.longest)) {
    const now = performance.now() - waitedMs();
    const sizes = sizesOf(outputs);
    const grown = sizes[0] + sizes[1] - bytes;
    bytes += grown;
    const quietLeftMs = silence.leftMs(sizes, now);
    const timeLeftMs = started + end.ms - now;
    const reason = readStopReason(dir);
    if (reason !== null) return stopEnding(reason);
    if (timeLeftMs <= 0) return end.ending;
    if (bytes > outputBytes)
      return { reason: "output-flood", detail: `${bytes} bytes of output, the limit is ${outputBytes}` };
    const used = usage(now, now - started);
    if (used !== null) return used;
    if (quietLeftMs <= 0) {
      return {
        reason: "silent",
        detail: `no sign of life for ${command.limits.silenceMs / 1000} s: ${silence.words()}`,
      };
    }
    if (grown > outputBytes * FAST_GROWTH) pace = PACE_MS.shortest;
    await delay(Math.ceil(Math.min(pace, silence.everyMs, quietLeftMs, timeLeftMs)), undefined, { signal });
  }
}

/** The limit of time that is reached first; of equal ones the budget, then the hard limit, because nothing goes on after those. */
function timeLimit({ softMs, hardMs, budgetMs }: AttemptLimits): { readonly ms: number; readonly ending: Ending } {
  const after = (ms: number): string => `still running after ${ms / 1000} s`;
  const limits: { readonly ms: number; readonly ending: Ending }[] = [
    { ms: hardMs, ending: { reason: "deadline", detail: `${after(hardMs)}, the hard limit` } },
  ];
  if (budgetMs !== undefined) {
    const detail = `BUDGET_MINUTES: ${after(budgetMs)}, all that was left of the task's minutes`;
    limits.unshift({ ms: budgetMs, ending: { reason: "budget", detail } });
  }
  if (softMs !== undefined)
    limits.push({ ms: softMs, ending: { reason: "soft-limit", detail: `${after(softMs)}, the soft limit` } });
  return limits.reduce((first, limit) => (limit.ms < first.ms ? limit : first));
}

/** The ending of a worker that was asked to stop. */
export function stopEnding(reason: ExitReason): Ending {
  return { reason, detail: `a stop was requested with reason ${reason}` };
}

function sizesOf(outputs: readonly number[]): [number, number] {
  const [stdout = 0, stderr = 0] = outputs.map((output) => fstatSync(output).size);
  return [stdout, stderr];
}
