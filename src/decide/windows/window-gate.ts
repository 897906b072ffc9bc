import { isoTime } from "../../kernel/durations.ts";
import type { Config } from "../../model/config.ts";
import type { TaskOutcome } from "../../model/ledger.ts";
import type { Task, World } from "../../model/task.ts";
import type { AccountWindows, WindowName, WindowNow } from "../../model/window.ts";
import { atWork } from "../cards/asks.ts";
import { expectedOf, percentOf } from "./forecast.ts";
import { isTight, type Route, routeOf } from "../routing/routing.ts";
import { windowsAt } from "./window.ts";

/** What a task waits for at a credit window. `untilMs`: Unix ms. */
export interface WindowWait {
  readonly detail: string;
  readonly untilMs: number;
}

/** As much of a task as the gate looks at. */
export type GatedTask = Pick<Task, "envelope" | "options" | "state" | "attempts">;

/** The question whether a task may start now as far as credit windows go; every task that starts is told to it. */
export interface WindowGate {
  wait(task: GatedTask): WindowWait | null;
  started(task: GatedTask): void;
}

/** What the gate depends on. `running`: tasks with a worker. */
export interface GateInputs {
  readonly windows: AccountWindows | null;
  readonly history: readonly TaskOutcome[];
  readonly running: readonly GatedTask[];
  readonly config: Pick<Config, "window" | "worker">;
  readonly nowMs: number;
}

/** From this much room on, in percent above the reserve, all workers may work at once; below it fewer. */
const FULL_SPEED_PERCENT = 30;

/** Time between two starts after a reset, in ms: who waited does not begin all at once. */
const STAGGER_MS = 2000;

/** A window as the gate sees it. */
interface Lane {
  readonly window: WindowNow;
  /** Percent that what runs is expected to take yet. */
  inFlight: number;
}

const WORDS: Readonly<Record<WindowName, string>> = { primary: "the five-hour window", secondary: "the weekly window" };

/** The gate for what waits in a world; null where nobody has reported any windows. */
export function worldGate(
  world: World,
  inputs: Pick<GateInputs, "config" | "nowMs"> & Partial<Pick<GateInputs, "windows" | "history">>,
): WindowGate | null {
  const { windows = null, history = [], config, nowMs } = inputs;
  if (windows === null) return null;
  const open = [...world.open].flatMap((id) => world.tasks.get(id) ?? []);
  const running = open.filter(({ state }) => atWork(state) !== null);
  return openWindowGate({ windows, history, running, config, nowMs });
}

/** A gate over the windows of the workers' account; null where nobody has reported any. */
export function openWindowGate(inputs: GateInputs): WindowGate | null {
  const { windows, running, config, nowMs } = inputs;
  const lanes: Lane[] = windowsAt(windows, nowMs).map((window) => ({ window, inFlight: 0 }));
  if (lanes.length === 0) return null;
  for (const task of running) for (const lane of lanes) lane.inFlight += restOf(task, lane.window, inputs);
  const limit = 100 - config.window.reservePercent;
  let workers = running.length;
  let begunAtMs = lastStart(running);
  return {
    wait(task) {
      const risky = riskyWait(task, lanes, inputs);
      if (risky !== null) return risky;
      const tight = lanes.flatMap((lane) => crossing(task, lane, { ...inputs, limit }) ?? []);
      // The last of the resets it needs: to start before that would only be stopped by the next window.
      const last = tight.toSorted((a, b) => a.untilMs - b.untilMs).at(-1);
      if (last !== undefined) return last;
      return (
        tooMany(lanes, { limit, workers, most: config.worker.parallel }) ??
        staggered(task, lanes, { ...inputs, limit, begunAtMs })
      );
    },
    started(task) {
      workers += 1;
      begunAtMs = nowMs;
      for (const lane of lanes) lane.inFlight += percentOf(expected(task, inputs), lane.window.name, windows);
    },
  };
}

/** Why a run could not start and go through now: the first of its tasks that would have to wait for a window; null when none would. */
export function closedFor(
  tasks: readonly GatedTask[],
  inputs: GateInputs,
): (WindowWait & { readonly task: GatedTask }) | null {
  const gate = openWindowGate({
    ...inputs,
    config: { ...inputs.config, worker: { ...inputs.config.worker, parallel: Infinity } },
  });
  for (const task of tasks) {
    const wait = gate?.wait(task) ?? null;
    if (wait !== null) return { ...wait, task };
    gate?.started(task);
  }
  return null;
}

/** Tokens that nine in ten tasks like this one stay below. */
function expected(task: GatedTask, { history, windows, nowMs }: GateInputs): number {
  return expectedOf(task.envelope, routeFor(task, history, windowsAt(windows, nowMs)).effort, history).tokens.p90;
}

function routeFor(
  { envelope, options }: GatedTask,
  history: readonly TaskOutcome[],
  windows: readonly WindowNow[],
): Route {
  return routeOf({ envelope, asked: options.effort, history, windows, failed: [] });
}

/** What a running task takes yet: of one that began before the window was last seen, half is in what was seen. */
function restOf(task: GatedTask, window: WindowNow, inputs: GateInputs): number {
  const begun = task.attempts.at(-1)?.startedAt ?? "";
  const part = begun < window.observedAt ? 0.5 : 1;
  return part * percentOf(expected(task, inputs), window.name, inputs.windows);
}

function lastStart(running: readonly GatedTask[]): number {
  return running.reduce((last, task) => Math.max(last, Date.parse(task.attempts.at(-1)?.startedAt ?? "") || 0), 0);
}

/** High-risk work is not done with less effort: where others step down a tier, it waits. */
function riskyWait(task: GatedTask, lanes: readonly Lane[], { history }: GateInputs): WindowWait | null {
  const windows = lanes.map(({ window }) => window);
  if (!windows.some(isTight)) return null;
  const { wait } = routeFor(task, history, windows);
  if (wait === null || wait.until === null) return null;
  return { detail: `${wait.why}; until ${wait.until}`, untilMs: Date.parse(wait.until) };
}

/** A wait when the task would cross the reserve of this window; null when it fits, or when waiting for the reset would change nothing. */
function crossing(
  task: GatedTask,
  { window, inFlight }: Lane,
  at: GateInputs & { readonly limit: number },
): WindowWait | null {
  if (window.resetsAt === null && inFlight === 0) return null;
  const taken = window.usedPercent + inFlight;
  const cost = taken >= at.limit ? 0 : Math.min(percentOf(expected(task, at), window.name, at.windows), at.limit);
  if (taken < at.limit && taken + cost <= at.limit) return null;
  // Whoever has waited since before this window began goes as soon as half of it is free, however large it is.
  if (isOverdue(task, window, at.nowMs) && taken <= at.limit / 2) return null;
  const untilMs = window.resetsAt === null ? at.nowMs + STAGGER_MS : Date.parse(window.resetsAt);
  const takes = cost === 0 ? "" : `, this task takes about ${percentText(cost)}`;
  const detail = `${roomText(window, inFlight)}${takes}, ${100 - at.limit} % stay free; until ${isoTime(untilMs)}`;
  return { detail, untilMs };
}

/** True when the task could have started before the present window began. */
function isOverdue(task: GatedTask, window: WindowNow, nowMs: number): boolean {
  const sinceMs = task.state.at === "queued" ? Date.parse(task.state.notBefore) : nowMs;
  return sinceMs < beginOf(window, nowMs);
}

function beginOf({ before, resetsAt, windowMinutes }: WindowNow, nowMs: number): number {
  if (before !== null) return Date.parse(before.resetAt);
  return resetsAt === null ? nowMs : Date.parse(resetsAt) - windowMinutes * 60_000;
}

/** Fewer workers as a window closes: what they take together is only known when it is reported. */
function tooMany(
  lanes: readonly Lane[],
  { limit, workers, most }: { readonly limit: number; readonly workers: number; readonly most: number },
): WindowWait | null {
  for (const { window, inFlight } of lanes) {
    const room = limit - window.usedPercent;
    if (room >= FULL_SPEED_PERCENT || window.resetsAt === null) continue;
    const allowed = Math.max(1, Math.ceil((most * room) / FULL_SPEED_PERCENT));
    if (workers < allowed) continue;
    const detail = `${roomText(window, inFlight)}, so ${allowed} of ${most} workers work at once; at the latest until ${window.resetsAt}`;
    return { detail, untilMs: Date.parse(window.resetsAt) };
  }
  return null;
}

/** After a reset those that waited for it begin one after the other. */
function staggered(
  task: GatedTask,
  lanes: readonly Lane[],
  at: GateInputs & { readonly limit: number; readonly begunAtMs: number },
): WindowWait | null {
  for (const { window } of lanes) {
    if (window.before === null || !isOverdue(task, window, at.nowMs)) continue;
    const wasTight = window.before.usedPercent + percentOf(expected(task, at), window.name, at.windows) > at.limit;
    const untilMs = at.begunAtMs + STAGGER_MS;
    if (!wasTight || at.begunAtMs < Date.parse(window.before.resetAt) || at.nowMs >= untilMs) continue;
    return {
      detail: `${WORDS[window.name]} is open again; starts are staggered, this one at ${isoTime(untilMs)}`,
      untilMs,
    };
  }
  return null;
}

function roomText({ name, usedPercent }: WindowNow, inFlight: number): string {
  const flying = inFlight === 0 ? "" : `, about ${percentText(inFlight)} under way`;
  return `${WORDS[name]} is used to ${percentText(usedPercent)}${flying}`;
}

function percentText(percent: number): string {
  return `${percent < 10 ? Math.round(percent * 10) / 10 : Math.round(percent)} %`;
}
