import { openForReading } from "../../blackboard/board.ts";
import { boardPaths } from "../../blackboard/layout.ts";
import { admit } from "../../decide/admission.ts";
import { restoreWorld } from "../../engine/restore.ts";
import { taskResult } from "../../engine/pages/view.ts";
import { CcoError } from "../../kernel/errors.ts";
import { DEFAULT_CONFIG } from "../../model/config.ts";
import type { TaskResult } from "../../model/result.ts";
import type { Project } from "../project.ts";
import { systemClock } from "../system.ts";
import { VERSION } from "../version.ts";

/** The tasks at hand as the journal says they are, read without an engine; null when it cannot be read: whoever starts the engine is told why. */
export async function journalTasks(project: Project): Promise<TaskResult[] | null> {
  try {
    const { world } = await restoreWorld(openForReading(project.board), { version: VERSION });
    const { waiting } = admit(world, DEFAULT_CONFIG.worker.parallel, systemClock().now());
    const paths = boardPaths(project.board);
    return [...world.tasks.values()].map((task) => taskResult(task, paths, waiting.get(task.id)));
  } catch (error) {
    if (error instanceof CcoError) return null;
    throw error;
  }
}
