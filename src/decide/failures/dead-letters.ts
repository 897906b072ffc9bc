import { isoTime, msOf } from "../../kernel/durations.ts";
import type { BreakerLook } from "../../model/breaker.ts";
import type { Config } from "../../model/config.ts";
import type { DeadPriority } from "../../model/dead-letter.ts";
import type { Failure } from "../../model/outcome.ts";
import type { Fact, Feedback } from "../../model/record.ts";
import type { Task, TaskState, World } from "../../model/task.ts";

type Dead = Extract<TaskState, { at: "dead" }>;

/** The fact that parks a task. `feedback`: what its next session is told. */
export function parked(
  world: World,
  task: Task,
  { failure, feedback, why }: { failure: Failure; feedback: Feedback | null; why: string },
  at: { readonly config: Config; readonly nowMs: number },
): Fact {
  const priority = priorityOf(world, task);
  const retryAfter = isoTime(Math.max(at.nowMs + sweepMs(priority, at.config), msOf(failure.retryAt)));
  return { type: "task.parked", task: task.id, failure, feedback, priority, retryAfter, why };
}

/** High where other open tasks wait for it, low where it is small and nobody does. */
function priorityOf(world: World, task: Task): DeadPriority {
  for (const id of world.open) if (world.tasks.get(id)?.envelope.after.includes(task.id) === true) return "high";
  return task.envelope.size === "light" ? "low" : "medium";
}

/** Time between two tries (mission C5: high 15 min, medium 1 h, low 1 day). */
function sweepMs(priority: DeadPriority, { dead }: Config): number {
  const minutes = { high: dead.highMinutes, medium: dead.mediumMinutes, low: dead.lowMinutes }[priority];
  return minutes * 60_000;
}

/** What a dead letter needs now: to be tried again, to be archived, or to be looked at later. */
export function deadStep(
  task: Task,
  state: Dead,
  { config, nowMs, breaker }: { readonly config: Config; readonly nowMs: number; readonly breaker?: BreakerLook },
): { readonly fact: Fact } | { readonly wakeAtMs: number } {
  const since = task.parked?.since ?? state.parkedAt;
  const archiveMs = Date.parse(since) + config.dead.archiveDays * 86_400_000;
  if (nowMs >= archiveMs) {
    const summary = `${state.failure.code}: ${state.failure.message}; archived after ${config.dead.archiveDays} days`;
    return { fact: { type: "task.ended", task: task.id, status: "dead", failure: state.failure, summary } };
  }
  const sweepMs = Date.parse(state.retryAfter);
  // While the breaker is open nothing would come of it; its closing brings everything back that it had kept out.
  if (breaker?.kind === "open") return { wakeAtMs: Math.min(archiveMs, Math.max(sweepMs, breaker.untilMs)) };
  const closedMs = breaker?.kind === "closed" ? breaker.closedMs : null;
  const isBack = closedMs !== null && state.failure.class === "transient" && closedMs > Date.parse(state.parkedAt);
  if (isBack) return { fact: { type: "task.swept", task: task.id, why: "the breaker has closed" } };
  if (nowMs >= sweepMs)
    return { fact: { type: "task.swept", task: task.id, why: `the ${state.priority} sweep is due` } };
  return { wakeAtMs: Math.min(archiveMs, sweepMs) };
}

/** The fold of `task.parked`. What was counted against the task stays: a sweep is one more try, not a new beginning. */
export function park(task: Task, fact: Extract<Fact, { type: "task.parked" }>, at: string): Task {
  if (task.state.at === "ended" || task.state.at === "running" || task.state.at === "queued") return task;
  const { failure, feedback, priority, retryAfter } = fact;
  return {
    ...task,
    parked: { since: task.parked?.since ?? at, times: (task.parked?.times ?? 0) + 1, priority },
    state: { at: "dead", failure, feedback, priority, retryAfter, parkedAt: at },
  };
}

/** The fold of `task.swept`: it goes on where it was. */
export function unpark(task: Task, at: string): Task {
  if (task.state.at !== "dead") return task;
  return { ...task, state: { at: "queued", notBefore: at, feedback: task.state.feedback } };
}
