import { expectedOf } from "../decide/windows/forecast.ts";
import { routeOf } from "../decide/routing/routing.ts";
import type { TaskOutcome } from "../model/ledger.ts";
import type { World } from "../model/task.ts";
import type { Forecast, WindowNow } from "../model/window.ts";
import type { Blackboard } from "../ports/blackboard.ts";

/** Writes `forecast.json`: what the open tasks are expected to spend. */
export interface ForecastFile {
  project(world: World, history: readonly TaskOutcome[], windows: readonly WindowNow[]): Promise<void>;
}

/** Tasks in the file: more than any window carries. */
const MOST_TASKS = 500;

/** The file of one board; written when it changes. */
export function createForecastFile(board: Blackboard): ForecastFile {
  let written = "";
  let seen = "";
  return {
    async project(world, history, windows) {
      // Nothing of it changes unless a line was written, a task has ended, or a window moved.
      const stamp = `${world.seq} ${history.length} ${windows.map(({ usedPercent }) => usedPercent).join(" ")}`;
      if (stamp === seen) return;
      const text = `${JSON.stringify(forecastOf(world, history, windows))}\n`;
      if (text !== written) await board.writeFile("forecast.json", text);
      written = text;
      seen = stamp;
    },
  };
}

function forecastOf(world: World, history: readonly TaskOutcome[], windows: readonly WindowNow[]): Forecast {
  const tasks: Forecast["tasks"] = [];
  for (const id of world.open) {
    const task = world.tasks.get(id);
    if (task === undefined || (task.state.at !== "queued" && task.state.at !== "running")) continue;
    if (tasks.length >= MOST_TASKS) break;
    const { envelope, options } = task;
    const { effort } = routeOf({ envelope, asked: options.effort, history, windows, failed: [] });
    const { tokens, basis } = expectedOf(envelope, effort, history);
    const state = task.state.at === "queued" ? "waiting" : "running";
    tasks.push({ task: id, state, effort, p50: Math.round(tokens.p50), p90: Math.round(tokens.p90), basis });
  }
  return { v: 1, tasks };
}
