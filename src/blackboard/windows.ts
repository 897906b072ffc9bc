import { accountWindowsSchema } from "../model/window.ts";
import type { ProcessIdentityReader } from "../ports/process-identity.ts";
import type { Windows } from "../ports/windows.ts";
import { type AccountTexts, makeAccountStore, memoryAccountTexts, openAccountTexts } from "./account-store.ts";

/**
 * The credit windows of all accounts in the user's state folder: one file `accounts/<account>/windows.json` each.
 * Throws BOARD_WRITE, BOARD_CORRUPT (unreadable), INTERNAL for an account name that cannot be a folder.
 */
export function openWindows(stateDir: string, identity: ProcessIdentityReader): Windows {
  return makeWindows(openAccountTexts(stateDir, "windows.json", identity));
}

/** The in-memory twin of `openWindows`: the same rules over a map, which outlives the processes that share it. */
export function openMemoryWindows(texts: Map<string, string>): Windows {
  return makeWindows(memoryAccountTexts(texts));
}

function makeWindows(texts: AccountTexts): Windows {
  const store = makeAccountStore(texts, {
    subject: "the windows file",
    file: "windows.json",
    parse: (value) => accountWindowsSchema.safeParse(value).data ?? null,
  });
  return {
    list: async () => (await store.list()).map(({ name, value }) => ({ name, windows: value })),
    read: (name) => store.read(name),
    update: (name, change) => store.update(name, change),
  };
}
