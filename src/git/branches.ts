import type { Git } from "./layout.ts";
import { plainCheckout, plainRef } from "./plain-files.ts";
import { gitLine, runGit } from "./run-git.ts";

/** A local branch: its commit, whether it contains a given one, and the work tree that has it checked out. */
export interface BranchTip {
  readonly commit: string;
  readonly contains: boolean;
  readonly checkedOutAt: string | null;
}

/** Looks a branch up, null when there is none. At most two processes; none for a plain one that is at `commit`. */
export async function branchAt(git: Git, branch: string, commit: string): Promise<BranchTip | null> {
  if (plainRef(git.layout, `refs/heads/${branch}`) === commit) {
    return { commit, contains: true, checkedOutAt: plainCheckout(git.layout, `refs/heads/${branch}`) };
  }
  const containing = await findBranch(git, branch, [`--contains=${commit}`]);
  if (containing !== null) return { ...containing, contains: true };
  const any = await findBranch(git, branch, []);
  return any === null ? null : { ...any, contains: false };
}

/** Commit of a branch and the work tree that has it checked out, null when it does not exist or a filter leaves it out. */
export async function findBranch(
  git: Git,
  branch: string,
  filters: readonly string[],
): Promise<{ commit: string; checkedOutAt: string | null } | null> {
  const ref = `refs/heads/${branch}`;
  const plain = filters.length === 0 ? plainRef(git.layout, ref) : null;
  if (plain !== null) return { commit: plain, checkedOutAt: plainCheckout(git.layout, ref) };
  const format = "--format=%(refname)%00%(objectname)%00%(worktreepath)";
  const text = await gitLine(git, ["for-each-ref", format, ...filters, ref]);
  // A pattern also names everything below it: the line of the branch itself is the one that counts.
  const [, commit, at] =
    text
      .split("\n")
      .map((line) => line.split("\0"))
      .find(([name]) => name === ref) ?? [];
  if (commit === undefined) return null;
  return { commit, checkedOutAt: at === undefined || at === "" ? null : at };
}

/** Commit at the tip of a branch, null when it does not exist. */
export async function tipOf(git: Git, branch: string): Promise<string | null> {
  const plain = plainRef(git.layout, `refs/heads/${branch}`);
  if (plain !== null) return plain;
  const args = ["rev-parse", "--quiet", "--verify", "--end-of-options", `refs/heads/${branch}^{commit}`];
  const result = await runGit(git, args, { accept: [0, 1] });
  return result.code === 0 ? result.stdout.toString("utf8").trim() : null;
}

/** Names of the local branches whose name begins with `folder`, which ends with a slash. */
export async function branchesIn(git: Git, folder: string): Promise<readonly string[]> {
  const text = await gitLine(git, ["for-each-ref", "--format=%(refname)", `refs/heads/${folder}`]);
  return text.split("\n").flatMap((ref) => (ref === "" ? [] : [ref.slice("refs/heads/".length)]));
}

/** Deletes a branch whose commits are all in another; false when some are not or it is checked out. */
export async function dropMerged(git: Git, branch: string, into: string): Promise<boolean> {
  const found = await findBranch(git, branch, []);
  if (found === null) return true;
  if (found.checkedOutAt !== null || branch === into) return false;
  const target = await tipOf(git, into);
  if (target === null) return false;
  const contained = await runGit(git, ["merge-base", "--is-ancestor", found.commit, target], { accept: [0, 1] });
  if (contained.code !== 0) return false;
  // Compare and swap: a commit that arrives in this moment keeps the branch.
  const args = ["update-ref", "-d", `refs/heads/${branch}`, found.commit];
  return (await runGit(git, args, { accept: "any" })).code === 0;
}
