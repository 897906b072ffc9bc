import { takeNews } from "../decide/windows/window.ts";
import { type AttemptOutcome, freshTokens } from "../model/outcome.ts";
import type { World } from "../model/task.ts";
import type { AccountWindows } from "../model/window.ts";
import { atWork } from "../decide/cards/asks.ts";
import type { EffectContext, EngineDeps } from "./deps.ts";
import { accountOf } from "./slot.ts";

/** Takes in what an ended attempt says of the account's windows and what it has spent; the same attempt told again counts once. */
export async function noteWindows(context: EffectContext, attempt: number, outcome: AttemptOutcome): Promise<void> {
  const { deps, task } = context;
  const own = attemptKey(deps, task.id, attempt);
  const key = `${own} ${outcome.exit.endedAt}`;
  const news = { key, attempt: own, tokens: freshTokens(outcome.usage), report: outcome.windows ?? null };
  // Who has no windows needs no account of what was spent in them.
  if (news.report === null && (await deps.windows.list()).length === 0) return;
  const heard = await deps.worker.heard?.(deps.board.paths.attempt(task.id, attempt));
  // The login may have changed since it began.
  const account = heard?.account ?? (await accountOf(context));
  await deps.windows.update(account, (known) => takeNews(known, news, deps.clock.now()));
}

function attemptKey({ project }: Pick<EngineDeps, "project">, task: string, attempt: number): string {
  return `${project} ${task} ${attempt}`;
}

/** The windows of the workers' account; null where nobody has reported any, which takes no look at the worker. */
export async function knownWindows(deps: Pick<EngineDeps, "windows" | "worker">): Promise<AccountWindows | null> {
  const all = await deps.windows.list();
  if (all.length === 0) return null;
  const ready = await deps.worker.readiness();
  return all.find(({ name }) => ready.ok && name === ready.value.account)?.windows ?? null;
}

/** Hears of the windows while workers are at work. */
export interface WindowEars {
  /** Takes in what the workers have heard since the last look. Throws BOARD_WRITE. */
  listen(world: World): Promise<void>;
}

/** Time between two looks at what workers have heard, in ms. */
const LISTEN_MS = 1000;

/** Numbers that stay the same are told again after this time, in ms, so that everybody sees how fresh they are. */
const SAME_AGAIN_MS = 15_000;

/** What ears need. */
type EarDeps = Pick<EngineDeps, "project" | "board" | "worker" | "windows" | "clock">;

/** The ears of one engine. */
export function createWindowEars(deps: EarDeps): WindowEars {
  const told = new Map<string, { readonly numbers: string; readonly atMs: number }>();
  let listenedMs = -Infinity;

  async function hear(task: string, attempt: number): Promise<void> {
    const heard = (await deps.worker.heard?.(deps.board.paths.attempt(task, attempt))) ?? null;
    if (heard === null || heard.report === null) return;
    const own = attemptKey(deps, task, attempt);
    const now = deps.clock.now();
    const { primary, secondary } = heard.report;
    const numbers = JSON.stringify([primary, secondary]);
    const last = told.get(own);
    if (last !== undefined && last.numbers === numbers && now - last.atMs < SAME_AGAIN_MS) return;
    const ready = heard.account === null ? await deps.worker.readiness() : null;
    const account = heard.account ?? (ready?.ok === true ? ready.value.account : null);
    if (account === null) return;
    const news = { key: null, attempt: own, tokens: heard.tokens, report: heard.report };
    await deps.windows.update(account, (known) => takeNews(known, news, deps.clock.now()));
    told.set(own, { numbers, atMs: now });
  }

  return {
    async listen(world) {
      const now = deps.clock.now();
      if (deps.worker.heard === undefined || Math.abs(now - listenedMs) < LISTEN_MS) return;
      listenedMs = now;
      const atWorkNow = [...world.open].flatMap((id) => {
        const task = world.tasks.get(id);
        const state = task === undefined ? null : atWork(task.state);
        return state === null ? [] : [{ id, attempt: state.attempt }];
      });
      const keys = new Set(atWorkNow.map(({ id, attempt }) => attemptKey(deps, id, attempt)));
      for (const key of told.keys()) if (!keys.has(key)) told.delete(key);
      for (const { id, attempt } of atWorkNow) await hear(id, attempt);
    },
  };
}
