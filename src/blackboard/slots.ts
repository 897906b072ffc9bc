import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { ProcessIdentityReader } from "../ports/process-identity.ts";
import type { Slots } from "../ports/slots.ts";
import { accountFolder } from "./account-folder.ts";
import { boardReadError, boardWriteError, isMissing } from "./board-errors.ts";
import { readText, rewriteOwned, swapExclusive, takeExclusive } from "./exclusive-file.ts";
import { isDeadLease, makeSlots, type SlotStore, type StoredLease } from "./slot-leases.ts";

const LEASE_PATTERN = /^([1-9]\d{0,5})\.json$/;

/**
 * The worker slots of all accounts in the user's state folder: one lease file `accounts/<account>/slots/<n>.json` per slot that is taken.
 * Throws BOARD_WRITE, BOARD_CORRUPT (unreadable), INTERNAL for an account name that cannot be a folder.
 */
export function openSlots(stateDir: string, identity: ProcessIdentityReader): Slots {
  return makeSlots(fileStore(stateDir, identity), identity);
}

function fileStore(stateDir: string, identity: ProcessIdentityReader): SlotStore {
  const exclusive = (account: string, slot: number) => ({
    path: join(slotFolder(stateDir, account), `${slot}.json`),
    identity,
    isStale: (text: string) => isDeadLease(text, identity),
  });
  return {
    list: async (account) => readLeases(slotFolder(stateDir, account)),
    take: async (account, slot, text) => (await takeExclusive(exclusive(account, slot), text)).taken,
    swap: (account, found, text) => swapExclusive(exclusive(account, found.slot), found.text, text),
    async rewrite(account, slot, text) {
      const { path } = exclusive(account, slot);
      if (text !== null) return await rewriteOwned(path, text);
      try {
        rmSync(path, { force: true });
      } catch (error) {
        throw boardWriteError(path, error);
      }
    },
  };
}

function slotFolder(stateDir: string, account: string): string {
  return join(accountFolder(stateDir, account), "slots");
}

function readLeases(folder: string): StoredLease[] {
  const leases: StoredLease[] = [];
  try {
    for (const name of readdirSync(folder)) {
      const slot = LEASE_PATTERN.exec(name)?.[1];
      const text = slot === undefined ? null : readText(join(folder, name));
      if (text !== null) leases.push({ slot: Number(slot), text });
    }
  } catch (error) {
    if (!isMissing(error)) throw boardReadError(folder, error);
  }
  return leases.sort((a, b) => a.slot - b.slot);
}
