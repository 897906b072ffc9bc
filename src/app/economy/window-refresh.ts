import { openWindows } from "../../blackboard/windows.ts";
import { readAccount } from "../../codex/account/account-read.ts";
import { readStartContext } from "../../codex/installed/readiness.ts";
import { takeNews } from "../../decide/windows/window.ts";
import { isOld } from "../../decide/windows/window-age.ts";
import { redact } from "../../guard/secrets.ts";
import type { WindowRefresh } from "../../model/window.ts";
import { processIdentities } from "../../process/process-identity.ts";
import { codexHost, stateFolder } from "../host.ts";

/** Longest time that an answer is waited for, in ms. */
const ASK_MS = 10_000;

/** Asks the provider for the windows of the workers' account and keeps the answer. Throws BOARD_WRITE. */
export async function refreshWindows(): Promise<WindowRefresh> {
  const context = await readStartContext(codexHost());
  if (!context.ok) return { account: null, result: "failed", why: context.error.message };
  const { account } = context.value.user;
  const asked = await readAccount(context.value, ASK_MS);
  if (asked.kind !== "read")
    return { account, result: asked.kind === "none" ? "not-asked" : "failed", why: redact(asked.why) };
  const news = { key: null, tokens: 0, report: asked.report };
  await openWindows(stateFolder(), processIdentities).update(account, (known) => takeNews(known, news, Date.now()));
  return { account, result: "read", why: "" };
}

/** The same when what is known of the account is old; a failure leaves what is known. */
export async function refreshOldWindows(account: string): Promise<void> {
  const known = await openWindows(stateFolder(), processIdentities).read(account);
  if (isOld(known, Date.now())) await refreshWindows();
}
