import type { ProcessIdentity } from "../../src/model/lease.ts";
import type { ProcessIdentityReader } from "../../src/ports/process-identity.ts";

/** A process that a test made up: it lives until `die`. */
export interface PretendedProcess extends ProcessIdentityReader {
  readonly identity: ProcessIdentity;
  die(): void;
}

/** A machine whose processes are made up, so that tests decide who lives. */
export function pretendMachine() {
  const alive = new Set<string>();
  let lastPid = 100;
  const keyOf = ({ pid, startTime, bootId }: ProcessIdentity): string => `${pid} ${startTime} ${bootId}`;

  /** Starts a process; parts of its identity may be given, for a recycled pid or another boot. */
  function start(parts: Partial<ProcessIdentity> = {}): PretendedProcess {
    lastPid += 1;
    const identity = { pid: lastPid, startTime: String(lastPid * 10), bootId: "boot-1", ...parts };
    alive.add(keyOf(identity));
    return {
      identity,
      self: () => identity,
      isAlive: (other) => alive.has(keyOf(other)),
      die: () => void alive.delete(keyOf(identity)),
    };
  }
  return { start };
}
