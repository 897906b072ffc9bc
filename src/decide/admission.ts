import { isoTime } from "../kernel/durations.ts";
import type { BreakerLook } from "../model/breaker.ts";
import type { Config } from "../model/config.ts";
import type { Task, World } from "../model/task.ts";
import { atWork } from "./cards/asks.ts";
import { staggeredMs } from "./failures/breaker.ts";
import type { CapWait } from "./spending/spending.ts";
import type { WindowGate } from "./windows/window-gate.ts";

/** Why a queued task does not start yet; `paused` will not change by itself. Times are Unix ms. */
export type Waiting =
  | { readonly for: "deps"; readonly detail: string; readonly paused: boolean }
  | { readonly for: "retry"; readonly detail: string; readonly untilMs: number; readonly paused: false }
  | { readonly for: "breaker"; readonly detail: string; readonly untilMs: number; readonly paused: false }
  | { readonly for: "window"; readonly detail: string; readonly untilMs: number; readonly paused: false }
  | (CapWait & { readonly for: "budget"; readonly paused: false })
  | { readonly for: "slot"; readonly detail: string; readonly paused: false }
  | { readonly for: "lane"; readonly detail: string; readonly paused: false };

/** Which queued tasks may start now, in order of submission, and why the others wait. */
export interface Admission {
  readonly start: readonly Task[];
  readonly waiting: ReadonlyMap<string, Waiting>;
}

/** The breaker that stands before every worker of this project, and its settings. */
export interface BreakerGate {
  readonly look: BreakerLook;
  readonly settings: Config["breaker"];
}

/** What stands before every worker besides slots and lanes. */
export interface Gates {
  readonly breaker: BreakerGate | null;
  readonly window: WindowGate | null;
  /** A cap of the project that is used up. */
  readonly cap: CapWait | null;
}

/**
 * Admits queued tasks: dependencies accepted, time come, breaker closed, room in the credit windows, local lane free, fewer than
 * `parallel` workers. One that has to wait holds up nobody behind it.
 */
export function admit(world: World, parallel: number, nowMs: number, gates: Gates = NO_GATES): Admission {
  const { breaker: gate, window, cap } = gates;
  const start: Task[] = [];
  const waiting = new Map<string, Waiting>();
  const open = [...world.open].map((id) => world.tasks.get(id)).filter((task) => task !== undefined);
  let workers = open.filter((task) => atWork(task.state) !== null).length;
  let localBusy = open.some(
    ({ options, state: { at } }) => options.lane === "local" && at !== "queued" && at !== "blocked" && at !== "dead",
  );
  let probes = 0;
  for (const task of open) {
    if (task.state.at !== "queued") continue;
    const reason =
      waitingFor(world, task, nowMs) ??
      (cap === null ? null : { for: "budget" as const, ...cap, paused: false as const }) ??
      breakerWait(task, gate, { nowMs, probes }) ??
      laneOrSlot(task, { localBusy, workers, parallel }) ??
      windowWait(task, window);
    if (reason !== null) {
      waiting.set(task.id, reason);
      continue;
    }
    start.push(task);
    window?.started(task);
    workers += 1;
    if (gate?.look.kind === "due") probes += 1;
    if (task.options.lane === "local") localBusy = true;
  }
  return { start, waiting };
}

function waitingFor(world: World, task: Task, nowMs: number): Waiting | null {
  for (const id of task.envelope.after) {
    const state = world.tasks.get(id)?.state;
    if (state?.at === "ended" && state.status === "accepted") continue;
    if (state === undefined) return { for: "deps", detail: `${id} is not known`, paused: true };
    if (state.at === "ended") return { for: "deps", detail: `${id} ${state.status}`, paused: true };
    if (state.at === "dead") return { for: "deps", detail: `${id} is parked as a dead letter`, paused: true };
    if (state.at === "blocked") return { for: "deps", detail: `${id} waits for a decision`, paused: true };
    const paused = state.at === "queued" && isPaused(world, id, nowMs);
    return { for: "deps", detail: paused ? `${id} is paused itself` : `${id} is not done yet`, paused };
  }
  if (task.state.at !== "queued") return null;
  const untilMs = Date.parse(task.state.notBefore);
  return untilMs > nowMs && !wasSetBack(task, nowMs)
    ? { for: "retry", detail: `next try at ${task.state.notBefore}`, untilMs, paused: false }
    : null;
}

/** Corrections of a clock that are no jump, in ms. */
const CLOCK_SLACK_MS = 60_000;

/** True when the clock shows a time before the wait began: what is left of it cannot be told, and nobody waits an hour for a second. */
function wasSetBack(task: Task, nowMs: number): boolean {
  return nowMs < Date.parse(task.updatedAt) - CLOCK_SLACK_MS;
}

function isPaused(world: World, id: string, nowMs: number): boolean {
  const task = world.tasks.get(id);
  return task !== undefined && waitingFor(world, task, nowMs)?.paused === true;
}

function laneOrSlot(task: Task, load: { localBusy: boolean; workers: number; parallel: number }): Waiting | null {
  if (task.options.lane === "local" && load.localBusy) {
    return { for: "lane", detail: "another task works in the local lane", paused: false };
  }
  if (load.workers >= load.parallel) {
    return { for: "slot", detail: `all ${load.parallel} worker slots are taken`, paused: false };
  }
  return null;
}

const NO_GATES: Gates = { breaker: null, window: null, cap: null };

function windowWait(task: Task, gate: WindowGate | null): Waiting | null {
  const wait = gate?.wait(task) ?? null;
  return wait === null ? null : { for: "window", ...wait, paused: false };
}

/** Time between two looks at a probe that somebody else makes, in ms. */
const PROBE_POLL_MS = 1000;

/** Nothing starts while the breaker is open; then one alone, and when that went well all, staggered. */
function breakerWait(task: Task, gate: BreakerGate | null, at: { nowMs: number; probes: number }): Waiting | null {
  if (gate === null) return null;
  const { look, settings } = gate;
  const wait = (detail: string, untilMs: number): Waiting => ({ for: "breaker", detail, untilMs, paused: false });
  switch (look.kind) {
    case "closed": {
      if (look.closedMs === null) return null;
      const untilMs = staggeredMs(task.id, look.closedMs, settings);
      return at.nowMs < untilMs && at.nowMs >= look.closedMs
        ? wait(`closed again; starts are staggered, this one at ${isoTime(untilMs)}`, untilMs)
        : null;
    }
    case "open":
      return wait(`open until ${isoTime(look.untilMs)} (${look.why})`, look.untilMs);
    case "due":
      return at.probes === 0 ? null : wait(`one task tries first (${look.why})`, at.nowMs + PROBE_POLL_MS);
    case "probing":
      return look.by === task.id ? null : wait(`${look.by} tries whether it works again`, at.nowMs + PROBE_POLL_MS);
  }
}
