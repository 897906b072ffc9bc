import { randomUUID } from "node:crypto";
import { isoTime } from "../kernel/durations.ts";
import { type ProcessIdentity, type SlotLease, slotLeaseSchema } from "../model/lease.ts";
import type { ProcessIdentityReader } from "../ports/process-identity.ts";
import type { SlotHolder, Slots } from "../ports/slots.ts";
import { inOrder, makeQueues } from "./write-order.ts";

/** A lease as it is stored: its slot number and its text. */
export interface StoredLease {
  readonly slot: number;
  readonly text: string;
}

/** Where leases are kept. */
export interface SlotStore {
  list(account: string): Promise<readonly StoredLease[]>;
  /** Stores a lease in a slot that is empty or whose lease is dead; false when a live one is there. */
  take(account: string, slot: number, text: string): Promise<boolean>;
  /** Replaces (null: removes) a lease of another process, provided that it is unchanged; false when another was faster. */
  swap(account: string, found: StoredLease, text: string | null): Promise<boolean>;
  /** Replaces (null: removes) a lease that this process took. */
  rewrite(account: string, slot: number, text: string | null): Promise<void>;
}

/** True when neither the engine nor the supervisor of a lease lives; what is no lease counts as dead. */
export function isDeadLease(text: string, identity: ProcessIdentityReader): boolean {
  const lease = parseLease(text);
  if (lease === null) return true;
  return !identity.isAlive(lease.engine) && (lease.worker === null || !identity.isAlive(lease.worker));
}

/** The rules of worker slots over any store. Calls of one process are served one after the other. */
export function makeSlots(store: SlotStore, identity: ProcessIdentityReader): Slots {
  const queues = makeQueues();
  const ownLease = (holder: SlotHolder, worker: ProcessIdentity | null): string => {
    const { project, task } = holder;
    const lease: SlotLease = {
      v: 1,
      engine: identity.self(),
      worker,
      project,
      task,
      at: isoTime(Date.now()),
      token: randomUUID(),
    };
    return `${JSON.stringify(lease)}\n`;
  };
  const isOurs = (lease: SlotLease): boolean => sameProcess(lease.engine, identity.self());
  const countLive = (leases: readonly StoredLease[]): number =>
    leases.filter(({ text }) => !isDeadLease(text, identity)).length;

  async function acquire(account: string, limit: number, holder: SlotHolder): Promise<boolean> {
    const leases = await store.list(account);
    const mine = findLease(leases, holder);
    const others = countLive(leases.filter(({ slot }) => slot !== mine?.slot));
    if (mine !== null) {
      if (isOurs(mine.lease)) return true;
      const keeps = others < limit || !isDeadLease(mine.text, identity);
      if (keeps && (await store.swap(account, mine, ownLease(holder, mine.lease.worker)))) return true;
    }
    if (others >= limit) return false;
    for (let slot = 1; slot <= limit; slot += 1) {
      if (await store.take(account, slot, ownLease(holder, null))) return true;
    }
    return false;
  }

  async function bind(account: string, holder: SlotHolder, worker: ProcessIdentity): Promise<boolean> {
    const mine = findLease(await store.list(account), holder);
    if (mine === null || !isOurs(mine.lease)) return false;
    await store.rewrite(account, mine.slot, ownLease(holder, worker));
    return true;
  }

  async function release(account: string, holder: SlotHolder): Promise<void> {
    const mine = findLease(await store.list(account), holder);
    if (mine === null) return;
    if (isOurs(mine.lease)) await store.rewrite(account, mine.slot, null);
    else if (!identity.isAlive(mine.lease.engine)) await store.swap(account, mine, null);
  }

  return {
    free: async (account, limit) => Math.max(0, limit - countLive(await store.list(account))),
    acquire: (account, limit, holder) => inOrder(queues, account, () => acquire(account, limit, holder)),
    bind: (account, holder, worker) => inOrder(queues, account, () => bind(account, holder, worker)),
    release: (account, holder) => inOrder(queues, account, () => release(account, holder)),
  };
}

function findLease(
  leases: readonly StoredLease[],
  holder: SlotHolder,
): (StoredLease & { readonly lease: SlotLease }) | null {
  for (const stored of leases) {
    const lease = parseLease(stored.text);
    if (lease !== null && lease.project === holder.project && lease.task === holder.task) return { ...stored, lease };
  }
  return null;
}

function sameProcess(a: ProcessIdentity, b: ProcessIdentity): boolean {
  return a.pid === b.pid && a.startTime === b.startTime && a.bootId === b.bootId;
}

function parseLease(text: string): SlotLease | null {
  try {
    return slotLeaseSchema.safeParse(JSON.parse(text)).data ?? null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
