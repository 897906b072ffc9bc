import { appendFileSync, existsSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { systemCode } from "../kernel/errors.ts";
import type { Project } from "./project.ts";

/** What Claude reads of cco: answers of MCP tools, texts of hooks, the output of commands that Claude runs. */
export const READ_KINDS = ["mcp", "hook", "cli"] as const;
export type ReadKind = (typeof READ_KINDS)[number];

/** Two files of this size at most: what is older than both is forgotten. */
const FILE_BYTES = 512 * 1024;

/**
 * Notes that Claude has to read this many bytes, for a task or for none. One short line is appended, so that several processes may do it
 * at once. Without a blackboard, and where it cannot be written, nothing is noted: counting never fails what is counted.
 */
export function countRead(project: Project, kind: ReadKind, bytes: number, task: string | null = null): void {
  if (bytes <= 0 || !existsSync(project.board)) return;
  const [old, file] = countFiles(project);
  try {
    if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) >= FILE_BYTES) renameSync(file, old);
    appendFileSync(file, `${JSON.stringify({ at: new Date().toISOString(), kind, task, bytes })}\n`);
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
  }
}

/** Files of counts, the older one first. */
export function countFiles(project: Project): [string, string] {
  return [join(project.board, "reads.old.jsonl"), join(project.board, "reads.jsonl")];
}
