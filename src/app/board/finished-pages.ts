import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { TaskResult } from "../../model/result.ts";
import type { Project } from "../project.ts";
import { byAge, readTask, taskIds } from "./read-board.ts";

/** A task in a list: its result as text on one line of JSON, which nobody has to parse to print it. */
export interface ListedTask {
  readonly id: string;
  readonly status: string;
  readonly startedAt: string;
  readonly text: string;
}

const HEAD = /^\{"id":"([^"]+)","status":"([^"]+)"/;
const STARTED = '"startedAt":"';

/**
 * The tasks of the board, oldest first. `latest`: those at hand; all others are read from the pages of the finished, newest page first,
 * until there are `most` of them.
 */
export function listTasks(project: Project, latest: readonly TaskResult[], most = Infinity): ListedTask[] {
  const known = new Set(latest.map((task) => task.id));
  const finished = (readPages(project, most) ?? readFolders(project)).filter((task) => !known.has(task.id));
  return [...finished, ...latest.map(listed)].sort(byAge);
}

/** True when tasks have ended that are not at hand any more. */
export function hasPages({ board }: Project): boolean {
  return existsSync(join(board, "finished"));
}

function listed(task: TaskResult): ListedTask {
  return { id: task.id, status: task.status, startedAt: task.startedAt, text: JSON.stringify(task) };
}

/** The latest line of each task on the pages, newest page first; null when a page is damaged: the folders of the tasks hold the same. */
function readPages({ board }: Project, most: number): ListedTask[] | null {
  const folder = join(board, "finished");
  if (!existsSync(folder)) return [];
  const tasks = new Map<string, ListedTask>();
  for (const name of readdirSync(folder).sort().reverse()) {
    if (!name.endsWith(".jsonl")) continue;
    if (tasks.size >= most) break;
    for (const text of readFileSync(join(folder, name), "utf8").split("\n").reverse()) {
      if (text === "") continue;
      const task = parseLine(text);
      if (task === null) return null;
      if (!tasks.has(task.id)) tasks.set(task.id, task);
    }
  }
  return [...tasks.values()];
}

/** Looks only at what listing needs: inside of a JSON string every quote has a backslash before it, so these keys are keys. */
function parseLine(text: string): ListedTask | null {
  const head = HEAD.exec(text);
  const started = text.lastIndexOf(STARTED);
  if (head === null || !text.endsWith("}") || started < 0) return null;
  const [, id = "", status = ""] = head;
  const from = started + STARTED.length;
  return { id, status, startedAt: text.slice(from, text.indexOf('"', from)), text };
}

function readFolders(project: Project): ListedTask[] {
  return taskIds(project).flatMap((id) => {
    const task = readTask(project, id);
    return task === null ? [] : [listed(task)];
  });
}
