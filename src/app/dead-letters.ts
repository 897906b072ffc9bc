import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { CcoError } from "../kernel/errors.ts";
import { isTaskId } from "../kernel/ids.ts";
import { parseJson } from "../kernel/json.ts";
import { type DeadLetter, deadLetterSchema } from "../model/dead-letter.ts";
import { sendCommand } from "./engine/client.ts";
import type { Project } from "./project.ts";
import { requireTask } from "./board/read-board.ts";
import { readText } from "./board/read-text.ts";
import { isParked } from "./board/settled.ts";

/** The dead letters of a project, the one that is tried next first; letters that cannot be read are left out. */
export function readDeadLetters(project: Project): DeadLetter[] {
  const folder = join(project.board, "dead-letters");
  if (!existsSync(folder)) return [];
  const letters: DeadLetter[] = [];
  for (const name of readdirSync(folder)) {
    const text = name.endsWith(".json") && isTaskId(name.slice(0, -5)) ? readText(join(folder, name)) : null;
    const letter = text === null ? undefined : deadLetterSchema.safeParse(parseJson(text)).data;
    if (letter !== undefined) letters.push(letter);
  }
  return letters.sort((a, b) => a.retryAfter.localeCompare(b.retryAfter));
}

/** Tries a dead letter again now, or archives it. Throws TASK_UNKNOWN, DEAD_UNKNOWN and what the engine refuses. */
export async function handleDeadLetter(project: Project, action: "retry" | "drop", id: string): Promise<void> {
  const task = requireTask(project, id);
  if (!isParked(task)) {
    throw new CcoError("DEAD_UNKNOWN", `${id} is no dead letter; it is ${task.status}`, { data: { task: id } });
  }
  const about = { v: 1, task: id, by: "user" } as const;
  await sendCommand(
    project,
    action === "drop" ? { ...about, type: "drop" } : { ...about, type: "retry", feedback: null },
  );
}
