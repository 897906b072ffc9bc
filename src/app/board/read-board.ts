import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { CcoError } from "../../kernel/errors.ts";
import { isTaskId } from "../../kernel/ids.ts";
import { type TaskResult, taskResultSchema } from "../../model/result.ts";
import type { Project } from "../project.ts";
import { parseJson } from "../../kernel/json.ts";
import { readText } from "./read-text.ts";

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

/** The tasks that a command may have to do with, oldest first: every open one, and the latest that have ended. */
export function readLatestTasks(project: Project): TaskResult[] {
  const tasks = (idsAtHand(project) ?? taskIds(project)).map((id) => readTask(project, id));
  return tasks.filter((task) => task !== null).sort(byAge);
}

/** Oldest first, as results are listed. */
export function byAge(a: Pick<TaskResult, "startedAt">, b: Pick<TaskResult, "startedAt">): number {
  if (a.startedAt === b.startedAt) return 0;
  return a.startedAt < b.startedAt ? -1 : 1;
}

/** Written by the engine: tasks whose files it keeps up to date; all others lie on pages of the finished. */
const indexSchema = z.object({ v: z.literal(1), tasks: z.array(z.string()) });

/** Ids of the tasks that the engine has at hand; null when it has not written them down yet. */
function idsAtHand(project: Project): string[] | null {
  const index = indexSchema.safeParse(parseJson(readText(join(project.board, "index.json")) ?? ""));
  return index.success ? index.data.tasks : null;
}
