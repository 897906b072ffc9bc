import { folderNumber } from "../../kernel/ids.ts";
import type { Config } from "../../model/config.ts";
import { makeFailure } from "../../model/failure.ts";
import type { Leftover } from "../../model/leftover.ts";
import type { Failure } from "../../model/outcome.ts";
import type { Feedback } from "../../model/record.ts";
import type { Task } from "../../model/task.ts";
import { stepText } from "./step-reached.ts";

/** Sessions in a row that may move nothing; the last of them is one too many. */
const IDLE_LIMIT = 2;

/** Sessions that a task without a budget of minutes may have before a person is asked whether it may grow further. */
const CHUNKS_WITHOUT_BUDGET = 8;

/** What follows a session that ended at the soft limit. */
export type ChunkVerdict =
  | { readonly kind: "go-on"; readonly progress: boolean }
  /** It cannot go on: `failure` says why, and a card may be made of it. */
  | { readonly kind: "stop"; readonly failure: Failure };

/** Whether the work goes on in another session. `left`: what the session that just ended has left; null when that is not known. */
export function judgeChunk(task: Task, attempt: number, left: Leftover | null, config: Config): ChunkVerdict {
  const facts = { attempt, task: task.id, evidence: digestFile(task.id, attempt) };
  const breaks = task.chunks.breaks + 1;
  if (isTimeUsedUp(task)) {
    const minutes = task.envelope.budget.minutes ?? 0;
    const message = `budget exhausted${stepText(task, left)}: ${minutes} minutes are used up after ${breaks} sessions`;
    return { kind: "stop", failure: makeFailure("BUDGET_MINUTES", message, facts) };
  }
  const progress = hasMoved(task.chunks.last, left);
  if (!progress && task.chunks.idle + 1 >= IDLE_LIMIT) {
    const message = `${IDLE_LIMIT} sessions in a row changed nothing in the work tree and completed no step of their plan`;
    return { kind: "stop", failure: makeFailure("CODEX_NO_PROGRESS", message, facts) };
  }
  if (breaks >= chunkLimit(task, config)) {
    const message = `${breaks} sessions of ${config.worker.softMinutes} minutes were not enough${stepText(task, left)}`;
    return { kind: "stop", failure: makeFailure("TASK_GROWING", message, facts) };
  }
  return { kind: "go-on", progress };
}

/** Where the digest of an attempt lies on the blackboard. */
export function digestFile(task: string, attempt: number): string {
  return `tasks/${task}/attempts/${folderNumber(attempt)}/digest.md`;
}

/** Sessions that were planned: as many as the minutes of the budget have room for; those end the task themselves. */
function chunkLimit(task: Task, config: Config): number {
  const { minutes } = task.envelope.budget;
  return minutes === undefined ? CHUNKS_WITHOUT_BUDGET : Math.ceil(minutes / config.worker.softMinutes);
}

/** True unless the work tree is the same and no further step of a plan was completed. What could not be read counts as moved. */
function hasMoved(before: Leftover | null, now: Leftover | null): boolean {
  if (now === null || now.tree === null) return true;
  const known = new Set(before?.completed);
  return now.tree !== (before?.tree ?? "") || now.completed.some((step) => !known.has(step));
}

/**
 * Milliseconds that the workers of a task have worked since it was opened. Waiting (also for an answer in the middle of a session), checks and reviews do not count; neither does
 * a lost session: nobody knows when it ended, and a night without power is no work.
 */
export function spentMs(task: Task): number {
  let sum = 0;
  for (const { outcome } of task.attempts.slice(task.opened)) {
    if (outcome === null || outcome.exit.reason === "lost") continue;
    const { startedAt, endedAt, waitedMs = 0 } = outcome.exit;
    const ms = Date.parse(endedAt) - Date.parse(startedAt) - waitedMs;
    if (ms > 0) sum += ms;
  }
  return sum;
}

/** True when `budget.minutes` of the envelope leaves nothing for another session. */
export function isTimeUsedUp(task: Task): boolean {
  const { minutes } = task.envelope.budget;
  return minutes !== undefined && spentMs(task) >= minutes * 60_000;
}

/** What a session is told that goes on where another one was cut: the digest, and what the line of work was told at its beginning. */
export function continuation(from: "chunk" | "interrupted" | "stuck", text: string, told: Feedback | null): Feedback {
  const before = beginningOf(told);
  const order = told?.order === undefined || told.order === "repair" ? {} : { order: told.order };
  return { from, text, ...(before === null ? {} : { before }), ...order };
}

/** The feedback that a line of work began with; null when it began with the order alone. */
function beginningOf(told: Feedback | null): Feedback["before"] | null {
  if (told === null) return null;
  if (told.from === "chunk" || told.from === "interrupted" || told.from === "stuck") return told.before ?? null;
  return { from: told.from, text: told.text };
}
