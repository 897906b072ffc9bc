import type { ProcessIdentityReader } from "../ports/process-identity.ts";
import type { Slots } from "../ports/slots.ts";
import { isDeadLease, makeSlots } from "./slot-leases.ts";

/** Texts of leases by `account/slot`; outlives the processes that share it. */
export type MemoryLeases = Map<string, string>;

/** The in-memory twin of `openSlots`: the same rules over a map. */
export function openMemorySlots(leases: MemoryLeases, identity: ProcessIdentityReader): Slots {
  const put = (key: string, text: string | null): void => {
    if (text === null) leases.delete(key);
    else leases.set(key, text);
  };
  return makeSlots(
    {
      async list(account) {
        const prefix = `${account}/`;
        const own = [...leases].filter(([key]) => key.startsWith(prefix));
        return own
          .map(([key, text]) => ({ slot: Number(key.slice(prefix.length)), text }))
          .sort((a, b) => a.slot - b.slot);
      },
      async take(account, slot, text) {
        const key = `${account}/${slot}`;
        const found = leases.get(key);
        if (found !== undefined && !isDeadLease(found, identity)) return false;
        leases.set(key, text);
        return true;
      },
      async swap(account, found, text) {
        const key = `${account}/${found.slot}`;
        if (leases.get(key) !== found.text) return false;
        put(key, text);
        return true;
      },
      async rewrite(account, slot, text) {
        put(`${account}/${slot}`, text);
      },
    },
    identity,
  );
}
