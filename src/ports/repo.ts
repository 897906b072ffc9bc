import type { Base } from "../model/options.ts";
import type { Place } from "../model/record.ts";
import type { Candidate, ChangedFile } from "../model/verification.ts";

/** What opening a work tree needs. Names are derived from the task id, so that it is idempotent. */
export interface WorktreeOrder {
  readonly task: string;
  /** Absolute path of the new work tree. */
  readonly path: string;
  /** Branch to create or to come back to, `cco/<task>`; null: the local lane, where `path` is the user's own work tree. */
  readonly branch: string | null;
  /** Commit to start from. */
  readonly commit: string;
}

/** How a rebase ended. */
export type RebaseResult =
  | { readonly kind: "unmoved" }
  | { readonly kind: "rebased"; readonly commit: string; readonly onto: string }
  | { readonly kind: "conflict"; readonly files: readonly string[] };

/** How moving the base branch forward ended. `dirty`: checked out with changes of the user in these files. `moved`: it is no longer where `from` says. */
export type ForwardResult =
  | { readonly kind: "forwarded" }
  | { readonly kind: "dirty"; readonly files: readonly string[] }
  | { readonly kind: "moved" };

/** What became of a file that was to be written into a scratch work tree; nothing is written but by `written`. */
export type ScratchWrite = "written" | "outside" | "link" | "exists";

/** A branch of a remote repository. */
export interface RemoteBranch {
  readonly remote: string;
  readonly branch: string;
  /** `owner/name` where the address of the remote is one of a hosting service. */
  readonly hosted: string | null;
}

/** Whether a commit is in a branch of a remote repository. `unknown-tip`: the branch is at a commit that is not here, so nobody can say. */
export type Published =
  | { readonly kind: "published" }
  | { readonly kind: "no-branch" }
  | { readonly kind: "unknown-tip"; readonly tip: string }
  | { readonly kind: "unpublished"; readonly commits: number };

/** Everything done to the user's git repository. Never touches the user's index, dirty files or hooks; never prompts. */
export interface Repo {
  /** Branch and commit that are checked out in the main work tree. Throws REPO_EMPTY without a commit. */
  base(): Promise<Base>;
  /** Changed and untracked paths of the user's work tree (ignored ones left out). */
  dirtyFiles(): Promise<readonly string[]>;
  /**
   * Creates branch and work tree, or finds them again. Throws REPO_BRANCH_TAKEN, REPO_SUBMODULES. Local lane: creates
   * nothing, remembers which ignored files are there, so that `seal` and `changes` name only those that came later.
   */
  openWorktree(order: WorktreeOrder): Promise<Place>;
  /** Commits everything in the work tree on behalf of the worker, on top of what is there; idempotent. */
  seal(place: Place, base: string, message: string): Promise<Candidate>;
  /** Puts the tracked and unignored files of a task's own work tree back to the commit (checks leave things behind); nothing in the local lane. */
  restore(place: Place, commit: string): Promise<void>;
  /**
   * Puts a task's own work tree back to the base and applies a unified diff to it, whole or not at all; null: it applied, else why it did
   * not. A null file only puts the tree back.
   */
  applyChange(place: Place, base: string, file: string | null): Promise<string | null>;
  /** The remote branch that a local branch belongs to; null when there is no remote that could be meant. */
  upstream(branch: string): Promise<RemoteBranch | null>;
  /** Whether that branch holds a commit; asks the remote, and takes it as it was last seen when it does not answer. */
  published(at: Omit<RemoteBranch, "hosted">, commit: string): Promise<Published>;
  /** Paths that differ between base and the work tree as it is, ignored files included; without a commit (local lane). */
  changes(place: Place, base: string): Promise<readonly ChangedFile[]>;
  /** Writes the unified diff base..commit (or ..work tree when commit is null) to a file; returns its first `limitBytes` as text. */
  writeDiff(
    place: Place,
    range: { base: string; commit: string | null },
    file: string,
    limitBytes: number,
  ): Promise<string>;
  /**
   * Moves the task's branch onto the present tip of `branch`. A conflict leaves everything as it was. `contained`: a commit
   * that the task's branch is known to contain, which spares a look when `branch` is still there.
   */
  rebase(place: Place, branch: string, contained?: string): Promise<RebaseResult>;
  /**
   * Fast-forwards `branch` to `commit`, in the work tree that has it checked out or by reference. `replaced`: every path of
   * `from` that `to` changes or removes, which spares looking for files that the user deleted where all of them are there.
   */
  fastForward(branch: string, from: string, to: string, replaced?: readonly string[]): Promise<ForwardResult>;
  /** Commit at the tip of a branch, null when it does not exist. */
  tip(branch: string): Promise<string | null>;
  /** Names of the local branches below a folder of names: `cco/` for `cco/<task>`. */
  branches(folder: string): Promise<readonly string[]>;
  /** A detached scratch work tree at a commit, for running evidence; removed with its content by `dropScratch`. */
  openScratch(path: string, commit: string): Promise<void>;
  dropScratch(path: string): Promise<void>;
  /** Writes a file into a scratch work tree, or says why not. `exists`: it names a tracked file and `mayReplace` is not set. */
  writeScratchFile(
    scratch: string,
    file: { path: string; content: string },
    mayReplace: boolean,
  ): Promise<ScratchWrite>;
  /** Text of a tracked regular file of a scratch work tree, its first megabyte; null when there is none at this path. */
  readScratchFile(scratch: string, path: string): Promise<string | null>;
  /** Tracked files of a scratch work tree that are no longer as they were when it was opened. */
  scratchEdits(scratch: string): Promise<readonly string[]>;
  /** Removes the tracked files that are chosen from a scratch work tree; returns how many are gone. */
  thinScratch(scratch: string, choose: (path: string) => boolean): Promise<number>;
  /** Removes the work tree of an ended task when it is clean; true when it is gone. The branch stays. */
  closeWorktree(place: Place): Promise<boolean>;
  /** Deletes a branch that is fully contained in another; true when it is gone. */
  dropMergedBranch(branch: string, into: string): Promise<boolean>;
}
