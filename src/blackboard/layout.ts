import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import { CcoError, systemCode } from "../kernel/errors.ts";
import { folderNumber, isTaskId } from "../kernel/ids.ts";
import type { BoardPaths } from "../ports/blackboard.ts";
import { boardWriteError } from "./board-errors.ts";

/** Parents first. */
const FOLDERS = [
  "",
  "journal",
  "inbox",
  "tasks",
  "decisions",
  "decisions/pending",
  "decisions/answered",
  "dead-letters",
] as const;

/** Files that only the board itself writes: `writeFile` and `removeFile` refuse them. */
const OWN_FILES = /^(?:journal(?:\/|$)|checkpoint\.json$|engine\.lock|inbox(?:\/|$)|\.gitignore$)/;

/** Where things are on the board at `root` (absolute). Ids that are no task ids throw TASK_UNKNOWN: they never become a path. */
export function boardPaths(root: string): BoardPaths {
  const tasks = join(root, "tasks");
  const task = (id: string): string => {
    if (!isTaskId(id))
      throw new CcoError("TASK_UNKNOWN", `there is no task ${JSON.stringify(id)}: that is not a task id`);
    return join(tasks, id);
  };
  return {
    root,
    tasks,
    worktrees: join(root, "worktrees"),
    task,
    attempt: (id, attempt) => join(task(id), "attempts", folderNumber(attempt)),
    review: (id, round) => join(task(id), "review", folderNumber(round)),
  };
}

/**
 * Makes the folders of a board, and the `.gitignore` with which it ignores itself: whoever makes the board, the user's tree stays clean.
 * Cheap when all is there. Throws BOARD_WRITE.
 */
export function ensureLayout(root: string): void {
  try {
    if (!existsSync(dirname(root))) mkdirSync(dirname(root), { recursive: true });
    for (const folder of FOLDERS) unlessThere(() => mkdirSync(join(root, folder)));
    const ignore = join(root, ".gitignore");
    if (!existsSync(ignore)) unlessThere(() => writeFileSync(ignore, "*\n", { flag: "wx" }));
  } catch (error) {
    throw boardWriteError(root, error);
  }
}

function unlessThere(create: () => void): void {
  try {
    create();
  } catch (error) {
    if (systemCode(error) !== "EEXIST") throw error;
  }
}

/**
 * A path inside the board in its normal form with `/`. Throws INTERNAL for anything that leads out of the board (absolute, `..`),
 * and with `write` for the files that only the board itself may write.
 */
export function insidePath(path: string, access: "read" | "write"): string {
  const normal = relative("/", resolve("/", path)).replaceAll("\\", "/");
  const leavesBoard = isAbsolute(path) || path.includes("\0") || path.split(/[\\/]/).includes("..");
  if (leavesBoard || normal === "")
    throw new CcoError("INTERNAL", `not a path inside the blackboard: ${JSON.stringify(path)}`);
  if (access === "write" && OWN_FILES.test(normal))
    throw new CcoError("INTERNAL", `${normal} is written by the blackboard alone`);
  return normal;
}
