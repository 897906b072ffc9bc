import { join } from "node:path";
import { CcoError } from "../kernel/errors.ts";
import type { Base } from "../model/options.ts";
import type { Place } from "../model/record.ts";
import type { ChangedFile } from "../model/verification.ts";
import type { Repo } from "../ports/repo.ts";
import { applyChange } from "./apply.ts";
import { branchesIn, dropMerged, tipOf } from "./branches.ts";
import { diffTrees } from "./changes.ts";
import { writeDiffFile } from "./diff.ts";
import { forwardBranch } from "./forward.ts";
import { readLayout, rootTree, type Git } from "./layout.ts";
import type { Layout } from "./repository-parts.ts";
import { localChanges, openLocal, sealLocal } from "./local-lane.ts";
import { plainHead, plainRef } from "./plain-files.ts";
import { publishedIn, upstreamOf } from "./published.ts";
import { rebaseTree } from "./rebase.ts";
import { gitError, requireCommitId, runGit, type Tree } from "./run-git.ts";
import { restoreTree } from "./restore.ts";
import {
  dropScratchTree,
  editsInScratch,
  openScratchTree,
  readFromScratch,
  thinScratchTree,
  writeIntoScratch,
} from "./scratch.ts";
import { extraFiles, mergeFiles, sealWorktree, taskTree } from "./seal.ts";
import { snapshotTree } from "./snapshot.ts";
import { gitEnvironment } from "./spawn-git.ts";
import { readStatus } from "./status.ts";
import { dirtySubmodules } from "./submodules.ts";
import { closeTaskTree, openTaskTree } from "./worktree.ts";

export interface GitRepoOptions {
  /** Top of the user's work tree (or a bare repository); absolute. */
  readonly root: string;
  /** Folder for temporary indexes and the notes of the local lane; default: `cco/` in the git folder. */
  readonly cacheDir?: string;
  /** Environment for git; default: the one of this process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** How long a lock that another git holds is waited for; default 5,000 ms. */
  readonly lockWaitMs?: number;
}

/** The git side of the engine. Nothing is read before the first call. */
export function createGitRepo(options: GitRepoOptions): Repo {
  const git = lazyGit(options);
  return {
    base: async () => readBase(await git()),
    dirtyFiles: async () => readDirty(await git()),
    openWorktree: async (order) =>
      order.branch === null
        ? openLocal(await git(), order.task, order.commit)
        : openTaskTree(await git(), { path: order.path, branch: order.branch, commit: order.commit }),
    seal: async (place, base, message) =>
      place.branch === null ? sealLocal(await git(), base, message) : sealWorktree(await git(), place, base, message),
    restore: async (place, commit) => restoreTree(await git(), place, commit),
    applyChange: async (place, base, file) => applyChange(await git(), place, base, file),
    upstream: async (branch) => upstreamOf(await git(), branch),
    published: async (at, commit) => publishedIn(await git(), at, commit),
    changes: async (place, base) => readChanges(await git(), place, base),
    writeDiff: async (place, range, file, limitBytes) => writeDiff(await git(), place, range, { file, limitBytes }),
    rebase: async (place, branch, contained) =>
      place.branch === null
        ? { kind: "unmoved" }
        : rebaseTree(await git(), await taskTree(await git(), place.path), {
            taskBranch: place.branch,
            branch,
            contained: contained ?? null,
          }),
    fastForward: async (branch, from, to, replaced) =>
      forwardBranch(await git(), { branch, from, to, ...(replaced === undefined ? {} : { replaced }) }),
    tip: async (branch) => tipOf(await git(), branch),
    branches: async (folder) => branchesIn(await git(), folder),
    openScratch: async (path, commit) => openScratchTree(await git(), path, commit),
    dropScratch: async (path) => dropScratchTree(await git(), path),
    writeScratchFile: async (scratch, file, mayReplace) => writeIntoScratch(await git(), scratch, file, mayReplace),
    readScratchFile: async (scratch, path) => readFromScratch(await git(), scratch, path),
    scratchEdits: async (scratch) => editsInScratch(await git(), scratch),
    thinScratch: async (scratch, choose) => thinScratchTree(await git(), scratch, choose),
    closeWorktree: async (place) => closeTaskTree(await git(), place),
    dropMergedBranch: async (branch, into) => dropMerged(await git(), branch, into),
  };
}

/** Finds the repository once; a failure is not remembered, the folder may become one. */
export function lazyGit(options: GitRepoOptions): () => Promise<Git> {
  const env = gitEnvironment(options.env ?? process.env);
  let found: Promise<Git> | undefined;
  const find = async (): Promise<Git> => {
    const layout = await readLayout(options.root, env);
    return {
      root: options.root,
      env,
      // Workers cannot write below the git folder, as they can in the system's temporary one.
      cacheDir: options.cacheDir ?? join(layout.gitDir, "cco"),
      lockWaitMs: options.lockWaitMs ?? 5000,
      ownsLock: (path, tree) => isOurs(layout, path, tree),
      layout,
    };
  };
  return () => {
    found ??= find().catch((thrown: unknown) => {
      found = undefined;
      throw thrown;
    });
    return found;
  };
}

/** Locks of the tasks' branches and of the work trees of tasks; never those of the work tree the user works in. */
function isOurs(layout: Layout, path: string, tree: Tree | undefined): boolean {
  const { commonDir, gitDir } = layout;
  if (path.startsWith(`${commonDir}/refs/heads/cco/`)) return true;
  if (tree === undefined || tree.gitDir === gitDir || !tree.gitDir.startsWith(`${commonDir}/worktrees/`)) return false;
  return path.startsWith(`${tree.gitDir}/`);
}

async function readBase(git: Git): Promise<Base> {
  const ref = git.layout.plain ? plainHead(git.layout.gitDir) : null;
  const plain = ref === null ? null : plainRef(git.layout, ref);
  if (ref !== null && plain !== null) return { branch: ref.slice(11), commit: plain };
  const args = ["rev-parse", "HEAD", "--symbolic-full-name", "HEAD"];
  const result = await runGit(git, args, { accept: "any" });
  const [commit = "", name = ""] = result.stdout.toString("utf8").split("\n");
  if (result.code === 0) return { branch: name.startsWith("refs/heads/") ? name.slice(11) : null, commit };
  if (!/ambiguous argument 'HEAD'|unknown revision/.test(result.stderr)) throw gitError(args, result);
  throw new CcoError("REPO_EMPTY", `${git.root} has no commit yet`);
}

async function readDirty(git: Git): Promise<readonly string[]> {
  if (git.layout.top === null) return [];
  const tree = rootTree(git.layout);
  const status = await readStatus(git, tree, { ignored: false, collapse: true, withoutBoard: true });
  const paths = [
    ...status.unstaged.map((change) => change.path.toString("utf8")),
    ...status.stagedPaths,
    ...status.nested.map((file) => file.path),
    ...(await dirtySubmodules(git, tree)),
  ];
  return [...new Set(paths)].sort();
}

async function readChanges(git: Git, place: Place, base: string): Promise<readonly ChangedFile[]> {
  requireCommitId(base);
  if (place.branch === null) return localChanges(git, base);
  const tree = await taskTree(git, place.path);
  const now = await snapshotTree(git, tree, { base });
  const diff = await diffTrees(git, tree, base, now.treeId);
  return mergeFiles(diff.files, extraFiles(now.status, now.dirtySubmodules));
}

async function writeDiff(
  git: Git,
  place: Place,
  range: { readonly base: string; readonly commit: string | null },
  target: { readonly file: string; readonly limitBytes: number },
): Promise<string> {
  requireCommitId(range.base);
  if (range.commit !== null) requireCommitId(range.commit);
  const tree = place.branch === null ? rootTree(git.layout) : await taskTree(git, place.path);
  const to = range.commit ?? (await presentTree(git, place, tree, range.base));
  return writeDiffFile(git, tree, { from: range.base, to }, target);
}

async function presentTree(git: Git, place: Place, tree: Tree, base: string): Promise<string> {
  return (await snapshotTree(git, tree, { base, withoutBoard: place.branch === null })).treeId;
}
