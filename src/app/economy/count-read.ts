import { appendFileSync, existsSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { systemCode } from "../../kernel/errors.ts";
import { isTaskId } from "../../kernel/ids.ts";
import type { Project } from "../project.ts";

/** What Claude reads of cco: answers of MCP tools, texts of hooks, the output of commands that Claude runs. */
export const READ_KINDS = ["mcp", "hook", "cli"] as const;
export type ReadKind = (typeof READ_KINDS)[number];

/** Two files of this size at most: what is older than both is forgotten. */
const FILE_BYTES = 512 * 1024;

/** Most tasks that share what was read; more are counted as none. */
const MOST_TASKS = 16;

/**
 * Notes that Claude has to read this many bytes, for tasks in equal parts, or for none. Short lines are appended at once, so that several
 * processes may do it. Without a blackboard, and where it cannot be written, nothing is noted: counting never fails what is counted.
 */
export function countRead(project: Project, kind: ReadKind, bytes: number, tasks: readonly string[] = []): void {
  if (bytes <= 0 || !existsSync(project.board)) return;
  const [old, file] = countFiles(project);
  try {
    if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) >= FILE_BYTES) renameSync(file, old);
    const at = new Date().toISOString();
    const about = tasks.length === 0 || tasks.length > MOST_TASKS ? [null] : tasks;
    const part = Math.round(bytes / about.length);
    appendFileSync(file, about.map((task) => `${JSON.stringify({ at, kind, task, bytes: part })}\n`).join(""));
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
  }
}

/** Tasks of the board that a text names, each once. */
export function tasksNamedIn(project: Project, text: string): string[] {
  const words = new Set(text.split(/[^\w.-]+/).map((word) => word.replace(/[.-]+$/, "")));
  return [...words].filter((word) => isTaskId(word) && existsSync(join(project.board, "tasks", word)));
}

/** Files of counts, the older one first. */
export function countFiles(project: Project): [string, string] {
  return [join(project.board, "reads.old.jsonl"), join(project.board, "reads.jsonl")];
}
