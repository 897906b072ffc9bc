import type { Breakers } from "../ports/breakers.ts";
import type { ProcessIdentityReader } from "../ports/process-identity.ts";
import { openAccountTexts } from "./account-store.ts";
import { makeBreakers } from "./breaker-store.ts";

/**
 * The breakers of all accounts in the user's state folder: one file `accounts/<account>/breaker.json` each.
 * Throws BOARD_WRITE, BOARD_CORRUPT (unreadable), INTERNAL for an account name that cannot be a folder.
 */
export function openBreakers(stateDir: string, identity: ProcessIdentityReader): Breakers {
  return makeBreakers(openAccountTexts(stateDir, "breaker.json", identity), identity);
}
