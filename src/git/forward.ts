import { join } from "node:path";
import type { ForwardResult } from "../ports/repo.ts";
import { findBranch } from "./branches.ts";
import { kindAt, namesIn, textOf, type Git } from "./layout.ts";
import { gitError, gitLine, heldLock, requireCommitId, runGit, type GitResult, type Tree } from "./run-git.ts";
import { rebaseStates } from "./rebase.ts";
import { readStatus, splitNul } from "./status.ts";

/**
 * Moves a branch from one commit to a descendant. Where it is checked out, git does it in that work tree and refuses
 * as a whole when a touched path is not clean; otherwise the reference is swapped. Done already counts as done.
 */
export async function forwardBranch(git: Git, move: Move): Promise<ForwardResult> {
  const { branch, from, to } = move;
  requireCommitId(from);
  requireCommitId(to);
  const found = await findBranch(git, branch, []);
  if (found === null) return { kind: "moved" };
  if (found.commit !== from) return (await contains(git, found.commit, to)) ? { kind: "forwarded" } : { kind: "moved" };
  if (from === to) return { kind: "forwarded" };
  if (found.checkedOutAt !== null) return forwardCheckout(git, found.checkedOutAt, move);
  const busy = await rebaseOf(git, branch);
  if (busy !== null) return { kind: "dirty", files: [busy] };
  return forwardReference(git, move);
}

/** `replaced`: every path of `from` that `to` changes or removes, where the caller knows them. */
export interface Move {
  readonly branch: string;
  readonly from: string;
  readonly to: string;
  readonly replaced?: readonly string[];
}

async function contains(git: Git, commit: string, part: string): Promise<boolean> {
  const result = await runGit(git, ["merge-base", "--is-ancestor", part, commit], { accept: [0, 1] });
  return result.code === 0;
}

async function forwardReference(git: Git, move: Move): Promise<ForwardResult> {
  const args = ["update-ref", "-m", "cco: fast-forward", `refs/heads/${move.branch}`, move.to, move.from];
  const result = await runGit(git, args, { accept: "any" });
  if (result.code === 0) return { kind: "forwarded" };
  if ((await findBranch(git, move.branch, []))?.commit !== move.from) return { kind: "moved" };
  throw gitError(args, result);
}

/**
 * Without `--no-overwrite-ignore` git would silently replace ignored files of the user that are in the way. It also
 * brings back a touched file that the user deleted: that is looked for first.
 */
async function forwardCheckout(git: Git, at: string, move: Move): Promise<ForwardResult> {
  const deleted = await deletedIn(git, at, move);
  if (deleted.length > 0) return { kind: "dirty", files: deleted };
  const args = ["merge", "--ff-only", "--no-overwrite-ignore", "--no-autostash", "--no-verify-signatures"];
  const result = await runGit(git, [...args, "--no-stat", "--quiet", move.to], { cwd: at, accept: "any" });
  if (result.code === 0) return { kind: "forwarded" };
  // HEAD of a bare repository: nothing is checked out there.
  if (/must be run in a work tree/.test(result.stderr)) return forwardReference(git, move);
  return explainRefusal(git, at, move, result);
}

/** Files the move touches that are missing in the work tree; one process at most when none is missing at all. */
async function deletedIn(git: Git, at: string, move: Move): Promise<readonly string[]> {
  if (move.replaced !== undefined && (await allThere(at, move.replaced))) return [];
  const { code, stdout } = await runGit(git, ["ls-files", "-z", "--deleted"], { cwd: at, accept: "any" });
  const missing = code === 0 ? tokensOf(stdout) : [];
  if (missing.length === 0) return [];
  const { touched } = await touchedBy(git, move);
  return missing.filter((path) => touched.has(path));
}

async function allThere(folder: string, paths: readonly string[]): Promise<boolean> {
  for (const path of paths) if ((await kindAt(join(folder, path))) === "none") return false;
  return true;
}

/** Paths that differ between the two commits, and those of them that are new. */
async function touchedBy(git: Git, move: Move): Promise<{ touched: ReadonlySet<string>; added: readonly string[] }> {
  const args = ["diff-tree", "-r", "-z", "--no-renames", "--name-status", move.from, move.to];
  const tokens = tokensOf((await runGit(git, args)).stdout);
  const touched = new Set(tokens.filter((_, at) => at % 2 === 1));
  return { touched, added: tokens.filter((_, at) => at % 2 === 1 && tokens[at - 1] === "A") };
}

function tokensOf(output: Buffer): readonly string[] {
  const tokens: string[] = [];
  splitNul((token) => tokens.push(token.toString("utf8")))(output);
  return tokens;
}

/** Why git did not fast-forward a checked-out branch: it moved meanwhile, or these paths are not clean. */
async function explainRefusal(git: Git, at: string, move: Move, result: GitResult): Promise<ForwardResult> {
  const now = await findBranch(git, move.branch, []);
  if (now?.commit === move.to) return { kind: "forwarded" };
  if (now?.commit !== move.from) return { kind: "moved" };
  const lock = heldLock(result);
  // A git of the user that works for long, or one that was killed: whose lock it is cannot be told, so it is nobody's to remove.
  if (lock !== null) return { kind: "dirty", files: [lock] };
  const gitDir = await gitLine(git, ["rev-parse", "--absolute-git-dir"], { cwd: at });
  const tree = { path: at, gitDir };
  const files = await dirtyIn(git, tree, move);
  if (files.length > 0) return { kind: "dirty", files };
  for (const name of ["MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD"]) {
    if ((await kindAt(join(gitDir, name))) !== "none") return { kind: "dirty", files: [join(gitDir, name)] };
  }
  throw gitError(["merge"], result);
}

/** Paths the move touches that have changes of the user: staged, unstaged, or an untracked or ignored file in the way. */
async function dirtyIn(git: Git, tree: Tree, move: Move): Promise<readonly string[]> {
  const { touched, added } = await touchedBy(git, move);
  const status = await readStatus(git, tree, { ignored: false });
  const changed = [...status.stagedPaths, ...status.unstaged.map((change) => change.path.toString("utf8"))];
  const files = new Set(changed.filter((path) => touched.has(path)));
  for (const path of added) {
    const inTheWay = await firstObstacle(tree, path);
    if (inTheWay !== null) files.add(inTheWay);
  }
  return [...files].sort();
}

/** What stands where a new file has to go: something at its path, or a file where one of its folders has to be. */
async function firstObstacle(tree: Tree, path: string): Promise<string | null> {
  const parts = path.split("/");
  for (let depth = 1; depth < parts.length; depth += 1) {
    const above = parts.slice(0, depth).join("/");
    const kind = await kindAt(join(tree.path, above));
    if (kind === "none") return null;
    if (kind !== "folder") return above;
  }
  return (await kindAt(join(tree.path, path))) === "none" ? null : path;
}

/** State of a rebase of this branch in any work tree: moving the branch now would break it. Null when there is none. */
async function rebaseOf(git: Git, branch: string): Promise<string | null> {
  const { commonDir } = git.layout;
  const linked = (await namesIn(join(commonDir, "worktrees"))).map((name) => join(commonDir, "worktrees", name));
  for (const gitDir of [commonDir, ...linked]) {
    for (const state of await rebaseStates({ path: "", gitDir })) {
      if ((await textOf(join(state, "head-name")))?.trim() === `refs/heads/${branch}`) return state;
    }
  }
  return null;
}
