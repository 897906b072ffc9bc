import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { systemCode } from "../../kernel/errors.ts";
import { parseJson } from "../../kernel/json.ts";
import { eventSchema } from "../../model/event.ts";
import type { Project } from "../project.ts";

/** How much of the end of the file is looked at, in bytes: some hundred events. */
const TAIL_BYTES = 128 * 1024;

/** The line of the last event of a task that tells its end or its card; null when the file does not go back that far. */
export function endLine(project: Project, task: string): string | null {
  for (const line of lastLines(join(project.board, "events.jsonl")).reverse()) {
    if (!line.includes(`"${task}"`)) continue;
    const event = eventSchema.safeParse(parseJson(line)).data;
    if (event?.task === task && event.event !== "running" && event.event !== "notice") return event.line;
  }
  return null;
}

function lastLines(path: string): string[] {
  try {
    const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const { size } = fstatSync(file);
      const bytes = Buffer.alloc(Math.min(size, TAIL_BYTES));
      const read = readSync(file, bytes, 0, bytes.length, size - bytes.length);
      return bytes.toString("utf8", 0, read).split("\n");
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    // No event was told yet.
    return [];
  }
}
