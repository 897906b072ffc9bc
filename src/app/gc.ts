import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { openForReading } from "../blackboard/board.ts";
import { boardPaths } from "../blackboard/layout.ts";
import { findTask, restoreWorld } from "../engine/restore.ts";
import { createGitRepo } from "../git/repo.ts";
import { CcoError } from "../kernel/errors.ts";
import { parseJson } from "../kernel/json.ts";
import { processIdentitySchema } from "../model/lease.ts";
import type { Task, World } from "../model/task.ts";
import type { Repo } from "../ports/repo.ts";
import { killMarkedBelow } from "../process/kill-tree.ts";
import { lifeSigns } from "../process/life-signs.ts";
import { isAlive } from "../process/process-identity.ts";
import { JOB_MARKER } from "../process/run.ts";
import type { Project } from "./project.ts";
import { readText } from "./board/read-text.ts";
import { reviewFolder, reviewProcessFile } from "./review/review-folder.ts";
import { VERSION } from "./version.ts";

/** One work tree, scratch tree or branch, and why it stays where it does. `name`: path below `.cco/`, or the branch. */
export interface Swept {
  readonly kind: "worktree" | "scratch" | "branch";
  readonly name: string;
}

/** What was removed and what was kept. */
export interface Sweep {
  readonly removed: readonly Swept[];
  readonly kept: readonly (Swept & { readonly why: string })[];
}

/** `<task>~<n>`: the copies in which evidence is run. */
const SCRATCH_PATTERN = /^(.+)~\d+$/;

/** Copies of a review of its own (`cco review`); the capitals keep it apart from every task. */
const REVIEW_PATTERN = /^review-([0-9A-Z]{26})(?:~\d+)?$/;

/** Where the branches of tasks are. */
const BRANCHES = "cco/";

/** Null: it may go; a text is why it has to stay. */
type Objection = string | null;

/**
 * Removes work trees and branches of ended tasks whose work is in the base branch, and scratch trees that a dead engine left.
 * What holds anything that is nowhere else stays. The journal says what has ended: the pages may be older. Throws BOARD_CORRUPT, REPO_GIT.
 */
export async function sweep(project: Project): Promise<Sweep> {
  const repo = createGitRepo({ root: project.root });
  const taskOf = journalReader(project);
  const removed: Swept[] = [];
  const kept: (Swept & { why: string })[] = [];
  const note = (what: Swept, objection: Objection): void => {
    if (objection === null) removed.push(what);
    else kept.push({ ...what, why: objection });
  };
  for (const name of treeNames(project)) {
    const review = REVIEW_PATTERN.exec(name)?.[1];
    const scratchOf = review ?? SCRATCH_PATTERN.exec(name)?.[1];
    const what: Swept = { kind: scratchOf === undefined ? "worktree" : "scratch", name: `worktrees/${name}` };
    const path = join(boardPaths(project.board).worktrees, name);
    if (review !== undefined) {
      const alive = isReviewAlive(project, review);
      // What a review that was killed had asked goes on, and spends, until somebody ends it.
      if (!alive) await killMarkedBelow(JOB_MARKER, reviewFolder(project, review));
      note(what, alive ? "a review is under way" : await dropScratch(repo, path, undefined));
      continue;
    }
    const task = await taskOf(scratchOf ?? name);
    note(what, scratchOf === undefined ? await dropTree(repo, path, task) : await dropScratch(repo, path, task));
  }
  for (const branch of await repo.branches(BRANCHES)) {
    const task = await taskOf(branch.slice(BRANCHES.length));
    if (task === undefined || task.place?.branch !== branch) continue;
    note({ kind: "branch", name: branch }, await dropBranch(repo, branch, task));
  }
  return { removed, kept };
}

function isReviewAlive(project: Project, id: string): boolean {
  const text = readText(reviewProcessFile(project, id));
  const holder = processIdentitySchema.safeParse(parseJson(text ?? ""));
  return holder.success && isAlive(holder.data);
}

function treeNames(project: Project): string[] {
  const folder = boardPaths(project.board).worktrees;
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}

/**
 * Reads tasks as the journal has them; undefined: there is none. A task may be taken up again meanwhile, so that the journal is read again
 * whenever it has grown.
 */
function journalReader(project: Project): (id: string) => Promise<Task | undefined> {
  const board = openForReading(project.board);
  let read: { readonly sign: string; readonly world: World } | null = null;
  return async (id) => {
    const sign = lifeSigns([join(project.board, "journal")]);
    if (read?.sign !== sign) read = { sign, ...(await restoreWorld(board, { version: VERSION })) };
    return (await findTask(board, read.world, id)) ?? undefined;
  };
}

const isOpen = (task: Task): boolean => task.state.at !== "ended";
const OPEN = "its task is open";

async function dropTree(repo: Repo, path: string, task: Task | undefined): Promise<Objection> {
  if (task === undefined || task.place?.path !== path) return "no task of this board works there";
  if (isOpen(task)) return OPEN;
  const unmerged = await unmergedWork(repo, task);
  if (unmerged !== null) return unmerged;
  return (await repo.closeWorktree(task.place)) ? null : "it has changes that are not committed, or is locked";
}

async function dropScratch(repo: Repo, path: string, task: Task | undefined): Promise<Objection> {
  if (task !== undefined && isOpen(task)) return OPEN;
  try {
    await repo.dropScratch(path);
    return null;
  } catch (error) {
    if (error instanceof CcoError && error.code === "REPO_GIT") return error.message;
    throw error;
  }
}

async function dropBranch(repo: Repo, branch: string, task: Task): Promise<Objection> {
  if (isOpen(task)) return OPEN;
  const unmerged = await unmergedWork(repo, task);
  if (unmerged !== null) return unmerged;
  return (await repo.dropMergedBranch(branch, task.base.branch ?? "")) ? null : "a work tree has it checked out";
}

/** Why the work of a task is not in its base branch; null when it is, or when there is none. */
async function unmergedWork(repo: Repo, task: Task): Promise<Objection> {
  const branch = task.place?.branch ?? null;
  const tip = branch === null ? null : await repo.tip(branch);
  if (tip === null) return null;
  if (task.base.branch === null) return "it began on a detached HEAD: there is no branch that could hold its work";
  // From a commit to itself nothing is moved: this only asks whether the base holds it.
  const held = await repo.fastForward(task.base.branch, tip, tip);
  return held.kind === "forwarded" ? null : `its work is not in ${task.base.branch}`;
}
