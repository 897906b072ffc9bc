import { rm } from "node:fs/promises";
import { join } from "node:path";
import { CcoError } from "../kernel/errors.ts";
import type { RebaseResult } from "../ports/repo.ts";
import { asCommitter } from "./identity.ts";
import { kindAt, type Git } from "./layout.ts";
import { gitError, gitLine, runGit, type Tree } from "./run-git.ts";
import { splitNul } from "./status.ts";
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
 * Moves the branch of a task's work tree onto the tip of another branch. `unmoved`: it is there already. A conflict
 * leaves branch and files as they were. Throws REPO_GIT when the work tree has unsealed changes.
 */
export async function rebaseTree(git: Git, tree: Tree, taskBranch: string, branch: string): Promise<RebaseResult> {
  await settleRebase(git, tree, taskBranch);
  const onto = await missingTip(git, tree, branch);
  if (onto === null) return { kind: "unmoved" };
  const args = ["rebase", "--quiet", "--merge", "--no-verify", "--no-autostash", "--no-fork-point", onto];
  const result = await asCommitter(async (identity) => {
    const call = { tree, config: [...PLAIN, ...identity.config], env: identity.env, accept: "any" } as const;
    const tried = await runGit(git, args, call);
    if (tried.code === 0 || (await unmergedFiles(git, tree)).length > 0) return tried;
    await settleRebase(git, tree, taskBranch);
    throw gitError(args, tried);
  });
  if (result.code !== 0) {
    const files = await unmergedFiles(git, tree);
    await settleRebase(git, tree, taskBranch);
    return { kind: "conflict", files };
  }
  await fillSubmodules(git, tree);
  const commit = await gitLine(git, ["rev-parse", "--verify", "HEAD^{commit}"], { tree });
  return { kind: "rebased", commit, onto };
}

/**
 * Ends a rebase that did not, after a conflict or a crash: the branch was not moved yet, so its commit is what there
 * was. `git rebase --abort` is not used: after a crash its notes may be incomplete, and then it refuses.
 */
export async function settleRebase(git: Git, tree: Tree, branch: string): Promise<void> {
  const states = ["rebase-merge", "rebase-apply"].map((name) => join(tree.gitDir, name));
  const open = [];
  for (const state of states) if ((await kindAt(state)) !== "none") open.push(state);
  if (open.length === 0) return;
  const ref = `refs/heads/${branch}`;
  await runGit(git, ["symbolic-ref", "-m", "cco: back from an unfinished rebase", "HEAD", ref], { tree });
  await runGit(git, ["reset", "--quiet", "--hard", ref], { tree });
  for (const state of open) await rm(state, { recursive: true, force: true });
}

/** Tip of a branch when the work tree does not contain it yet, null when it does. One process. */
async function missingTip(git: Git, tree: Tree, branch: string): Promise<string | null> {
  const ref = `refs/heads/${branch}`;
  const args = ["rev-list", "--max-count=1", "--end-of-options", ref, "^HEAD"];
  const result = await runGit(git, [...args, "--"], { tree, accept: [0, 128] });
  if (result.code !== 0) throw new CcoError("REPO_GIT", `branch ${branch} cannot be read`, { cause: gitError(args, result) });
  const first = result.stdout.toString("utf8").trim();
  return first === "" ? null : gitLine(git, ["rev-parse", "--verify", `${ref}^{commit}`], { tree });
}

async function unmergedFiles(git: Git, tree: Tree): Promise<readonly string[]> {
  const { stdout } = await runGit(git, ["ls-files", "-z", "--unmerged"], { tree });
  const files = new Set<string>();
  splitNul((token) => files.add(token.toString("utf8").replace(/^[^\t]*\t/, "")))(stdout);
  return [...files];
}
