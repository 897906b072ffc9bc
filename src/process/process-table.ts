import { spawnSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";

/** One process as the kernel shows it. `startTime`: clock ticks since boot from /proc, a calendar time from `ps`. */
export interface ProcessRow {
  readonly pid: number;
  readonly ppid: number;
  readonly group: number;
  /** Session id: the pid of its leader. Where sessions are not shown (no /proc) the process group stands in for it. */
  readonly session: number;
  readonly startTime: string;
  /** Ended and only not yet collected by its parent. */
  readonly zombie: boolean;
}

/** Linux counts the processor time that it shows in hundredths of a second everywhere. */
const MS_PER_TICK = 10;

/** True where the kernel's process file system can be read; elsewhere `ps` answers. */
export const HAS_PROC = readStat("self") !== null;

/** Every visible process. Processes that end meanwhile are left out. */
export function listProcesses(): ProcessRow[] {
  if (!HAS_PROC) return psRows(["-A"]);
  const rows: ProcessRow[] = [];
  for (const name of readdirSync("/proc")) {
    const row = isPid(name) ? readStat(name) : null;
    if (row !== null) rows.push(row);
  }
  return rows;
}

/** One process, or null when there is none with this pid. */
export function findProcess(pid: number): ProcessRow | null {
  if (!Number.isSafeInteger(pid) || pid <= 0) return null;
  return HAS_PROC ? readStat(String(pid)) : (psRows(["-p", String(pid)])[0] ?? null);
}

/** True when the environment of a process of this user held exactly `NAME=value` at its start. Never without /proc. */
export function startedWith(pid: number, name: string, value: string): boolean {
  return HAS_PROC && `\0${readIfThere(`/proc/${pid}/environ`) ?? ""}`.includes(`\0${name}=${value}\0`);
}

/** Value that a variable of the environment of a process of this user had at its start; null when it had none. Never one without /proc. */
export function startValue(pid: number, name: string): string | null {
  if (!HAS_PROC) return null;
  const entry = readIfThere(`/proc/${pid}/environ`)
    ?.split("\0")
    .find((text) => text.startsWith(`${name}=`));
  return entry === undefined ? null : entry.slice(name.length + 1);
}

/** Processor time of a process so far, in ms to 10 ms; 0 when it is gone or this system has no /proc. */
export function processorMs(pid: number): number {
  const line = HAS_PROC ? (readIfThere(`/proc/${pid}/stat`) ?? "") : "";
  const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[11]) + Number(fields[12]);
  return Number.isNaN(ticks) ? 0 : ticks * MS_PER_TICK;
}

/** False when `row` cannot descend from `root`, which started later. True where start times cannot be put in order. */
export function mayDescend(row: ProcessRow, root: { readonly startTime: string }): boolean {
  return !(Number(row.startTime) < Number(root.startTime));
}

/** Line of /proc/PID/stat. The command name stands in parentheses and may hold spaces and parentheses itself. */
export function parseStat(line: string): ProcessRow | null {
  const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
  const [pid, ppid, group, session] = [
    Number.parseInt(line, 10),
    Number(fields[1]),
    Number(fields[2]),
    Number(fields[3]),
  ];
  const [state, startTime] = [fields[0], fields[19]];
  if (!Number.isSafeInteger(pid) || state === undefined || startTime === undefined) return null;
  return { pid, ppid, group, session, startTime, zombie: state === "Z" || state === "X" };
}

/** Answer of `ps` from machines without /proc. Exact to a second, which is enough to tell a reused pid apart. */
export function psRows(selection: readonly string[]): ProcessRow[] {
  const args = [...selection, "-o", "pid=,ppid=,pgid=,stat=,lstart="];
  const answer = spawnSync("ps", args, { encoding: "utf8", env: { PATH: "/bin:/usr/bin", LC_ALL: "C", TZ: "UTC" } });
  const text = answer.error === undefined ? answer.stdout : "";
  const rows = text.matchAll(/^ *(\d+) +(\d+) +(\d+) +(\S+) +(\S.*\S) *$/gm);
  return [...rows].map(([, pid, ppid, group, stat = "", startTime = ""]) => ({
    pid: Number(pid),
    ppid: Number(ppid),
    group: Number(group),
    session: Number(group),
    startTime,
    zombie: stat.startsWith("Z"),
  }));
}

function readStat(pid: string): ProcessRow | null {
  const text = readIfThere(`/proc/${pid}/stat`);
  return text === null ? null : parseStat(text);
}

/** Null when the process is gone or belongs to somebody else: both mean that it is no business of ours. */
function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}

function isPid(name: string): boolean {
  return /^[1-9]\d*$/.test(name);
}
