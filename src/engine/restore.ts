import { applyRecord, tasksNamed } from "../decide/fold.ts";
import { CcoError } from "../kernel/errors.ts";
import { isTaskId } from "../kernel/ids.ts";
import { parseJson } from "../kernel/json.ts";
import type { JournalRecord } from "../model/record.ts";
import { type KeptTask, keptTaskSchema, type Snapshot } from "../model/snapshot.ts";
import { emptyWorld, type Task, type World } from "../model/task.ts";
import type { Blackboard, JournalContent } from "../ports/blackboard.ts";

/** What a world is restored from. */
type Source = Pick<Blackboard, "readJournal" | "readFile">;

/** Who restores. `objection`: why a snapshot is of no use to it, null when it is; `onRecord`: called before a line is folded in. */
export interface Restoring {
  readonly version: string;
  objection?(snapshot: Snapshot): string | null;
  onRecord?(world: World, record: JournalRecord): void;
}

/** The world as the journal says it is, and what there was to say about reading it. */
export interface Restored {
  readonly world: World;
  readonly content: JournalContent;
  /** Why the whole journal was read although there is a snapshot; null when that was used, or there is none. */
  readonly unusable: string | null;
}

/**
 * The world of a board: its snapshot and the lines after it, or all lines where no snapshot can be used. Ended tasks that have left the
 * world are brought back where a later line names them. Throws BOARD_CORRUPT, BOARD_VERSION.
 */
export async function restoreWorld(board: Source, restoring: Restoring): Promise<Restored> {
  let content = await board.readJournal();
  const objection = content.snapshot === null ? null : objectionTo(content.snapshot, restoring);
  if (objection !== null) content = await board.readJournal({ whole: true });
  const { snapshot } = content;
  const world = snapshot === null ? emptyWorld() : worldOf(snapshot);
  for (const record of content.records) {
    // With all lines at hand every task is made of them, whatever lies in its folder.
    if (snapshot !== null) await bringBack(board, world, tasksNamed(record.fact), snapshot.seq);
    restoring.onRecord?.(world, record);
    applyRecord(world, record);
  }
  return { world, content, unusable: objection ?? content.unusable };
}

function objectionTo(snapshot: Snapshot, restoring: Restoring): string | null {
  if (snapshot.by !== restoring.version) return `checkpoint.json was written by cco ${snapshot.by}`;
  return restoring.objection?.(snapshot) ?? null;
}

/**
 * Takes tasks that have left the world back into it, so that a fact or a command about them finds them, and those that they would wait
 * for if they were opened again. `atMost`: line of the journal up to which they may know it. Throws BOARD_CORRUPT.
 */
export async function bringBack(
  board: Pick<Blackboard, "readFile">,
  world: World,
  ids: readonly string[],
  atMost = Infinity,
): Promise<void> {
  const bringOne = async (id: string): Promise<Task | null> => {
    const known = world.tasks.get(id);
    if (known !== undefined) return known;
    const kept = await readKept(board, id, atMost);
    if (kept !== null) world.tasks.set(id, kept.task);
    return kept?.task ?? null;
  };
  for (const id of ids) for (const before of (await bringOne(id))?.envelope.after ?? []) await bringOne(before);
}

/** A task by its id, in the world or out of it; null when there is none. Changes nothing. Throws BOARD_CORRUPT. */
export async function findTask(board: Pick<Blackboard, "readFile">, world: World, id: string): Promise<Task | null> {
  return world.tasks.get(id) ?? (await readKept(board, id, Infinity))?.task ?? null;
}

/** Where an ended task lies that has left the world, and where it lay as the last snapshot knows it while the next one is made. */
export function keptFiles(id: string): { readonly now: string; readonly before: string } {
  return { now: `tasks/${id}/task.json`, before: `tasks/${id}/task.before.json` };
}

/** What a text of such a file holds. Throws BOARD_CORRUPT. */
export function parseKept(id: string, text: string): KeptTask {
  const kept = keptTaskSchema.safeParse(parseJson(text));
  if (!kept.success || kept.data.task.id !== id) throw keptCorrupt(id, "is not what cco writes");
  return kept.data;
}

function worldOf({ seq, tasks, open, commands, notices }: Snapshot): World {
  return {
    seq,
    tasks: new Map(tasks.map((task) => [task.id, task])),
    open: new Set(open),
    commands: new Set(commands),
    notices,
  };
}

async function readKept(board: Pick<Blackboard, "readFile">, id: string, atMost: number): Promise<KeptTask | null> {
  if (!isTaskId(id)) return null;
  const { now, before } = keptFiles(id);
  let found = false;
  for (const file of [now, before]) {
    const text = await board.readFile(file);
    if (text === null) continue;
    const kept = parseKept(id, text);
    if (kept.seq <= atMost) return kept;
    found = true;
  }
  if (found) throw keptCorrupt(id, "is of a later time than the snapshot");
  return null;
}

function keptCorrupt(id: string, what: string): CcoError {
  const file = keptFiles(id).now;
  return new CcoError("BOARD_CORRUPT", `${file} ${what}`, {
    why: "It holds a task that has ended, so that the journal of its time need not be read.",
    hint: "mv .cco/checkpoint.json .cco/checkpoint.json.old: the next engine makes every task anew from the whole journal",
    data: { file, task: id },
  });
}
