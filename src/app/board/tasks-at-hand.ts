import type { TaskResult } from "../../model/result.ts";
import type { Project } from "../project.ts";
import { byAge, readLatestTasks, requireTask } from "./read-board.ts";
import { isPictureFresh } from "../engine/recover.ts";

/**
 * The tasks at hand as they are, oldest first, or the one with this id: by the pictures of the engine, and by the journal itself while those
 * may be older. Engines that are killed one after the other before they have written a picture must not make it lie. Throws TASK_UNKNOWN,
 * BOARD_CORRUPT.
 */
export async function tasksAtHand(project: Project, id?: string): Promise<TaskResult[]> {
  const told = isPictureFresh(project) ? null : await toldByJournal(project);
  if (id === undefined) return told === null ? readLatestTasks(project) : told.sort(byAge);
  return [told?.find((task) => task.id === id) ?? requireTask(project, id)];
}

/** Loaded only where it is needed: most looks at a board find an engine at work, or nothing open. */
async function toldByJournal(project: Project): Promise<TaskResult[] | null> {
  const { journalTasks } = await import("./journal-tasks.ts");
  return journalTasks(project);
}
