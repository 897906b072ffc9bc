import { lifeSigns } from "./life-signs.ts";
import { readFrom, readOwnRecord, type RecordState } from "./own-record.ts";
import { processorMs, type ProcessRow } from "./process-table.ts";
import type { SupervisedCommand } from "./supervised-command.ts";

/** Signs of life cost a walk through folders and the process table and are looked for less often than limits. */
const LIFE_EVERY_MS = 5000;
/** More new output than this between two looks is never only noise, and is not read. */
const MOST_NOISE_BYTES = 64 * 1024;

/** What is watched. `members`: the worker and all that descends from it, as they are now. */
export interface Quiet {
  readonly command: SupervisedCommand;
  readonly pid: number;
  readonly members: () => readonly ProcessRow[];
}

export interface SilenceWatch {
  readonly everyMs: number;
  /** Milliseconds left until the worker counts as silent. `sizes`: of stdout and stderr. */
  leftMs(sizes: Sizes, now: number): number;
  /** What the last look saw, in one sentence for the record. */
  words(): string;
}

type Sizes = readonly [stdout: number, stderr: number];

/** One look at a worker. */
interface Look {
  /** Text that changes when something is written where the worker works. */
  readonly signs: string;
  readonly record: RecordState | null;
  /** Commands that the worker runs: each has a session of its own, unlike its helper programs. */
  readonly commands: number;
  readonly cpuMs: number;
}

/**
 * Watches for silence. A worker lives while it prints something of substance, while its work tree or its own record grows, and
 * while it waits for a command that is alive, however quiet that is. A command that was left running in the background does not
 * count: nobody waits for it.
 */
export function makeSilenceWatch(quiet: Quiet): SilenceWatch {
  const { silenceMs } = quiet.command.limits;
  const everyMs = Math.min(silenceMs / 4, LIFE_EVERY_MS);
  const start = lookAt(quiet);
  let sizes: Sizes = [0, 0];
  let look = start;
  let atLife = { at: performance.now(), cpuMs: start.cpuMs };
  let lookedAt = performance.now();
  return {
    everyMs,
    leftMs(now, at) {
      if (spoke(quiet.command, sizes, now)) atLife = { at, cpuMs: look.cpuMs };
      sizes = now;
      if (at - atLife.at >= silenceMs || at - lookedAt >= everyMs) {
        const seen = lookAt(quiet);
        if (isLife(look, seen)) atLife = { at, cpuMs: seen.cpuMs };
        look = seen;
        lookedAt = at;
      }
      return atLife.at + silenceMs - at;
    },
    words: () => describe(look, Math.max(0, look.cpuMs - atLife.cpuMs)),
  };
}

function lookAt({ command, pid, members }: Quiet): Look {
  const rows = members();
  const own = rows.filter((row) => row.session === pid).map((row) => row.pid);
  return {
    signs: lifeSigns(command.signsOfLife),
    record: command.life === undefined ? null : readOwnRecord(own, command.life.record),
    commands: command.life === undefined ? 0 : rows.length - own.length,
    cpuMs: rows.reduce((sum, row) => sum + processorMs(row.pid), 0),
  };
}

function isLife(before: Look, seen: Look): boolean {
  if (seen.signs !== before.signs || seen.record?.bytes !== before.record?.bytes) return true;
  // Where the record does not say whom the worker waits for, a living command is believed.
  return seen.commands > 0 && seen.record?.inCall !== false;
}

/** True when the new output holds a line that is more than noise. */
function spoke({ life, stdout, stderr }: SupervisedCommand, before: Sizes, now: Sizes): boolean {
  return [stdout, stderr].some((path, at) => {
    const [from, to] = [before[at] ?? 0, now[at] ?? 0];
    if (to === from) return false;
    if (life === undefined || to - from > MOST_NOISE_BYTES) return true;
    const lines = readFrom(path, () => from)?.text.split("\n") ?? [];
    return lines.some((line) => line !== "" && !life.noise.some((text) => line.includes(text)));
  });
}

function describe({ record, commands }: Look, cpuMs: number): string {
  const waits = record?.inCall === true ? "inside a call of a tool" : "waiting for the model";
  return [
    ...(record === null ? [] : [waits, "its own record does not grow"]),
    commands === 0 ? "no command is running" : `${commands} processes are left in the background`,
    `${cpuMs} ms of processor time meanwhile`,
  ].join(", ");
}
