import { readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Breakers } from "../ports/breakers.ts";
import type { ProcessIdentityReader } from "../ports/process-identity.ts";
import { accountFolder } from "./account-folder.ts";
import { boardReadError, isMissing } from "./board-errors.ts";
import { makeBreakers } from "./breaker-store.ts";
import { readText, swapExclusive, takeExclusive } from "./exclusive-file.ts";

/** Time between two tries while another process changes the same breaker, in ms. */
const WAIT_MS = 5;

/**
 * The breakers of all accounts in the user's state folder: one file `accounts/<account>/breaker.json` each.
 * Throws BOARD_WRITE, BOARD_CORRUPT (unreadable), INTERNAL for an account name that cannot be a folder.
 */
export function openBreakers(stateDir: string, identity: ProcessIdentityReader): Breakers {
  const fileOf = (name: string): string => join(accountFolder(stateDir, name), "breaker.json");
  return makeBreakers(
    {
      names: async () => accountsIn(join(stateDir, "accounts")),
      async read(name) {
        const path = fileOf(name);
        try {
          return readText(path);
        } catch (error) {
          throw boardReadError(path, error);
        }
      },
      async swap(name, expected, text) {
        const path = fileOf(name);
        if (expected !== null) return await swapExclusive({ path, identity, isStale: () => false }, expected, text);
        return (await takeExclusive({ path, identity, isStale: () => false }, text)).taken;
      },
      pause: () => sleep(WAIT_MS),
    },
    identity,
  );
}

function accountsIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    if (isMissing(error)) return [];
    throw boardReadError(folder, error);
  }
}
