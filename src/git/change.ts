import { CcoError } from "../kernel/errors.ts";
import type { ChangedFile } from "../model/verification.ts";
import { diffTrees } from "./changes.ts";
import { asCommitter } from "./identity.ts";
import { type Git, rootTree } from "./layout.ts";
import { type GitRepoOptions, lazyGit } from "./repo.ts";
import { gitLine, runGit } from "./run-git.ts";
import { snapshotTree } from "./snapshot.ts";

/** Which change is meant: what is not committed, what HEAD has on top of another commit, or one commit. */
export type ChangeQuery =
  | { readonly kind: "uncommitted" }
  | { readonly kind: "since"; readonly ref: string }
  | { readonly kind: "commit"; readonly commit: string; readonly base: string | null };

/** A change as two commits. `subjects`: first lines of the messages of its commits, newest first, at most 20; untrusted. */
export interface Change {
  readonly base: string;
  readonly commit: string;
  readonly files: readonly ChangedFile[];
  readonly subjects: readonly string[];
}

/** Most commits whose subjects are told. */
const MOST_SUBJECTS = 20;

/**
 * Finds a change of a repository, made by anybody. Nothing of the user's is touched: what is not committed becomes a commit that no
 * branch knows. Throws REPO_EMPTY, and USAGE for a name that is no commit.
 */
export async function findChange(options: GitRepoOptions, query: ChangeQuery): Promise<Change> {
  const git = await lazyGit(options)();
  const tree = rootTree(git.layout);
  const { base, commit } = await endsOf(git, query);
  const diff = await diffTrees(git, tree, base, commit);
  const files = query.kind === "uncommitted" ? diff.files : diff.files.filter(({ status }) => status !== "ignored");
  const log = ["log", "--format=%s", `--max-count=${MOST_SUBJECTS}`, `${base}..${commit}`, "--"];
  const subjects = query.kind === "uncommitted" ? "" : await gitLine(git, log, { tree });
  return { base, commit, files, subjects: subjects.split("\n").filter((line) => line !== "") };
}

async function endsOf(git: Git, query: ChangeQuery): Promise<{ base: string; commit: string }> {
  if (query.kind === "commit") {
    const commit = await commitOf(git, query.commit);
    return { commit, base: await commitOf(git, query.base ?? `${query.commit}^`) };
  }
  const head = await commitOf(git, "HEAD");
  if (query.kind === "uncommitted") return { base: head, commit: await commitOfWorkTree(git, head) };
  const other = await commitOf(git, query.ref);
  const found = await runGit(git, ["merge-base", other, head], { accept: [0, 1] });
  if (found.code !== 0) {
    throw new CcoError("USAGE", `${query.ref} and HEAD have no common commit`, { hint: "cco review --base REF" });
  }
  return { base: found.stdout.toString("utf8").trim(), commit: head };
}

async function commitOf(git: Git, name: string): Promise<string> {
  const args = ["rev-parse", "--quiet", "--verify", "--end-of-options", `${name}^{commit}`];
  const found = await runGit(git, args, { accept: "any" });
  if (found.code === 0) return found.stdout.toString("utf8").trim();
  if (name === "HEAD") throw new CcoError("REPO_EMPTY", `${git.root} has no commit yet`);
  throw new CcoError("USAGE", `${name} is no commit of this repository`, {
    hint: "git log --oneline shows them; cco review --base REF",
  });
}

/** The work tree as it is, untracked files included and ignored ones left out, as a commit on HEAD. */
async function commitOfWorkTree(git: Git, head: string): Promise<string> {
  const tree = rootTree(git.layout);
  const { treeId } = await snapshotTree(git, tree, { base: head, withoutBoard: true });
  const args = ["commit-tree", treeId, "-p", head, "-m", "what is not committed"];
  return asCommitter((identity) => gitLine(git, args, { tree, ...identity }));
}
