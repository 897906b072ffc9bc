import { assertNever } from "../../kernel/assert-never.ts";
import { formatDuration } from "../../kernel/durations.ts";
import type { Config } from "../../model/config.ts";
import type { Fact } from "../../model/record.ts";
import type { Task } from "../../model/task.ts";

/** Room beyond a limit before its silence is a failure: a tenth of it, at least this long, in ms. */
const LEAST_SLACK_MS = 5000;

/**
 * Milliseconds within which something has to be heard of a task in its present state; null where it waits for a time, a person or
 * another task. Every part has a limit of its own and ends before this: what passes it hangs in a way that nobody else would tell.
 */
export function allowedMs(task: Task, config: Config): number | null {
  const limitMs = limitOf(task, config);
  return limitMs === null ? null : limitMs + Math.max(LEAST_SLACK_MS, limitMs / 10);
}

function limitOf({ state, envelope, options }: Task, { worker, cloud, verify, review }: Config): number | null {
  const checksMs = Math.max(1, envelope.acceptance.length) * verify.minutes * 60_000;
  switch (state.at) {
    case "running":
      return (options.lane === "cloud" ? cloud : worker).hardMinutes * 60_000 + 3 * worker.killGraceSeconds * 1000;
    case "sealed":
    case "merging":
      return checksMs + 60_000;
    case "verified":
      if (state.postponed !== undefined) return null;
      // Evidence is executed on both sides of the change.
      return review.minutes * 2 * 60_000 + 10 * checksMs;
    case "queued":
    case "attempted":
    case "reviewed":
    case "merged":
    case "blocked":
    case "given-up":
    case "dead":
    case "ended":
      return null;
    default:
      return assertNever(state);
  }
}

/** The loud failure of a task that was not heard of for `silentMs`. */
export function missingEvent(task: Task, silentMs: number): Fact {
  const why = `${task.state.at} for ${formatDuration(silentMs)} without a word; look at cco logs ${task.id}, then cco cancel ${task.id}`;
  return { type: "event.missing", task: task.id, state: task.state.at, why };
}
