import type { BreakerLook } from "../model/breaker.ts";
import type { AccountWindows } from "../model/window.ts";
import type { EngineDeps } from "./deps.ts";
import { lookAtWorkers } from "./turn.ts";
import { knownWindows } from "./windows.ts";

/** What a decision depends on that does not follow from this project's journal: the state of the workers' account. */
export interface Outside {
  readonly breaker: BreakerLook;
  readonly windows: AccountWindows | null;
}

/** Before anything was looked at. */
export const NOTHING_OUTSIDE: Outside = { breaker: { kind: "closed", closedMs: null }, windows: null };

/** One look at it. */
export async function lookOutside(deps: EngineDeps): Promise<Outside> {
  return { breaker: await lookAtWorkers(deps), windows: await knownWindows(deps) };
}

/** Text that differs when what was seen differs. */
export function stampOf({ breaker, windows }: Outside): string {
  return `${JSON.stringify(breaker)} ${windows?.token ?? ""}`;
}
