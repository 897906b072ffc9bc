import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CcoError } from "../kernel/errors.ts";
import type { RebaseResult } from "../ports/repo.ts";
import { asCommitter, type Identity } from "./identity.ts";
import { tipOf } from "./branches.ts";
import { kindAt, textOf, type Git } from "./layout.ts";
import { plainRef } from "./plain-files.ts";
import { gitLine, runGit, type Tree } from "./run-git.ts";
import { readStatus, splitNul } from "./status.ts";
import { fillSubmodules } from "./submodules.ts";

/** Settings of the user that would turn a plain rebase into something else. */
const PLAIN = [
  "rebase.autoStash=false",
  "rebase.autoSquash=false",
  "rebase.updateRefs=false",
  "rebase.rebaseMerges=false",
  "rebase.forkPoint=false",
  "rebase.backend=merge",
  "rebase.stat=false",
  "rebase.missingCommitsCheck=ignore",
];

/**
 * Note that a rebase of ours is under way, not one that the user does by hand in this work tree: the commit it began
 * at. The work tree was clean then, untracked files included, so going back to it loses nothing.
 */
const MARK = "cco-rebase";

/**
 * Moves the branch of a task's work tree onto the tip of another branch. `unmoved`: it is there already. A conflict
 * leaves branch and files as they were. Throws REPO_GIT when the work tree has unsealed changes.
 */
export async function rebaseTree(
  git: Git,
  tree: Tree,
  order: { readonly taskBranch: string; readonly branch: string; readonly contained: string | null },
): Promise<RebaseResult> {
  const { taskBranch, branch } = order;
  await settleRebase(git, tree, taskBranch);
  if (order.contained !== null && plainRef(git.layout, `refs/heads/${branch}`) === order.contained) {
    return { kind: "unmoved" };
  }
  const onto = await missingTip(git, tree, branch);
  if (onto === null) return { kind: "unmoved" };
  const { head, ...status } = await readStatus(git, tree, { ignored: false, collapse: true });
  if (status.unstaged.length > 0 || status.staged) throw new CcoError("REPO_GIT", `${tree.path} has unsealed changes`);
  const conflict = await asCommitter((identity) =>
    tryRebase(git, tree, { taskBranch, head: head ?? "", onto, identity }),
  );
  if (conflict.length > 0) return { kind: "conflict", files: conflict };
  await fillSubmodules(git, tree);
  const commit = await gitLine(git, ["rev-parse", "--verify", "HEAD^{commit}"], { tree });
  return { kind: "rebased", commit, onto };
}

interface RebaseOrder {
  readonly taskBranch: string;
  /** Commit of the branch as it is. */
  readonly head: string;
  readonly onto: string;
  readonly identity: Identity;
}

/** Files that conflict, none when it worked. After a conflict or an error the work tree is as it was. */
async function tryRebase(git: Git, tree: Tree, order: RebaseOrder): Promise<readonly string[]> {
  const { identity, head, onto, taskBranch } = order;
  const mark = join(tree.gitDir, MARK);
  await writeFile(mark, `${head}\n`);
  const beforeRetry = async (): Promise<void> => {
    await settleRebase(git, tree, taskBranch);
    await writeFile(mark, `${head}\n`);
  };
  const args = ["rebase", "--quiet", "--merge", "--no-verify", "--no-autostash", "--no-fork-point", onto];
  try {
    await runGit(git, args, { tree, config: [...PLAIN, ...identity.config], env: identity.env, beforeRetry });
  } catch (thrown) {
    const files = await unmergedFiles(git, tree);
    await settleRebase(git, tree, taskBranch);
    if (files.length === 0) throw thrown;
    return files;
  }
  await rm(mark, { force: true });
  return [];
}

/**
 * Ends a rebase of ours that did not end, after a conflict or a crash: the branch was not moved yet, so its commit is
 * what there was. `git rebase --abort` is not used: after a crash its notes may be incomplete, and then it refuses.
 * Throws REPO_GIT when the rebase is one of the user.
 */
export async function settleRebase(git: Git, tree: Tree, branch: string): Promise<void> {
  const states = await rebaseStates(tree);
  const mark = join(tree.gitDir, MARK);
  const began = (await textOf(mark))?.trim();
  if (began === undefined) {
    if (states.length === 0) return;
    throw new CcoError("REPO_GIT", `a rebase is under way in ${tree.path}`, {
      hint: `git -C ${tree.path} rebase --continue or --abort, then cco retry TASK`,
    });
  }
  // A crash may have come before git wrote its own notes, with some files moved already.
  if (states.length > 0 || began === (await tipOf(git, branch))) {
    const ref = `refs/heads/${branch}`;
    await runGit(git, ["symbolic-ref", "-m", "cco: back from an unfinished rebase", "HEAD", ref], { tree });
    await runGit(git, ["reset", "--quiet", "--hard", ref], { tree });
    await runGit(git, ["clean", "--quiet", "-d", "--force"], { tree });
    for (const state of states) await rm(state, { recursive: true, force: true });
  }
  await rm(mark, { force: true });
}

/** Files in which git notes a rebase under way in a work tree. */
export async function rebaseStates(tree: Tree): Promise<readonly string[]> {
  const open: string[] = [];
  for (const name of ["rebase-merge", "rebase-apply"]) {
    if ((await kindAt(join(tree.gitDir, name))) !== "none") open.push(join(tree.gitDir, name));
  }
  return open;
}

/** Tip of a branch when the work tree does not contain it yet, null when it does. One process. */
async function missingTip(git: Git, tree: Tree, branch: string): Promise<string | null> {
  const args = ["rev-list", "--max-count=1", `refs/heads/${branch}`, "^HEAD", "--"];
  const first = await gitLine(git, args, { tree });
  return first === "" ? null : first;
}

async function unmergedFiles(git: Git, tree: Tree): Promise<readonly string[]> {
  const { stdout } = await runGit(git, ["ls-files", "-z", "--unmerged"], { tree });
  const files = new Set<string>();
  splitNul((token) => files.add(token.toString("utf8").replace(/^[^\t]*\t/, "")))(stdout);
  return [...files];
}
