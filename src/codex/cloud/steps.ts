import { setTimeout as delay } from "node:timers/promises";
import { callCloud, type CloudCalled, takeErrorLog } from "./call.ts";
import type { CloudFiles, CloudJob } from "./files.ts";
import { type Trouble, troubleOf } from "./trouble.ts";

/** What all steps of a bridge share. */
export interface Bridge {
  readonly job: CloudJob;
  readonly files: CloudFiles;
  /** Says what happens, for `cco logs`. */
  readonly say: (text: string) => void;
}

/** Calls one after the other that failed in ways that pass; a few minutes with the default pace. */
const MOST_TROUBLE = 8;

/** A wait grows to at most this many times the shortest one. */
const LONGEST_WAIT = 6;

/** Shortest and longest time that one call may take, in ms; between them it follows the pace. */
const CALL_MS = { least: 5000, most: 60_000 };

/** The n-th wait (from 0) of a series that grows by `factor`, in ms. */
export function waitMs(pollMs: number, n: number, factor: number): number {
  return Math.round(pollMs * Math.min(LONGEST_WAIT, factor ** n));
}

/** Calls `codex cloud` once. */
export async function once(
  { job, files }: Bridge,
  args: readonly string[],
  more: { readonly stdout?: string; readonly stdin?: string } = {},
): Promise<CloudCalled & { readonly log: string }> {
  const limitMs = Math.min(CALL_MS.most, Math.max(CALL_MS.least, job.pollMs * LONGEST_WAIT));
  const called = await callCloud({ codex: job.codex, args, folder: files.folder, limitMs, ...more });
  return { ...called, log: takeErrorLog(files.folder) };
}

/** The answer to a call, or what was wrong with the last try. */
export type Insisted<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly trouble: Trouble };

/**
 * Calls again while the trouble is of a kind that passes, up to a number of times in a row. `read`: the answer in what the call
 * left, null where it holds none. `patience`: further codes that may pass, with how often.
 */
export async function insist<T>(
  bridge: Bridge,
  what: string,
  call: {
    readonly ask: () => Promise<CloudCalled>;
    readonly read: (called: CloudCalled) => T | null;
    readonly patience?: Readonly<Partial<Record<Trouble["code"], number>>>;
  },
): Promise<Insisted<T>> {
  for (let failed = 1; ; failed += 1) {
    const called = await call.ask();
    const value = call.read(called);
    if (value !== null) return { ok: true, value };
    const trouble = troubleOf(what, called, Date.now());
    const most = call.patience?.[trouble.code] ?? (trouble.passes ? MOST_TROUBLE : 1);
    if (failed >= most) return { ok: false, trouble };
    const ms = waitMs(bridge.job.pollMs, failed - 1, 2);
    bridge.say(`${trouble.code}: ${trouble.message}; asks again in ${ms / 1000} s`);
    await delay(ms);
  }
}
