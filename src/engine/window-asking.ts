import { takeNews } from "../decide/windows/window.ts";
import { isOld, OLD_MS } from "../decide/windows/window-age.ts";
import { redact } from "../guard/secrets.ts";
import type { World } from "../model/task.ts";
import type { EngineDeps } from "./deps.ts";
import { knownWindows } from "./windows.ts";

/** Asks for the windows of the account before work starts. */
export interface WindowAsking {
  /** Asks when work could start and what is known is old; at most once in that time, also when it failed. Throws BOARD_WRITE. */
  beforeStart(world: World): Promise<void>;
}

/** Longest time that work waits for an answer, in ms. */
const ASK_MS = 5000;

/** The asking of one engine. A failure costs its time, and work starts with what is known. */
export function createWindowAsking(deps: Pick<EngineDeps, "worker" | "windows" | "clock" | "log">): WindowAsking {
  let askedMs = -Infinity;
  return {
    async beforeStart(world) {
      const now = deps.clock.now();
      if (deps.worker.askWindows === undefined || Math.abs(now - askedMs) < OLD_MS || !couldStart(world, now)) return;
      askedMs = now;
      if (!isOld(await knownWindows(deps), now)) return;
      const asked = await deps.worker.askWindows(ASK_MS);
      if (asked.kind === "failed") deps.log.warn(`the credit windows could not be asked for: ${redact(asked.why)}`);
      if (asked.kind !== "read") return;
      const { account, report } = asked;
      await deps.windows.update(account, (known) =>
        takeNews(known, { key: null, tokens: 0, report }, deps.clock.now()),
      );
    },
  };
}

function couldStart(world: World, nowMs: number): boolean {
  return [...world.open].some((id) => {
    const state = world.tasks.get(id)?.state;
    return state?.at === "queued" && Date.parse(state.notBefore) <= nowMs;
  });
}
