import type { ProcessIdentity } from "../model/lease.ts";

/** Tells whether a process that was written down is still the one that runs. */
export interface ProcessIdentityReader {
  /** This process. */
  self(): ProcessIdentity;
  /** True when exactly this process runs: same boot, same pid, same start time; a zombie is not alive. */
  isAlive(identity: ProcessIdentity): boolean;
}
