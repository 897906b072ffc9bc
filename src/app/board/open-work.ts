import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { systemCode } from "../../kernel/errors.ts";
import { parseJson } from "../../kernel/json.ts";
import { type Card, cardSchema } from "../../model/card.ts";
import type { TaskResult } from "../../model/result.ts";
import type { Project } from "../project.ts";
import { readTask } from "./read-board.ts";
import { readText } from "./read-text.ts";

/** Most open tasks that are read; a board may hold a hundred thousand. */
const READ_LIMIT = 300;

/** What is open on a board, from the few files that say so. */
export interface OpenWork {
  /** Open tasks in the order of their submission, at most 300 of them. */
  readonly tasks: readonly TaskResult[];
  /** How many there are. */
  readonly count: number;
  /** Open cards, at most as many. */
  readonly cards: readonly Card[];
  /** How many there are. */
  readonly cardCount: number;
}

/** Open tasks and cards, without looking at what has ended. Throws BOARD_CORRUPT. */
export function readOpenWork(project: Project): OpenWork {
  const ids = openIds(project);
  const tasks = ids.slice(0, READ_LIMIT).map((id) => readTask(project, id));
  const names = cardFiles(project);
  const cards = names.slice(0, READ_LIMIT).flatMap((name) => readCard(project, name));
  return { tasks: tasks.filter((task) => task !== null), count: ids.length, cards, cardCount: names.length };
}

/** True when nothing on the board can be open: no look into it is needed. */
export function isQuiet({ board }: Project): boolean {
  return !existsSync(join(board, "open.json")) && cardFiles({ board }).length === 0;
}

function openIds({ board }: Project): string[] {
  const open = parseJson(readText(join(board, "open.json")) ?? "");
  if (typeof open !== "object" || open === null || !("tasks" in open) || !Array.isArray(open.tasks)) return [];
  return open.tasks.filter((id) => typeof id === "string");
}

/** Their names in the order of their tasks; the page beside each is for people. */
function cardFiles({ board }: Pick<Project, "board">): string[] {
  try {
    return readdirSync(join(board, "decisions", "pending")).filter((name) => name.endsWith(".json"));
  } catch (error) {
    if (systemCode(error) === "ENOENT" || systemCode(error) === "ENOTDIR") return [];
    throw error;
  }
}

/** Cards of caps begin so. */
const CAP_CARD = /^D-(?:user-)?cap-/;

/** Open cards of caps, which belong to no task. */
export function capCards(project: Project): Card[] {
  const names = cardFiles(project).filter((name) => CAP_CARD.test(name));
  return names.flatMap((name) => readCard(project, name)).filter(({ task }) => task === "");
}

function readCard({ board }: Project, name: string): Card[] {
  const card = cardSchema.safeParse(parseJson(readText(join(board, "decisions", "pending", name)) ?? ""));
  return card.success ? [card.data] : [];
}
