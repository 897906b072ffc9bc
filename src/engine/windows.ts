import { takeNews } from "../decide/window.ts";
import { type AttemptOutcome, freshTokens } from "../model/outcome.ts";
import type { AccountWindows } from "../model/window.ts";
import type { EffectContext, EngineDeps } from "./deps.ts";
import { accountOf } from "./slot.ts";

/** Takes in what an ended attempt says of the account's windows and what it has spent; the same attempt told again counts once. */
export async function noteWindows(context: EffectContext, attempt: number, outcome: AttemptOutcome): Promise<void> {
  const { deps, task } = context;
  const key = `${deps.project} ${task.id} ${attempt} ${outcome.exit.endedAt}`;
  const news = { key, tokens: freshTokens(outcome.usage), report: outcome.windows ?? null };
  // Who has no windows needs no account of what was spent in them.
  if (news.report === null && (await deps.windows.list()).length === 0) return;
  const account = await accountOf(context);
  await deps.windows.update(account, (known) => takeNews(known, news, deps.clock.now()));
}

/** The windows of the workers' account; null where nobody has reported any, which takes no look at the worker. */
export async function knownWindows(deps: EngineDeps): Promise<AccountWindows | null> {
  const all = await deps.windows.list();
  if (all.length === 0) return null;
  const ready = await deps.worker.readiness();
  return all.find(({ name }) => ready.ok && name === ready.value.account)?.windows ?? null;
}
