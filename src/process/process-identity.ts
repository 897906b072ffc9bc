import { readFileSync } from "node:fs";
import type { ProcessIdentity } from "../model/lease.ts";
import type { ProcessIdentityReader } from "../ports/process-identity.ts";
import { findProcess, HAS_PROC, type ProcessRow } from "./process-table.ts";

/** Without /proc the start time is a calendar time, which no other boot repeats. */
const NO_BOOT_ID = "";
const BOOT_ID = HAS_PROC ? readBootId() : NO_BOOT_ID;

/** Some containers hide it; their start times alone have to do. */
function readBootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return NO_BOOT_ID;
  }
}

/** What tells this process apart from every other one, or null when there is none with this pid. Zombies have one too. */
export function identityOf(pid: number): ProcessIdentity | null {
  const row = findProcess(pid);
  return row === null ? null : identityOfRow(row);
}

/** As identityOf, of a row that was read already. */
export function identityOfRow(row: ProcessRow): ProcessIdentity {
  return { pid: row.pid, startTime: row.startTime, bootId: BOOT_ID };
}

/** True when exactly this process runs: same boot, same pid, same start time, and no zombie. */
export function isAlive(identity: ProcessIdentity): boolean {
  if (identity.bootId !== BOOT_ID) return false;
  const row = findProcess(identity.pid);
  return row !== null && !row.zombie && row.startTime === identity.startTime;
}

/** The port of the same name, on this machine. */
export const processIdentities: ProcessIdentityReader = {
  self() {
    const self = identityOf(process.pid);
    if (self === null) throw new Error(`process ${process.pid} does not find itself in the process table`);
    return self;
  },
  isAlive,
};
