import type { KeptTask, Snapshot } from "../model/snapshot.ts";
import type { Task, World } from "../model/task.ts";
import type { Blackboard } from "../ports/blackboard.ts";
import type { DerivedLines } from "./derived-lines.ts";
import type { Projector } from "./pages/projector.ts";
import { keptFiles, parseKept } from "./restore.ts";
import { taskResult } from "./pages/view.ts";

/** Tasks whose files are written in one go: each waits for the disk twice, and decisions wait meanwhile. */
const KEEP_AT_ONCE = 16;

/** Tasks on one page of the finished. */
const PAGE_TASKS = 200;

/** What retiring needs to know. */
export interface RetireDeps {
  readonly board: Blackboard;
  readonly world: World;
  readonly projector: Projector;
  readonly derived: DerivedLines;
  readonly version: string;
  /** Ended tasks that stay in the world: the latest ones. */
  readonly recent: number;
  /** Line of the journal that the snapshot ends with from which the world was restored; 0 without one. */
  readonly snapshotSeq: number;
  /** True while something still works on the task. */
  isBusy(task: string): boolean;
  /** Runs while nothing is journaled. */
  undisturbed<T>(work: () => Promise<T>): Promise<T>;
}

/** `nothing`: no snapshot is due. `more`: a part is done, the rest follows when it is asked again. `done`: the world is smaller now. */
export type RetireStep = "nothing" | "more" | "done";

/** Keeps the world, its snapshot and the journal that a start reads as small as what is open, however much has ended. */
export interface Retirement {
  /** The next step, when one is due. What it was in the middle of when it was cut off is done again. Throws BOARD_WRITE. */
  step(): Promise<RetireStep>;
}

/** Tasks that may leave, as they are at a line of the journal. */
interface Leaving {
  readonly seq: number;
  readonly tasks: readonly Task[];
}

/** Order: task files, page, snapshot; only then the tasks leave the world, and segments the journal. */
export function createRetirement(deps: RetireDeps): Retirement {
  const { board, world, projector } = deps;
  /** Tasks by their id as their file holds them. */
  const kept = new Map<string, Task>();
  let { snapshotSeq } = deps;
  let first = true;

  async function keep(task: Task, seq: number): Promise<void> {
    const files = keptFiles(task.id);
    const text = await board.readFile(files.now);
    // Until the next snapshot is there a start needs the task as the last one knows it.
    if (text !== null && parseKept(task.id, text).seq <= snapshotSeq)
      await board.writeFile(files.before, text, { durable: true });
    const file: KeptTask = { v: 1, seq, task };
    await board.writeFile(files.now, `${JSON.stringify(file)}\n`, { durable: true });
    kept.set(task.id, task);
    board.crashPoint("task.after-keep");
  }

  async function look(): Promise<Leaving> {
    await deps.derived.flush();
    return { seq: world.seq, tasks: mayLeave(deps) };
  }

  async function leave({ tasks }: Leaving): Promise<void> {
    await deps.derived.sync();
    const same = tasks.filter((task) => world.tasks.get(task.id) === task);
    await board.saveSnapshot(snapshotOf(deps, new Set(same.map((task) => task.id))));
    snapshotSeq = world.seq;
    for (const { id } of same) {
      world.tasks.delete(id);
      projector.forget(id);
    }
    kept.clear();
  }

  return {
    async step() {
      // An engine that was killed may have left segments that its snapshot had made unnecessary.
      if (first) await board.archiveJournal();
      first = false;
      if (!board.snapshotDue()) return "nothing";
      const leaving = await deps.undisturbed(look);
      const unkept = leaving.tasks.filter((task) => kept.get(task.id) !== task);
      for (const task of unkept.slice(0, KEEP_AT_ONCE)) await keep(task, leaving.seq);
      if (unkept.length > KEEP_AT_ONCE) return "more";
      await writePages(board, leaving);
      await deps.undisturbed(() => leave(leaving));
      await board.archiveJournal();
      return "done";
    },
  };
}

/** A snapshot of the world without these tasks. */
export function snapshotOf(
  { world, version, derived }: Pick<RetireDeps, "world" | "version"> & { readonly derived: Pick<DerivedLines, "ends"> },
  without: ReadonlySet<string>,
): Snapshot {
  return {
    v: 1,
    by: version,
    seq: world.seq,
    tasks: [...world.tasks.values()].filter((task) => !without.has(task.id)),
    open: [...world.open],
    commands: [...world.commands],
    notices: world.notices,
    lines: derived.ends(),
  };
}

/** Ended tasks that nothing needs any more: shown as they are, not among the latest, and nobody open waits for them. */
function mayLeave(deps: RetireDeps): Task[] {
  const { world, projector, recent } = deps;
  const needed = new Set<string>();
  for (const id of world.open) for (const before of world.tasks.get(id)?.envelope.after ?? []) needed.add(before);
  const ended = [...world.tasks.values()].filter((task) => task.state.at === "ended");
  const byEnd = ended.sort((a, b) => a.updatedAt.localeCompare(b.updatedAt));
  const older = recent === 0 ? byEnd : byEnd.slice(0, -recent);
  return older.filter((task) => !needed.has(task.id) && !deps.isBusy(task.id) && projector.isShown(task));
}

/** `finished/<line>-<n>.jsonl`: what `cco status` shows of tasks that have left the world. A later page is the newer one. */
async function writePages(board: Blackboard, { seq, tasks }: Leaving): Promise<void> {
  for (let at = 0; at < tasks.length; at += PAGE_TASKS) {
    const results = tasks.slice(at, at + PAGE_TASKS).map((task) => taskResult(task, board.paths, undefined));
    const name = `${String(seq).padStart(9, "0")}-${String(at / PAGE_TASKS + 1).padStart(3, "0")}`;
    const lines = results.map((result) => `${JSON.stringify(result)}\n`);
    await board.writeFile(`finished/${name}.jsonl`, lines.join(""), { durable: true });
    board.crashPoint("page.after-write");
  }
}
