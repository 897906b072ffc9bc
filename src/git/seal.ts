import { join } from "node:path";
import { CcoError } from "../kernel/errors.ts";
import type { Place } from "../model/record.ts";
import type { Candidate, ChangedFile } from "../model/verification.ts";
import { diffTrees } from "./changes.ts";
import { asCommitter } from "./identity.ts";
import { findTree, textOf, type Git } from "./layout.ts";
import { settleRebase } from "./rebase.ts";
import { gitLine, requireCommitId, runGit, type Tree } from "./run-git.ts";
import { stageAll } from "./stage.ts";
import { readStatus, type TreeStatus } from "./status.ts";
import { dirtySubmodules } from "./submodules.ts";

/** The work tree of a task, by its registration in the user's repository. Throws REPO_GIT when it is not registered. */
export async function taskTree(git: Git, path: string): Promise<Tree> {
  const tree = await findTree(git.layout.commonDir, path);
  if (tree === null) throw new CcoError("REPO_GIT", `${path} is not a work tree of ${git.layout.commonDir}`);
  return tree;
}

/**
 * Commits everything in a task's work tree as one commit on the base: earlier attempts are part of it, not history of
 * their own. Nested repositories stay out of the commit and are listed with a trailing slash; ignored files are listed,
 * not committed.
 */
export async function sealWorktree(git: Git, place: Place, base: string, message: string): Promise<Candidate> {
  requireCommitId(base);
  const branch = place.branch ?? "";
  const tree = await taskTree(git, place.path);
  await settleRebase(git, tree, branch);
  const status = await readStatus(git, tree, { ignored: true });
  if (status.branch !== branch) {
    throw new CcoError(
      "REPO_GIT",
      `${place.path} has ${status.branch ?? "a detached HEAD"} checked out, not ${branch}`,
      {
        hint: `git -C ${place.path} switch ${branch}, then cco retry TASK`,
      },
    );
  }
  if (status.head === null) await runGit(git, ["update-ref", `refs/heads/${branch}`, base, ""], { tree });
  let head = status.head ?? base;
  if (status.unstaged.length > 0 || status.staged) {
    await stageAll(git, tree, status);
    head = await commit(git, tree, { base, head, branch, message });
  }
  if (head !== base && status.head !== null && status.head !== base) {
    head = await asOneCommit(git, tree, { base, head, branch, message });
  }
  const extras = extraFiles(status, await dirtySubmodules(git, tree));
  if (head === base) return { commit: base, base, files: extras, insertions: 0, deletions: 0 };
  const diff = await diffTrees(git, tree, base, head);
  return { commit: head, base, ...diff, files: mergeFiles(diff.files, extras) };
}

interface CommitOrder {
  readonly base: string;
  readonly head: string;
  readonly branch: string;
  readonly message: string;
}

/** The content of HEAD as one commit on the base, and the branch there; HEAD itself when it is that already. */
async function asOneCommit(git: Git, tree: Tree, order: CommitOrder): Promise<string> {
  const { base, head, branch, message } = order;
  const parents = await gitLine(git, ["rev-list", "--parents", "-n", "1", head], { tree });
  if (parents === `${head} ${base}`) return head;
  const args = ["commit-tree", `${head}^{tree}`, "-p", base, "-m", message];
  const squashed = await asCommitter((identity) => gitLine(git, args, { tree, ...identity }));
  await runGit(git, ["update-ref", "-m", "cco: one commit", `refs/heads/${branch}`, squashed, head], { tree });
  return squashed;
}

/** What a commit cannot hold: nested repositories (added or modified) and ignored files. */
export function extraFiles(status: TreeStatus, dirty: readonly string[]): ChangedFile[] {
  const modified = dirty.map((path): ChangedFile => ({ path, status: "modified" }));
  return [
    ...mergeFiles(status.nested, modified),
    ...status.ignored.map((path): ChangedFile => ({ path, status: "ignored" })),
  ];
}

/** Joins the two lists; a path that the diff names already is not named twice. */
export function mergeFiles(files: readonly ChangedFile[], extras: readonly ChangedFile[]): ChangedFile[] {
  const known = new Set(files.map((file) => file.path));
  return [...files, ...extras.filter((extra) => !known.has(extra.path))];
}

async function commit(git: Git, tree: Tree, order: CommitOrder): Promise<string> {
  const args = ["commit", "--quiet", "--no-verify", "--no-status", "--cleanup=verbatim", "--file=-"];
  const result = await asCommitter((identity) =>
    runGit(git, args, {
      tree,
      input: Buffer.from(order.message.endsWith("\n") ? order.message : `${order.message}\n`),
      config: ["i18n.commitEncoding=UTF-8", ...identity.config],
      env: identity.env,
      accept: [0, 1],
    }),
  );
  if (result.code === 0) return headOf(git, tree, order.branch);
  // Exit 1: the staged content turned out to be what HEAD has (line endings, filters), or git refused for a reason it names.
  const differs = await runGit(git, ["diff-index", "--cached", "--quiet", "HEAD", "--"], { tree, accept: [0, 1] });
  if (differs.code === 0) return order.head;
  throw new CcoError("REPO_GIT", `git commit failed: ${result.stderr.trim().slice(0, 1000)}`);
}

/** Commit of the branch just written: its file, which saves a process, or git when references are stored otherwise. */
async function headOf(git: Git, tree: Tree, branch: string): Promise<string> {
  const text = (await textOf(join(git.layout.commonDir, "refs", "heads", branch)))?.trim() ?? "";
  if (/^[0-9a-f]{40,64}$/.test(text)) return text;
  return gitLine(git, ["rev-parse", "--verify", "HEAD^{commit}"], { tree });
}
