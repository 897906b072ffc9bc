import { makeFailure } from "../model/failure.ts";
import type { Failure } from "../model/outcome.ts";
import type { Feedback } from "../model/record.ts";
import type { AttemptHistory, Task } from "../model/task.ts";
import { atWork } from "./cards/asks.ts";

/**
 * Attempts before the present one that were cut off, the latest first: what they have in the cloud may be at work yet, and handing
 * the same order in again would cost it twice. None behind a cancel, or behind words of a person that its task does not know.
 */
export function attemptsToGoOn(task: Task): number[] {
  const { feedback = null } = atWork(task.state) ?? {};
  const known = feedback?.from === "user" ? task.opened : 0;
  const numbers: number[] = [];
  for (const past of task.attempts.slice(0, -1).toReversed()) {
    if (past.attempt <= known || !wasCut(past)) break;
    numbers.push(past.attempt);
  }
  return numbers;
}

function wasCut({ outcome }: AttemptHistory): boolean {
  if (outcome === null) return true;
  return outcome.exit.reason !== "completed" && outcome.failure?.code !== "TASK_CANCELLED";
}

/** What a session in the cloud is told that takes the place of one that was cut off: the same as that one, for there is nothing else of it. */
export function toldBefore({ state }: Task): Feedback | null {
  return state.at === "attempted" ? state.feedback : null;
}

/** What ended a task that was cancelled; of work in the cloud, which nobody stops there, in the words that name its page. */
export function cancelled(task: Task): Failure {
  const seen = task.options.lane === "cloud" ? task.attempts.at(-1)?.outcome?.failure : undefined;
  if (seen?.code === "TASK_CANCELLED") return seen;
  return makeFailure("TASK_CANCELLED", "cancelled on request", { task: task.id });
}
