import { writeCommand } from "../../blackboard/inbox.ts";
import type { Call } from "../../model/ledger.ts";
import { ensureBoard } from "../init.ts";
import type { Project } from "../project.ts";
import { systemIds } from "../system.ts";

/**
 * Writes a call of a model that was made outside of the engine (a plan, a review of a change of anybody's) into the ledger: as a command,
 * which the next engine takes, so that it is there once whoever dies. `task` null: for no task. Does not wait. Throws BOARD_WRITE.
 */
export async function noteCall(project: Project, task: string | null, call: Call): Promise<void> {
  ensureBoard(project);
  await writeCommand(project.board, systemIds().next(), { v: 1, type: "note-call", task, call });
}
