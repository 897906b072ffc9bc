import { followTasks } from "../app/board/follow.ts";
import { readTask } from "../app/board/read-board.ts";
import { isSettled } from "../app/board/settled.ts";
import { markRead } from "../app/board/unread.ts";
import type { TaskResult } from "../model/result.ts";
import { line, taskLine } from "./texts.ts";
import type { ToolCall } from "./tool.ts";
import { waitLimitMs } from "./wait-limit.ts";

/** `first`: something settled. `all`: everything did, or something needs somebody. */
export interface WaitOrder {
  readonly seconds: number | undefined;
  readonly until: "first" | "all";
}

/** What settles within this time of the first event belongs to the same answer, in ms: each answer costs the model a turn. */
const TOGETHER_MS = 700;

/** Time between two signs of life, in ms; a client gives a call up that says nothing for long. */
const SIGN_MS = 20_000;

/** Waits for tasks within the time that the client has, telling how it goes. The tasks as they are then. */
export async function waitFor(ids: readonly string[], call: ToolCall, order: WaitOrder): Promise<TaskResult[]> {
  const limitMs = waitLimitMs({ client: call.client, showsProgress: call.showsProgress, env: process.env });
  const ms = Math.min(order.seconds === undefined ? Infinity : order.seconds * 1000, limitMs);
  const stop = new AbortController();
  const onAbort = (): void => stop.abort();
  call.signal.addEventListener("abort", onAbort, { once: true });
  if (call.signal.aborted) stop.abort();
  const started = performance.now();
  const pictures = new Map<string, TaskResult>();
  const signs = setInterval(() => call.progress(progressLine(ids, pictures, started)), SIGN_MS);
  const onChange = (task: TaskResult): void => {
    pictures.set(task.id, task);
    call.progress(progressLine(ids, pictures, started));
    if (order.until === "all" && needsSomebody(task)) stop.abort();
  };
  const follow = (deadlineMs: number, any: boolean): Promise<TaskResult[]> =>
    followTasks(call.project, ids, { any, deadlineMs, signal: stop.signal, onChange });
  try {
    const tasks = await follow(Date.now() + ms, order.until === "first");
    const some = tasks.some(isSettled) && !tasks.every(isSettled);
    if (!some || call.signal.aborted) return tasks;
    return await followTasks(call.project, ids, {
      any: false,
      deadlineMs: Date.now() + TOGETHER_MS,
      signal: call.signal,
      onChange: () => undefined,
    });
  } finally {
    clearInterval(signs);
    call.signal.removeEventListener("abort", onAbort);
  }
}

/** True when the task will not come to a good end by itself. */
function needsSomebody(task: TaskResult): boolean {
  return isSettled(task) && task.status !== "accepted";
}

/** The client is told of these tasks now: of those that have settled, nothing of that is news again. Not so in a call that it took back. */
export function tell({ told, project, signal }: ToolCall, tasks: readonly TaskResult[]): void {
  if (signal.aborted) return;
  for (const task of tasks.filter(isSettled)) told.add(task);
  markRead(project, tasks);
}

/** The tasks of these ids as they are now. */
export function tasksNow(call: ToolCall, ids: readonly string[]): TaskResult[] {
  return ids.map((id) => readTask(call.project, id)).filter((task) => task !== null);
}

function progressLine(ids: readonly string[], pictures: ReadonlyMap<string, TaskResult>, started: number): string {
  const tasks = [...pictures.values()];
  const ended = tasks.filter(isSettled).length;
  const now = tasks.findLast((task) => !isSettled(task));
  const at = now === undefined ? "" : `; ${line(taskLine(now), 80)}`;
  return `${ended} of ${ids.length} ended${at}; ${Math.round((performance.now() - started) / 1000)} s`;
}
