import type { TaskResult } from "../../model/result.ts";
import { watchEngineFailure } from "../engine/engine-failure.ts";
import { join } from "node:path";
import { openFolderHint } from "../../process/folder-hint.ts";
import { ensureEngine, isEngineRunning } from "../engine/engine-process.ts";
import type { Project } from "../project.ts";
import { readPicture, readTask, type TaskPicture } from "./read-board.ts";
import { isPictureFresh } from "../engine/recover.ts";
import { isSettled } from "./settled.ts";
import { systemClock } from "../system.ts";

/** How to wait. */
export interface FollowOptions {
  /** Return when one has settled instead of all. */
  readonly any: boolean;
  /** Unix ms at which to stop waiting; Infinity = never. */
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
  /** Called with every task whose picture changed. */
  onChange(task: TaskResult): void;
}

/** Time between two looks, in ms: short at first, when an end is near or somebody looks on, then rarely. A hint brings one forward. */
const POLL_MS = { first: 15, later: 200, afterMs: 5000 };

/** Most tasks that are watched; watches are few on some systems, and of many tasks one changes often enough. */
const WATCH_LIMIT = 50;

/** Time between two looks at the engine, in ms; one that died is started again. */
const ENGINE_POLL_MS = 1000;

/** Time that the engine has for the first picture of a task that it took, in ms. */
const FIRST_PICTURE_MS = 5000;

/** The tasks of a run that was just handed in, as soon as the engine shows them. */
export async function firstPicture(project: Project, ids: readonly string[]): Promise<TaskResult[]> {
  const clock = systemClock();
  for (const startedMs = clock.now(); ; await clock.sleep(POLL_MS.first)) {
    const tasks = ids.map((id) => readTask(project, id)).filter((task) => task !== null);
    if (tasks.length === ids.length || clock.now() - startedMs > FIRST_PICTURE_MS) return tasks;
  }
}

/** Waits until tasks have settled, the deadline or the signal; returns them as they are then. Keeps an engine running; throws why none can. */
export async function followTasks(
  project: Project,
  ids: readonly string[],
  options: FollowOptions,
): Promise<TaskResult[]> {
  const watched = ids.length > WATCH_LIMIT ? [] : ids;
  const hint = openFolderHint(
    watched.map((id) => join(project.board, "tasks", id)),
    ["status.json"],
  );
  try {
    const hinted = hint.watching && watched.length > 0;
    return await lookUntil(project, ids, options, (quick) =>
      hint.next(quick && !hinted ? POLL_MS.first : POLL_MS.later, options.signal),
    );
  } finally {
    hint.close();
  }
}

async function lookUntil(
  project: Project,
  ids: readonly string[],
  options: FollowOptions,
  pause: (quick: boolean) => Promise<void>,
): Promise<TaskResult[]> {
  // Not the time of day: a clock that is set must not end the wait or put off the next look.
  const startedMs = performance.now();
  const untilMs = startedMs + options.deadlineMs - systemClock().now();
  const pictures = new Map<string, TaskPicture>();
  const throwEngineFailure = watchEngineFailure(project);
  let fresh = isPictureFresh(project);
  let nextEngineLook = startedMs + ENGINE_POLL_MS;
  for (;;) {
    for (const id of ids) {
      const known = pictures.get(id);
      const picture = readPicture(project, id, known);
      if (picture === null) pictures.delete(id);
      else pictures.set(id, picture);
      if (picture !== null && stampOf(picture) !== stampOf(known)) options.onChange(picture.task);
    }
    const tasks = ids.flatMap((id) => pictures.get(id)?.task ?? []);
    const settled = tasks.filter(isSettled);
    const done = options.any ? settled.length > 0 : tasks.length === ids.length && settled.length === ids.length;
    if (done && (fresh ||= isPictureFresh(project))) return tasks;
    if (options.signal.aborted || performance.now() >= untilMs) return tasks;
    if (performance.now() >= nextEngineLook) {
      if (!isEngineRunning(project)) {
        throwEngineFailure();
        ensureEngine(project);
      }
      nextEngineLook = performance.now() + ENGINE_POLL_MS;
    }
    await pause(performance.now() - startedMs < POLL_MS.afterMs);
  }
}

/** What a change of is worth telling. */
function stampOf(picture: TaskPicture | undefined): string {
  if (picture === undefined) return "";
  const { updatedAt, status, phase, waitingFor, step } = picture.task;
  return `${updatedAt} ${status} ${phase} ${waitingFor ?? ""} ${step?.n ?? 0}`;
}
