import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Blackboard } from "../../ports/blackboard.ts";
import type { Log } from "../../ports/log.ts";
import { killMarkedBelow } from "../../process/kill-tree.ts";
import { JOB_MARKER } from "../../process/run.ts";
import { forgetEngineFailure } from "./engine-failure.ts";
import { forgetEngineStart } from "./engine-process.ts";
import type { Project } from "../project.ts";

/**
 * The board as an engine takes it over. From one that was killed it ends the checks and reviewers that were still at work: those of
 * a task that goes on would be ended when they are run again, those of a task that is cancelled by nobody. Once it has written the
 * page of the world it is up: the pictures are those of its journal, and what was noted about its start is void.
 */
export function boardForEngine(project: Project, board: Blackboard, log: Log): Blackboard {
  let up = false;
  return {
    ...board,
    async lock() {
      const killed = existsSync(join(project.board, "engine.lock"));
      await board.lock();
      const ended = killed ? await killMarkedBelow(JOB_MARKER, board.paths.root) : 0;
      if (ended > 0) log.warn(`ended ${ended} processes of an engine that was killed`);
    },
    async writeFile(path, content, options) {
      await board.writeFile(path, content, options);
      if (up || path !== "status.md") return;
      up = true;
      forgetEngineFailure(project);
      forgetEngineStart(project);
    },
  };
}
