import { rename, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CcoError } from "../kernel/errors.ts";
import type { Place } from "../model/record.ts";
import { canonicalPath, findTree, kindAt, namesIn, textOf, type Git } from "./layout.ts";
import { removeFolder } from "./remove-folder.ts";
import { rebaseStates, settleRebase } from "./rebase.ts";
import { gitError, requireCommitId, runGit, type Tree } from "./run-git.ts";
import { isClean, readStatus } from "./status.ts";
import { dirtySubmodules, fillSubmodules, releaseSubmodules } from "./submodules.ts";
import { branchAt } from "./branches.ts";

/** A task's branch and where its work tree goes. */
export interface TreeOrder {
  readonly path: string;
  readonly branch: string;
  readonly commit: string;
}

/**
 * Creates branch and work tree, or finds them again. The first try creates both at once; only when git refuses is it
 * looked up what is there. Throws REPO_BRANCH_TAKEN, REPO_SUBMODULES.
 */
export async function openTaskTree(git: Git, order: TreeOrder): Promise<Place> {
  requireCommitId(order.commit);
  const fresh = (await kindAt(order.path)) === "none" && (await findTree(git.layout.commonDir, order.path)) === null;
  const created = fresh && (await addTree(git, order, true)).code === 0;
  if (!created) await openAgain(git, order);
  const tree = await findTree(git.layout.commonDir, order.path);
  if (tree === null) throw new CcoError("REPO_GIT", `git did not register the work tree ${order.path}`);
  await fillSubmodules(git, tree);
  return { path: order.path, branch: order.branch };
}

/** Removes a task's work tree when it holds nothing but what is committed (and ignored files); true when it is gone. */
export async function closeTaskTree(git: Git, place: Place): Promise<boolean> {
  if (place.branch === null) return false;
  const tree = await findTree(git.layout.commonDir, place.path);
  const exists = (await kindAt(place.path)) !== "none";
  if (tree === null) return !exists;
  // Locked by hand: somebody wants to keep it.
  if (![null, "initializing"].includes(await lockReason(tree))) return false;
  if (exists) {
    if (!(await isFinished(git, tree, place.branch))) return false;
    await releaseSubmodules(git, tree);
  }
  await removeTree(git, tree.path);
  return true;
}

/** Removes a registered work tree with everything in it, also when half of it is missing or locked. */
export async function removeTree(git: Git, path: string): Promise<void> {
  const remove = ["worktree", "remove", "--force", "--force", path];
  const first = await runGit(git, remove, { accept: "any" });
  if (first.code === 0) return;
  await removeFolder(path);
  const tree = await findTree(git.layout.commonDir, path);
  if (tree !== null) await runGit(git, remove);
}

async function isFinished(git: Git, tree: Tree, branch: string): Promise<boolean> {
  if ((await rebaseStates(tree)).length > 0) return false;
  const status = await readStatus(git, tree, { ignored: false });
  return status.branch === branch && isClean(status) && (await dirtySubmodules(git, tree)).length === 0;
}

function addTree(git: Git, order: TreeOrder, newBranch: boolean) {
  const what = newBranch ? ["--no-track", "-b", order.branch, order.path, order.commit] : [order.path, order.branch];
  return runGit(git, ["worktree", "add", "--quiet", ...what], { accept: "any" });
}

async function openAgain(git: Git, order: TreeOrder): Promise<void> {
  await waitForCreation(git, order.path);
  const tip = await branchAt(git, order.branch, order.commit);
  if (tip !== null && !tip.contains) throw taken(order, `it does not contain ${order.commit}`);
  if (tip !== null && tip.checkedOutAt !== null) await claimCheckout(git, order, tip.checkedOutAt);
  const tree = await findTree(git.layout.commonDir, order.path);
  if (tree !== null && (await kindAt(tree.path)) === "folder" && !(await isBeingCreated(tree))) {
    return reenter(git, tree, order);
  }
  if (tree !== null) await removeTree(git, order.path);
  await moveAside(order.path);
  const added = await addTree(git, order, tip === null);
  if (added.code !== 0) throw gitError(["worktree add"], added);
}

/** A git that a killed engine had started may still be at work; it is given the time that a lock is. */
async function waitForCreation(git: Git, path: string): Promise<void> {
  for (let waitedMs = 0; waitedMs < git.lockWaitMs; waitedMs += 50) {
    const tree = await findTree(git.layout.commonDir, path);
    if (tree === null || !(await isBeingCreated(tree))) return;
    await sleep(50);
  }
}

/** git keeps a tree locked with this reason until its files are there: no worker has been in it. */
async function isBeingCreated(tree: Tree): Promise<boolean> {
  return (await lockReason(tree)) === "initializing";
}

async function lockReason(tree: Tree): Promise<string | null> {
  return (await textOf(join(tree.gitDir, "locked")))?.trim() ?? null;
}

/** The branch is checked out somewhere: fine at our path; a tree that is gone gives it up; anywhere else it is taken. */
async function claimCheckout(git: Git, order: TreeOrder, at: string): Promise<void> {
  if ((await canonicalPath(at)) === (await canonicalPath(order.path))) return;
  if ((await kindAt(at)) !== "none") throw taken(order, `it is checked out in ${at}`);
  // The whole project was moved: its work trees moved with it and only their registration is old.
  const moved = (await kindAt(join(order.path, ".git"))) === "file";
  if (moved && (await runGit(git, ["worktree", "repair", order.path], { accept: "any" })).code === 0) {
    if ((await findTree(git.layout.commonDir, order.path)) !== null) return;
  }
  await runGit(git, ["worktree", "remove", "--force", "--force", at]);
}

/** Goes on in a tree that is there. Whatever is missing around the worker's files is made again, the files stay. */
async function reenter(git: Git, tree: Tree, order: TreeOrder): Promise<void> {
  await settleRebase(git, tree, order.branch);
  await restoreLink(tree);
  let tip = await branchAt(git, order.branch, order.commit);
  if (tip === null) {
    await runGit(git, ["update-ref", `refs/heads/${order.branch}`, order.commit, ""], { tree });
    tip = await branchAt(git, order.branch, order.commit);
  }
  if (tip === null || tip.checkedOutAt === null) {
    throw new CcoError("REPO_GIT", `the work tree ${order.path} does not have ${order.branch} checked out`, {
      hint: `git -C ${order.path} switch ${order.branch}, then cco retry TASK`,
    });
  }
  if ((await kindAt(join(tree.gitDir, "index"))) === "none") await runGit(git, ["reset", "--quiet"], { tree });
}

/** Writes the `.git` file of a work tree again when it is gone or points elsewhere. */
async function restoreLink(tree: Tree): Promise<void> {
  const link = join(tree.path, ".git");
  const text = (await textOf(link))?.replace(/^gitdir: /, "").trim();
  if (text !== undefined && resolve(tree.path, text) === tree.gitDir) return;
  if ((await kindAt(link)) !== "none") await rename(link, await freeName(`${tree.path}.git.lost`));
  await writeFile(link, `gitdir: ${tree.gitDir}\n`);
}

/** A folder in the way that git does not know may hold somebody's work: it is kept beside, never deleted. */
async function moveAside(path: string): Promise<void> {
  if ((await kindAt(path)) === "none" || (await namesOrNone(path)).length === 0) return;
  await rename(path, await freeName(`${path}.lost`));
}

async function namesOrNone(path: string): Promise<readonly string[]> {
  return (await kindAt(path)) === "folder" ? namesIn(path) : ["."];
}

async function freeName(stem: string): Promise<string> {
  for (let n = 1; ; n += 1) if ((await kindAt(`${stem}-${n}`)) === "none") return `${stem}-${n}`;
}

function taken(order: TreeOrder, why: string): CcoError {
  return new CcoError("REPO_BRANCH_TAKEN", `branch ${order.branch} exists and ${why}`, {
    data: { branch: order.branch, commit: order.commit },
  });
}
