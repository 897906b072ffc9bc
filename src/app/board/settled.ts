import type { TaskResult } from "../../model/result.ts";

/** True when nothing will happen to the task before a person acts: it ended, a card holds it, or its dependency failed. */
export function isSettled(task: TaskResult): boolean {
  if (task.status === "running") return false;
  return task.status !== "waiting" || task.paused === true || task.card !== undefined;
}

/** Exit code of a command that waited for these tasks (contract, table "exit"). */
export function exitCodeFor(tasks: readonly TaskResult[]): number {
  const has = (status: TaskResult["status"]): boolean => tasks.some((task) => task.status === status);
  const failed = tasks.filter((task) => task.status === "failed");
  if (failed.length > 0) return failed.every((task) => task.error?.class === "environment") ? 7 : 1;
  if (has("blocked") || tasks.some(({ status, card }) => status === "waiting" && card !== undefined)) return 3;
  if (has("dead")) return 6;
  if (has("cancelled")) return 5;
  return tasks.some((task) => task.status === "waiting" && task.paused === true) ? 1 : 0;
}

/** True when the task is over for good: accepted, failed, cancelled or an archived dead letter. */
export function isEnded(task: TaskResult): boolean {
  if (isParked(task)) return false;
  return task.status !== "running" && task.status !== "waiting" && task.status !== "blocked";
}

/** True for a dead letter that is tried again by itself. */
export function isParked(task: TaskResult): boolean {
  return task.status === "dead" && task.phase === "parked";
}
