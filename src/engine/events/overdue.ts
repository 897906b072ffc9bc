import { allowedMs, missingEvent } from "../../decide/limits/overdue.ts";
import type { Config } from "../../model/config.ts";
import type { Fact } from "../../model/record.ts";
import type { World } from "../../model/task.ts";

/** Longest time between two looks that counts as time in which something could have been heard, in ms: a machine asleep is no silence. */
const LOOK_MS = 15_000;

/** Watches that something is heard of every task in time. */
export interface OverdueWatch {
  /** The loud failures that are due, each told once for each stay in a state. */
  look(world: World, config: Config, nowMs: number): readonly Fact[];
}

interface Stay {
  readonly stamp: string;
  heardMs: number;
  told: boolean;
}

/** Time counts only while this engine looks: after a crash, a sleep or a clock that was set nothing is overdue at once. */
export function createOverdueWatch(): OverdueWatch {
  const stays = new Map<string, Stay>();
  let lastMs: number | null = null;
  return {
    look(world, config, nowMs) {
      const passedMs = Math.min(LOOK_MS, Math.max(0, nowMs - (lastMs ?? nowMs)));
      lastMs = nowMs;
      const facts: Fact[] = [];
      for (const id of stays.keys()) if (!world.open.has(id)) stays.delete(id);
      for (const id of world.open) {
        const task = world.tasks.get(id);
        const limitMs = task === undefined ? null : allowedMs(task, config);
        if (task === undefined || limitMs === null) continue;
        const stamp = `${task.state.at} ${task.attempts.length} ${task.rounds.length}`;
        const stay = stays.get(id);
        if (stay?.stamp !== stamp) stays.set(id, { stamp, heardMs: 0, told: false });
        else {
          stay.heardMs += passedMs;
          if (stay.heardMs <= limitMs || stay.told) continue;
          stay.told = true;
          facts.push(missingEvent(task, stay.heardMs));
        }
      }
      return facts;
    },
  };
}
