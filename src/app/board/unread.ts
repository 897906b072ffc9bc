import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { boardWriteError } from "../../blackboard/board-errors.ts";
import { systemCode } from "../../kernel/errors.ts";
import { isTaskId } from "../../kernel/ids.ts";
import type { TaskResult } from "../../model/result.ts";
import type { Project } from "../project.ts";
import { readTask } from "./read-board.ts";
import { isEnded } from "./settled.ts";

/** Most notes that are looked at; older ones of sessions that nobody went on with stay until their task is shown. */
const LOOK_LIMIT = 200;

/**
 * Notes that a session of Claude Code asked for these tasks and has not seen their end: `.cco/unread/<task>`. A session that is gone by then
 * leaves the note to the next one. Throws BOARD_WRITE.
 */
export function noteUnread({ board }: Project, ids: readonly string[]): void {
  try {
    mkdirSync(join(board, "unread"), { recursive: true });
    for (const id of ids.filter(isTaskId)) writeFileSync(join(board, "unread", id), "");
  } catch (error) {
    throw boardWriteError(join(board, "unread"), error);
  }
}

/** Somebody was shown these tasks: of those that have ended, the end is known. Throws BOARD_WRITE. */
export function markRead({ board }: Project, tasks: readonly TaskResult[]): void {
  try {
    for (const { id } of tasks.filter(isEnded)) rmSync(join(board, "unread", id), { force: true });
  } catch (error) {
    throw boardWriteError(join(board, "unread"), error);
  }
}

/** Tasks that ended without anybody having been shown how. Throws BOARD_CORRUPT. */
export function unreadTasks(project: Project): TaskResult[] {
  const ids = namesIn(join(project.board, "unread")).filter(isTaskId).slice(0, LOOK_LIMIT);
  const tasks = ids.map((id) => readTask(project, id)).filter((task) => task !== null);
  return tasks.filter(isEnded);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (systemCode(error) === "ENOENT" || systemCode(error) === "ENOTDIR") return [];
    throw error;
  }
}
