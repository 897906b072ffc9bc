import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CcoError, systemCode } from "../kernel/errors.ts";
import { isTaskId } from "../kernel/ids.ts";
import { type TaskResult, taskResultSchema } from "../model/result.ts";
import type { Project } from "./project.ts";
import { parseJson } from "../kernel/json.ts";

/** Text of a file, or null when it is not there. */
export function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (systemCode(error) === "ENOENT" || systemCode(error) === "ENOTDIR") return null;
    throw error;
  }
}

/** The state of a task as the engine last wrote it, or null when there is no such task. Throws BOARD_CORRUPT. */
export function readTask(project: Project, id: string): TaskResult | null {
  return readPicture(project, id)?.task ?? null;
}

/** What a task's file says, and what that means. */
export interface TaskPicture {
  readonly text: string;
  readonly task: TaskResult;
}

/** As `readTask`, for who looks often: an unchanged file is `known` again. */
export function readPicture(project: Project, id: string, known?: TaskPicture): TaskPicture | null {
  if (!isTaskId(id)) return null;
  const text = readText(join(project.board, "tasks", id, "status.json"));
  if (text === null) return null;
  if (known?.text === text) return known;
  const parsed = taskResultSchema.safeParse(parseJson(text));
  if (parsed.success) return { text, task: parsed.data };
  throw new CcoError("BOARD_CORRUPT", `tasks/${id}/status.json is not what cco writes`, {
    hint: "delete the file; the engine writes it again at its next start",
  });
}

/** The state of a task that must exist. Throws TASK_UNKNOWN. */
export function requireTask(project: Project, id: string): TaskResult {
  const task = readTask(project, id);
  if (task === null) throw new CcoError("TASK_UNKNOWN", `there is no task ${id} in ${project.root}`);
  return task;
}

/** Ids of all tasks on the blackboard. */
export function taskIds(project: Project): string[] {
  const folder = join(project.board, "tasks");
  return existsSync(folder) ? readdirSync(folder).filter(isTaskId) : [];
}

/** All tasks, oldest first. */
export function readTasks(project: Project): TaskResult[] {
  const tasks = taskIds(project).map((id) => readTask(project, id));
  return tasks.filter((task) => task !== null).sort((a, b) => a.startedAt.localeCompare(b.startedAt));
}
