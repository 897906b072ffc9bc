import { redact } from "../../guard/secrets.ts";
import type { Config } from "../../model/config.ts";
import type { Fact } from "../../model/record.ts";
import type { World } from "../../model/task.ts";
import { createAnnouncer } from "./announcer.ts";
import { createCardFiles } from "../pages/card-files.ts";
import { createDeliveries } from "./delivery.ts";
import type { EngineDeps } from "../deps.ts";
import { createOverdueWatch } from "./overdue.ts";
import type { Outside } from "../outside.ts";
import { newSteps } from "../steps.ts";
import { createTalks } from "../talk.ts";

/** Time between two looks at the plans of running workers, in ms. */
const STEPS_MS = 1000;

/** What the engine hears from people and workers between two decisions, and what it tells them. */
export interface Telling {
  /** Facts that nobody sends: steps of plans, answers written into card files, a breaker that turned, events that are missing. Throws BOARD_WRITE. */
  hear(world: World, config: Config, outside: Outside): Promise<readonly Fact[]>;
  /** Writes events, audit and cards; hands on to receivers what they are told, without waiting for them. Throws BOARD_WRITE. */
  tell(world: World, config: Config): Promise<void>;
  /** True while a receiver that answers has not got everything. */
  busy(): boolean;
  /** Leaves to the next engine what is on its way to receivers. */
  close(): void;
}

/** The telling of one engine. `onQuiet`: called when a receiver has got everything. */
export function createTelling(deps: EngineDeps, onQuiet: () => void): Telling {
  const announcer = createAnnouncer(deps.board);
  const cards = createCardFiles(deps.board);
  const overdue = createOverdueWatch();
  const deliveries = createDeliveries(deps, onQuiet);
  const talks = createTalks(deps);
  let stepsAtMs = -Infinity;
  return {
    async hear(world, config, outside) {
      const now = deps.clock.now();
      const facts = [
        ...(await cards.answers(world)),
        ...(await talks.hear(world)),
        ...overdue.look(world, config, now),
        ...breakerNews(world, outside),
      ];
      if (Math.abs(now - stepsAtMs) < STEPS_MS) return facts;
      stepsAtMs = now;
      for (const id of world.open) {
        const task = world.tasks.get(id);
        if (task?.state.at === "running") facts.push(...(await newSteps(deps, task)));
      }
      return facts;
    },
    async tell(world, config) {
      await cards.project(world);
      await talks.tell(world);
      // Before anything is told: a crash in between must not make an event old that nobody was told of.
      await deliveries.begin(config.notify, await announcer.lastTold(world));
      await announcer.announce(world);
      deliveries.offer(world);
    },
    busy: () => deliveries.busy(),
    close: () => deliveries.close(),
  };
}

function breakerNews({ notices }: World, { breaker: look }: Outside): readonly Fact[] {
  const open = look.kind !== "closed";
  if (open === (notices.breakerOpen ?? false)) return [];
  return [{ type: "breaker.turned", open, why: open ? redact(look.why) : "" }];
}
