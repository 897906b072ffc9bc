import { fstatSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { ExitReason } from "../model/outcome.ts";
import type { AttemptLimits } from "../ports/worker.ts";
import { readStopReason } from "./attempt-files.ts";
import { lifeSigns } from "./life-signs.ts";
import type { SupervisedCommand } from "./supervised-command.ts";

/** Why an attempt ends, with one sentence of detail for its record. */
export interface Ending {
  readonly reason: ExitReason;
  readonly detail: string;
}

/** Looks come this often: a few microseconds each, so that a flood is seen soon after it starts. */
const PACE_MS = { shortest: 50, longest: 500 };
/** Signs of life cost a walk through folders and the process table and are looked for less often. */
const LIFE_EVERY_MS = 5000;
/** More growth than this part of the limit between two looks means that the next one has to come soon. */
const FAST_GROWTH = 1 / 16;

/** What is watched. */
export interface Watched {
  readonly dir: string;
  readonly command: SupervisedCommand;
  /** Descriptors of the files that the worker writes. */
  readonly outputs: readonly number[];
  /** Called every few seconds, for looks of the caller's own. */
  readonly look: () => void;
}

/**
 * Watches a running worker and resolves with the first limit it breaks, or with a stop request that came without its signal.
 * Rejects with the reason of `signal` when that aborts.
 */
export async function watchLimits({ dir, command, outputs, look }: Watched, signal: AbortSignal): Promise<Ending> {
  const { outputBytes } = command.limits;
  const end = timeLimit(command.limits);
  const started = performance.now();
  const silence = makeSilenceWatch(command, look);
  let bytes = sizeOf(outputs);
  for (let pace = PACE_MS.shortest; ; pace = Math.min(pace * 2, PACE_MS.longest)) {
    const now = performance.now();
    const grown = sizeOf(outputs) - bytes;
    bytes += grown;
    const quietLeftMs = silence.leftMs(bytes, now);
    const timeLeftMs = started + end.ms - now;
    const reason = readStopReason(dir);
    if (reason !== null) return stopEnding(reason);
    if (timeLeftMs <= 0) return end.ending;
    if (bytes > outputBytes)
      return { reason: "output-flood", detail: `${bytes} bytes of output, the limit is ${outputBytes}` };
    if (quietLeftMs <= 0) {
      return {
        reason: "silent",
        detail: `no output and no other sign of life for ${command.limits.silenceMs / 1000} s`,
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

interface SilenceWatch {
  readonly everyMs: number;
  /** Milliseconds left until the worker counts as silent. */
  leftMs(bytes: number, now: number): number;
}

/** A further kind of sign (processor time of the tree, for one) belongs into `signsNow`: any text that changes when there is life. */
function makeSilenceWatch(command: SupervisedCommand, look: () => void): SilenceWatch {
  const { silenceMs } = command.limits;
  const everyMs = Math.min(silenceMs / 4, LIFE_EVERY_MS);
  const signsNow = (): string => lifeSigns(command.signsOfLife);
  let last = { bytes: -1, signs: signsNow(), aliveAt: performance.now(), lookedAt: performance.now() };
  return {
    everyMs,
    leftMs(bytes, now) {
      if (bytes !== last.bytes) last = { ...last, bytes, aliveAt: now };
      const quiet = now - last.aliveAt >= silenceMs;
      if (quiet || now - last.lookedAt >= everyMs) {
        look();
        const signs = signsNow();
        last = { ...last, signs, lookedAt: now, aliveAt: signs === last.signs ? last.aliveAt : now };
      }
      return last.aliveAt + silenceMs - now;
    },
  };
}

function sizeOf(outputs: readonly number[]): number {
  return outputs.reduce((sum, output) => sum + fstatSync(output).size, 0);
}
