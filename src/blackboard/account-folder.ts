import { join } from "node:path";
import { CcoError } from "../kernel/errors.ts";

const ACCOUNT_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._@+-]{0,127}$/;

/** True when the text can be the name of an account's folder. */
function isAccountName(text: string): boolean {
  return ACCOUNT_PATTERN.test(text) && !text.includes("..");
}

/** The folder of an account in the user's state folder. Throws INTERNAL for a name that cannot be one. */
export function accountFolder(stateDir: string, account: string): string {
  if (!isAccountName(account)) throw new CcoError("INTERNAL", `not an account name: ${JSON.stringify(account)}`);
  return join(stateDir, "accounts", account);
}
