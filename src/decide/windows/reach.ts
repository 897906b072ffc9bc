import type { AccountWindows, Forecast, PlanReach } from "../../model/window.ts";
import { percentOf } from "./forecast.ts";
import { windowsAt } from "./window.ts";

/** What the reach of a plan depends on. */
export interface ReachInputs {
  readonly known: AccountWindows;
  readonly reservePercent: number;
  readonly nowMs: number;
}

/** How far the windows carry the open tasks: half of all plans like this one get that far. */
export function reachOf(tasks: Forecast["tasks"], { known, reservePercent, nowMs }: ReachInputs): PlanReach {
  const windows = windowsAt(known, nowMs);
  const limit = 100 - reservePercent;
  const taken = new Map(windows.map((window) => [window, window.usedPercent]));
  let fits = 0;
  let stops: PlanReach["stops"] = null;
  for (const { p50 } of tasks) {
    for (const window of windows) {
      const after = (taken.get(window) ?? 0) + percentOf(p50, window.name, known);
      taken.set(window, after);
      if (after > limit) stops ??= { name: window.name, until: window.resetsAt };
    }
    if (stops !== null) break;
    fits += 1;
  }
  const sum = (part: "p50" | "p90"): number => tasks.reduce((all, task) => all + task[part], 0);
  const takes = windows.map(({ name }) => ({
    name,
    p50: rounded(percentOf(sum("p50"), name, known)),
    p90: rounded(percentOf(sum("p90"), name, known)),
  }));
  return { tasks: tasks.length, fits, takes, stops };
}

function rounded(percent: number): number {
  return Math.round(percent * 10) / 10;
}
