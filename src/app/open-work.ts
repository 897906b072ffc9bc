import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { systemCode } from "../kernel/errors.ts";
import { parseJson } from "../kernel/json.ts";
import type { TaskResult } from "../model/result.ts";
import type { Project } from "./project.ts";
import { readTask, readText } from "./read-board.ts";

/** Most open tasks that are read; a board may hold a hundred thousand. */
const READ_LIMIT = 300;

/** What is open on a board, from the few files that say so. */
export interface OpenWork {
  /** Open tasks in the order of their submission, at most 300 of them. */
  readonly tasks: readonly TaskResult[];
  /** How many there are. */
  readonly count: number;
  /** How many cards are open. */
  readonly cards: number;
}

/** Open tasks and cards, without looking at what has ended. Throws BOARD_CORRUPT. */
export function readOpenWork(project: Project): OpenWork {
  const ids = openIds(project);
  const tasks = ids.slice(0, READ_LIMIT).map((id) => readTask(project, id));
  return { tasks: tasks.filter((task) => task !== null), count: ids.length, cards: countCards(project) };
}

/** True when nothing on the board can be open: no look into it is needed. */
export function isQuiet({ board }: Project): boolean {
  return !existsSync(join(board, "open.json")) && countCards({ board }) === 0;
}

function openIds({ board }: Project): string[] {
  const open = parseJson(readText(join(board, "open.json")) ?? "");
  if (typeof open !== "object" || open === null || !("tasks" in open) || !Array.isArray(open.tasks)) return [];
  return open.tasks.filter((id) => typeof id === "string");
}

function countCards({ board }: Pick<Project, "board">): number {
  try {
    return readdirSync(join(board, "decisions", "pending")).filter((name) => name.endsWith(".md")).length;
  } catch (error) {
    if (systemCode(error) === "ENOENT" || systemCode(error) === "ENOTDIR") return 0;
    throw error;
  }
}
