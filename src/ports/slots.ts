import type { ProcessIdentity } from "../model/lease.ts";

/** Who holds a worker slot. `project` is the absolute path of the project, so that two projects never share a holder. */
export interface SlotHolder {
  readonly project: string;
  readonly task: string;
}

/**
 * The worker slots of an account, shared by all projects of the user through lease files in the user's state folder.
 * A slot stays taken while the engine that took it or the supervisor bound to it lives.
 */
export interface Slots {
  /** Number of free slots now, dead leases counted as free. */
  free(account: string, limit: number): Promise<number>;
  /** Takes a slot for the holder, or finds (and makes this engine's) the one it has; false when all are taken. */
  acquire(account: string, limit: number, holder: SlotHolder): Promise<boolean>;
  /** Names the supervisor that works in the holder's slot, so that the slot outlives this engine; false without such a slot. */
  bind(account: string, holder: SlotHolder, worker: ProcessIdentity): Promise<boolean>;
  /** Gives the holder's slot back; none is fine, and one of another engine that lives is left alone. */
  release(account: string, holder: SlotHolder): Promise<void>;
}
