import type { ProcessIdentity } from "../src/model/lease.ts";
import type { ProcessIdentityReader } from "../src/ports/process-identity.ts";

/** The processes of the simulated machine. Pids are used again, as real ones are. */
export interface Machine {
  start(): ProcessIdentity;
  end(identity: ProcessIdentity): void;
  isAlive(identity: ProcessIdentity): boolean;
  /** What the process with this identity sees. */
  readerFor(self: ProcessIdentity): ProcessIdentityReader;
  /** Another boot: nothing that ran before is alive. */
  reboot(): void;
}

/** So few that two processes of one run often have the same pid, one after the other. */
const PIDS = 40;

/** A machine without processes. */
export function makeMachine(): Machine {
  const running = new Map<number, ProcessIdentity>();
  let started = 0;
  let boots = 1;

  function freePid(): number {
    let pid = 100 + (started % PIDS);
    while (running.has(pid)) pid += 1;
    return pid;
  }

  const isAlive = (identity: ProcessIdentity): boolean => {
    const found = running.get(identity.pid);
    return found !== undefined && found.startTime === identity.startTime && found.bootId === identity.bootId;
  };

  return {
    start() {
      started += 1;
      const identity = { pid: freePid(), startTime: String(started), bootId: `boot-${boots}` };
      running.set(identity.pid, identity);
      return identity;
    },
    end(identity) {
      if (isAlive(identity)) running.delete(identity.pid);
    },
    isAlive,
    readerFor: (self) => ({ self: () => self, isAlive }),
    reboot() {
      running.clear();
      boots += 1;
    },
  };
}
