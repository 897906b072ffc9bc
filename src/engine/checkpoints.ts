import { describeThrown } from "../kernel/errors.ts";
import { checkpointOf, describeCheckpoint } from "../decide/checkpoint.ts";
import { checkpointSchema, type Checkpoint } from "../model/checkpoint.ts";
import type { World } from "../model/task.ts";
import type { Blackboard } from "../ports/blackboard.ts";
import type { Log } from "../ports/log.ts";
import type { Repo } from "../ports/repo.ts";

/** A checkpoint to write, or one to remove (`text` null). `stamp` names the moment of the task that it is of. */
export interface DueCheckpoint {
  readonly task: string;
  readonly stamp: string;
  readonly text: string | null;
  /** True where what follows is risky or long: a session, a merge. The others cost no sync. */
  readonly durable: boolean;
}

/** Keeps one checkpoint file per open task; see `checkpointOf` for the times at which it is rewritten. */
export interface Checkpoints {
  /** What is not on disk as it should be. */
  due(world: World): readonly DueCheckpoint[];
  /** Brings it onto the disk before what follows begins. Throws BOARD_WRITE. */
  write(due: readonly DueCheckpoint[]): Promise<void>;
}

/** Ended tasks whose file an engine that was killed may have left: it was the last thing to go. */
const ENDED_TO_SWEEP = 20;

/** Checkpoints over a blackboard. */
export function createCheckpoints(board: Blackboard): Checkpoints {
  const stamps = new Map<string, string>();
  let first = true;
  return {
    due(world) {
      if (first) for (const id of endedLately(world)) stamps.set(id, "");
      first = false;
      const due: DueCheckpoint[] = [];
      for (const id of world.open) {
        const task = world.tasks.get(id);
        const stamp = task === undefined ? "" : `${task.state.at} ${task.updatedAt}`;
        if (task === undefined || stamps.get(id) === stamp) continue;
        const checkpoint = checkpointOf(task, board.paths.root);
        if (checkpoint === null) continue;
        const durable = checkpoint.phase === "working" || checkpoint.phase === "merging";
        due.push({ task: id, stamp, text: `${JSON.stringify(checkpoint, null, 2)}\n`, durable });
      }
      for (const id of stamps.keys())
        if (!world.open.has(id)) due.push({ task: id, stamp: "", text: null, durable: false });
      return due;
    },
    async write(due) {
      for (const { task, stamp, text, durable } of due) {
        if (text === null) {
          await board.removeFile(checkpointFile(task));
          stamps.delete(task);
        } else {
          // An engine that starts finds most of them as they should be; to write and sync them all would hold it up.
          const isThere = !stamps.has(task) && (await board.readFile(checkpointFile(task))) === text;
          if (!isThere) await board.writeFile(checkpointFile(task), text, { durable });
          stamps.set(task, stamp);
        }
      }
    },
  };
}

function endedLately(world: World): string[] {
  const ended = [...world.tasks.values()].filter((task) => task.attempts.length > 0 && task.state.at === "ended");
  const latest = ended.sort((a, b) => a.updatedAt.localeCompare(b.updatedAt)).slice(-ENDED_TO_SWEEP);
  return latest.map((task) => task.id);
}

function checkpointFile(task: string): string {
  return `tasks/${task}/checkpoint.json`;
}

/** The checkpoint of a task; null when it has none, or one that cannot be read. */
export async function readCheckpoint(board: Blackboard, task: string): Promise<Checkpoint | null> {
  const text = await board.readFile(checkpointFile(task));
  if (text === null) return null;
  try {
    return checkpointSchema.safeParse(JSON.parse(text)).data ?? null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Paths of a checkpoint that are gone. `branch`: of the task; null in the local lane. */
export async function missingArtifacts(
  { board, repo }: { readonly board: Blackboard; readonly repo: Repo },
  checkpoint: Checkpoint,
  branch: string | null,
): Promise<string[]> {
  const missing: string[] = [];
  for (const { path, commit } of checkpoint.artifacts) {
    // The user's own work tree is not on the board, and it is there: cco runs in it.
    if (path.startsWith("/")) continue;
    // A work tree has a file of git in it that says so.
    const file = commit === undefined ? path : `${path}/.git`;
    if ((await board.readFile(file)) === null) missing.push(path);
    if (commit !== undefined && branch !== null && (await repo.tip(branch)) === null) missing.push(`branch ${branch}`);
  }
  return missing;
}

/** Says in the log where every task is that an engine before this one has left open. Only words: the journal decides what is done. */
export async function reportCheckpoints(
  deps: { readonly board: Blackboard; readonly repo: Repo; readonly log: Log },
  world: World,
): Promise<void> {
  for (const id of world.open) {
    const task = world.tasks.get(id);
    if (task === undefined || task.attempts.length === 0) continue;
    try {
      const checkpoint = await readCheckpoint(deps.board, id);
      if (checkpoint === null) continue;
      const missing = await missingArtifacts(deps, checkpoint, task.place?.branch ?? null);
      deps.log.info(`checkpoint: ${describeCheckpoint(checkpoint, missing)}`);
    } catch (error) {
      deps.log.warn(`the checkpoint of ${id} could not be read: ${describeThrown(error)}`);
    }
  }
}
