import { join } from "node:path";
import { loadConfig } from "../../blackboard/config-file.ts";
import { openWindows } from "../../blackboard/windows.ts";
import { readinessOf, readStartContext } from "../../codex/installed/readiness.ts";
import { reachOf } from "../../decide/windows/reach.ts";
import { burnOf, windowsAt } from "../../decide/windows/window.ts";
import { parseJson } from "../../kernel/json.ts";
import { DEFAULT_CONFIG } from "../../model/config.ts";
import {
  type AccountWindows,
  type Forecast,
  forecastSchema,
  type PlanReach,
  type ShownWindow,
  type StatusWindow,
  WINDOW_NAMES,
  type WindowNow,
  type WindowResult,
} from "../../model/window.ts";
import type { NamedWindows } from "../../ports/windows.ts";
import { processIdentities } from "../../process/process-identity.ts";
import { codexHost, stateFolder } from "../host.ts";
import type { Project } from "../project.ts";
import { readText } from "../board/read-text.ts";

type Account = WindowResult["accounts"][number];

/** The windows of every account of this user, as they are now. Throws BOARD_CORRUPT. */
export async function windowsOfStatus(): Promise<StatusWindow[]> {
  const all = await openWindows(stateFolder(), processIdentities).list();
  return all.flatMap(({ name, windows }) =>
    windowsAt(windows, Date.now()).map((window) => ({
      account: name,
      observedAt: window.observedAt,
      ...shown(window),
    })),
  );
}

/** The same with what they are used for, and how far they carry the open tasks of a project (null: outside of one). Throws BOARD_CORRUPT, CONFIG_INVALID. */
export async function windowReport(project: Project | null): Promise<WindowResult> {
  const nowMs = Date.now();
  const all = await openWindows(stateFolder(), processIdentities).list();
  const config = project === null ? DEFAULT_CONFIG : (await loadConfig(project.root)).config;
  const { reservePercent } = config.window;
  const own = all.length === 0 || project === null ? null : await workersAccount();
  const tasks = project === null ? [] : openTasks(project);
  const accounts = all.flatMap((one): Account[] => {
    const now = windowsAt(one.windows, nowMs);
    if (now.length === 0) return [];
    const reach = one.name === own ? reachOf(tasks, { known: one.windows, reservePercent, nowMs }) : null;
    return [accountOf(one, now, { nowMs, reservePercent, plan: reach })];
  });
  return { schema: "cco.window/1", accounts };
}

function accountOf(
  { name, windows }: NamedWindows,
  now: readonly WindowNow[],
  about: { readonly nowMs: number; readonly reservePercent: number; readonly plan: PlanReach | null },
): Account {
  const burn = WINDOW_NAMES.flatMap((window) => {
    const rate = burnOf(window, windows, about.nowMs);
    return rate === null ? [] : [{ name: window, ...rate, percentPerHour: Math.round(rate.percentPerHour * 10) / 10 }];
  });
  const observed = now.map(({ observedAt }) => observedAt).toSorted();
  return {
    account: name,
    observedAt: observed.at(-1) ?? "",
    windows: now.map(shown),
    forecast: { burn, reservePercent: about.reservePercent, plan: about.plan },
  };
}

function shown({ name, windowMinutes, usedPercent, resetsAt }: WindowNow): ShownWindow {
  return { name, windowMinutes, usedPercent, resetsAt };
}

/** What is known of the windows of the account that workers use; null where nobody has reported any. Throws BOARD_CORRUPT. */
export async function workersWindows(): Promise<AccountWindows | null> {
  const all = await openWindows(stateFolder(), processIdentities).list();
  const own = all.length === 0 ? null : await workersAccount();
  return all.find(({ name }) => name === own)?.windows ?? null;
}

/** The windows of the account that workers use, as they are now; none where nobody has reported any. Throws BOARD_CORRUPT. */
export async function windowsInUse(): Promise<WindowNow[]> {
  return windowsAt(await workersWindows(), Date.now());
}

/** Account of the installed worker; null when there is none. */
async function workersAccount(): Promise<string | null> {
  const context = await readStartContext(codexHost());
  return context.ok ? readinessOf(context.value).account : null;
}

function openTasks(project: Project): Forecast["tasks"] {
  const text = readText(join(project.board, "forecast.json"));
  return text === null ? [] : (forecastSchema.safeParse(parseJson(text)).data?.tasks ?? []);
}
