import { CcoError } from "../kernel/errors.ts";
import { sendCommand } from "./engine/client.ts";
import type { Project } from "./project.ts";
import { requireTask } from "./board/read-board.ts";
import { isEnded } from "./board/settled.ts";

/** Asks the engine to cancel tasks. A single one that has ended is an error, in a list it is left out. */
export async function cancelTasks(project: Project, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    const task = requireTask(project, id);
    if (isEnded(task)) {
      if (ids.length > 1) continue;
      throw new CcoError("TASK_ENDED", `${id} has ended already: ${task.status}`, { data: { task: id } });
    }
    await sendCommand(project, { v: 1, type: "cancel", task: id, by: "user" });
  }
}
