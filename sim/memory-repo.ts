import { CcoError } from "../src/kernel/errors.ts";
import type { Place } from "../src/model/record.ts";
import type { Candidate } from "../src/model/verification.ts";
import type { ForwardResult, RebaseResult, Repo, ScratchWrite, WorktreeOrder } from "../src/ports/repo.ts";
import { changesBetween, type Files, listChanges, withChanges } from "./commits.ts";
import { filesAt, headOf, type RepoState, unsealed, userTree, type WorkTree } from "./repo-state.ts";

/** A branch that was moved forward; `from` and `to` are its old and new tip. */
export interface Forward {
  readonly branch: string;
  readonly from: string;
  readonly to: string;
}

/**
 * The in-memory twin of `createGitRepo`: the same answers for branches, work trees, sealing, rebase and fast-forward. Without
 * submodules, links, modes, ignored files and hooks. `onForward` sees every move of a branch by `fastForward`.
 */
export function openMemoryRepo(state: RepoState, onForward: (forward: Forward) => void = () => undefined): Repo {
  return {
    base: async () => {
      const { branch } = userTree(state);
      return { branch, commit: headOf(state, userTree(state)) };
    },
    dirtyFiles: async () => [...unsealed(state, userTree(state)).keys()].sort(),
    openWorktree: async (order) => openTree(state, order),
    seal: async (place, base, message) =>
      place.branch === null
        ? sealLocal(state, base, message)
        : sealTree(state, treeAt(state, place), { base, message }),
    restore: async (place, commit) => restore(state, place, commit),
    applyChange: async (place, base, file) => {
      restore(state, place, base);
      const tree = treeAt(state, place);
      tree.files = withChanges(tree.files, state.patches.get(file ?? "") ?? new Map());
      return null;
    },
    upstream: async (branch) => ({ remote: "origin", branch, hosted: null }),
    // Everything that is merged here is in the remote at once.
    published: async () => ({ kind: "published" }),
    changes: async (place, base) => listChanges(state.commits.get(base).files, treeAt(state, place).files),
    writeDiff: async (place, range, _file, limitBytes) => {
      const to = range.commit === null ? treeAt(state, place).files : state.commits.get(range.commit).files;
      return diffText(state.commits.get(range.base).files, to).slice(0, limitBytes);
    },
    rebase: async (place, branch) =>
      place.branch === null ? { kind: "unmoved" } : rebase(state, treeAt(state, place), branch),
    fastForward: async (branch, from, to) => fastForward(state, { branch, from, to }, onForward),
    tip: async (branch) => state.branches.get(branch) ?? null,
    branches: async (folder) => [...state.branches.keys()].filter((name) => name.startsWith(folder)),
    openScratch: async (path, commit) => {
      state.scratches.set(path, new Map(state.commits.get(commit).files));
      state.scratchStarts.set(path, commit);
    },
    dropScratch: async (path) => void state.scratches.delete(path),
    writeScratchFile: async (scratch, file, mayReplace) => writeScratchFile(state, scratch, file, mayReplace),
    readScratchFile: async (scratch, path) => filesAt(state, scratch)?.get(path) ?? null,
    scratchEdits: async (scratch) => scratchEdits(state, scratch),
    thinScratch: async (scratch, choose) => thinScratch(state, scratch, choose),
    closeWorktree: async (place) => closeTree(state, place),
    dropMergedBranch: async (branch, into) => dropBranch(state, branch, into),
  };
}

function treeAt(state: RepoState, place: Place): WorkTree {
  const tree = state.trees.get(place.branch === null ? state.root : place.path);
  if (tree === undefined) throw new CcoError("REPO_GIT", `${place.path} is not a work tree of ${state.root}`);
  return tree;
}

function openTree(state: RepoState, order: WorktreeOrder): Place {
  const { branch, path, commit } = order;
  if (branch === null) return { path: state.root, branch: null };
  const tip = state.branches.get(branch);
  if (tip !== undefined && !state.commits.contains(tip, commit)) {
    throw new CcoError("REPO_BRANCH_TAKEN", `branch ${branch} exists and it does not contain ${commit}`);
  }
  if (tip === undefined) state.branches.set(branch, commit);
  if (!state.trees.has(path)) {
    state.trees.set(path, { branch, files: new Map(state.commits.get(tip ?? commit).files) });
  }
  return { path, branch };
}

/** Everything of the task as one commit on its base. */
function sealTree(state: RepoState, tree: WorkTree, order: { base: string; message: string }): Candidate {
  const { base, message } = order;
  const { commits } = state;
  const before = headOf(state, tree);
  const changed = unsealed(state, tree).size > 0;
  let head = changed ? commits.add(before, tree.files, message) : before;
  const isOne = head === base || commits.get(head).parent === base;
  if (!isOne) head = commits.add(base, commits.get(head).files, message);
  state.branches.set(tree.branch, head);
  return candidateOf(state, base, head);
}

function sealLocal(state: RepoState, base: string, message: string): Candidate {
  const { files } = userTree(state);
  if (changesBetween(state.commits.get(base).files, files).size === 0) return candidateOf(state, base, base);
  const key = `${base} ${JSON.stringify(Object.fromEntries(files))}`;
  const commit = state.localSeals.get(key) ?? state.commits.add(base, files, message);
  state.localSeals.set(key, commit);
  return candidateOf(state, base, commit);
}

function candidateOf(state: RepoState, base: string, commit: string): Candidate {
  const files = listChanges(state.commits.get(base).files, state.commits.get(commit).files);
  return { commit, base, files, insertions: files.length, deletions: 0 };
}

function restore(state: RepoState, place: Place, commit: string): void {
  if (place.branch === null) return;
  const tree = treeAt(state, place);
  state.branches.set(tree.branch, commit);
  tree.files = new Map(state.commits.get(commit).files);
}

function rebase(state: RepoState, tree: WorkTree, branch: string): RebaseResult {
  const { commits } = state;
  const onto = state.branches.get(branch);
  if (onto === undefined) throw new CcoError("REPO_GIT", `there is no branch ${branch}`);
  const head = headOf(state, tree);
  if (commits.contains(head, onto)) return { kind: "unmoved" };
  if (unsealed(state, tree).size > 0) throw new CcoError("REPO_GIT", `${tree.branch} has unsealed changes`);
  const base = commits.mergeBase(head, onto);
  const common = commits.get(base).files;
  const [ours, theirs] = [
    changesBetween(common, commits.get(head).files),
    changesBetween(common, commits.get(onto).files),
  ];
  const conflicts = [...ours].filter(([path, text]) => theirs.has(path) && theirs.get(path) !== text);
  if (conflicts.length > 0) return { kind: "conflict", files: conflicts.map(([path]) => path).sort() };
  let tip = onto;
  for (const commit of commits.between(base, head)) {
    const change = changesBetween(commits.get(commit.parent ?? base).files, commit.files);
    const files = withChanges(commits.get(tip).files, change);
    // As git does: a commit that changes nothing any more is left out.
    if (changesBetween(commits.get(tip).files, files).size > 0) tip = commits.add(tip, files, commit.message);
  }
  state.branches.set(tree.branch, tip);
  tree.files = new Map(commits.get(tip).files);
  return { kind: "rebased", commit: tip, onto };
}

function fastForward(state: RepoState, move: Forward, onForward: (forward: Forward) => void): ForwardResult {
  const { branch, from, to } = move;
  const { commits } = state;
  const tip = state.branches.get(branch);
  if (tip === undefined) return { kind: "moved" };
  if (tip !== from) return { kind: commits.contains(tip, to) ? "forwarded" : "moved" };
  if (from === to) return { kind: "forwarded" };
  if (!commits.contains(to, from)) throw new CcoError("REPO_GIT", `${to} is not above ${from}`);
  const touched = changesBetween(commits.get(from).files, commits.get(to).files);
  const checkouts = [...state.trees.values()].filter((tree) => tree.branch === branch);
  for (const tree of checkouts) {
    const dirty = [...unsealed(state, tree).keys()].filter((path) => touched.has(path));
    if (dirty.length > 0) return { kind: "dirty", files: dirty.sort() };
  }
  for (const tree of checkouts) tree.files = withChanges(tree.files, touched);
  state.branches.set(branch, to);
  onForward(move);
  return { kind: "forwarded" };
}

function writeScratchFile(
  state: RepoState,
  scratch: string,
  file: { path: string; content: string },
  mayReplace: boolean,
): ScratchWrite {
  const files = scratchFiles(state, scratch);
  if (file.path.startsWith("/") || file.path.split("/").includes("..")) return "outside";
  if (files.has(file.path) && !mayReplace) return "exists";
  files.set(file.path, file.content);
  return "written";
}

function thinScratch(state: RepoState, scratch: string, choose: (path: string) => boolean): number {
  const files = scratchFiles(state, scratch);
  const chosen = [...files.keys()].filter(choose);
  for (const path of chosen) files.delete(path);
  return chosen.length;
}

function scratchEdits(state: RepoState, scratch: string): string[] {
  const files = scratchFiles(state, scratch);
  const start = state.commits.get(state.scratchStarts.get(scratch) ?? "").files;
  return [...start].filter(([path, text]) => files.get(path) !== text).map(([path]) => path);
}

function scratchFiles(state: RepoState, scratch: string): Map<string, string> {
  const files = filesAt(state, scratch);
  if (files === null) throw new CcoError("REPO_GIT", `there is no scratch work tree at ${scratch}`);
  return files;
}

function closeTree(state: RepoState, place: Place): boolean {
  if (place.branch === null) return false;
  const tree = state.trees.get(place.path);
  if (tree !== undefined && unsealed(state, tree).size > 0) return false;
  state.trees.delete(place.path);
  return true;
}

function dropBranch(state: RepoState, branch: string, into: string): boolean {
  const [tip, target] = [state.branches.get(branch), state.branches.get(into)];
  if (tip === undefined) return true;
  const inUse = branch === into || [...state.trees.values()].some((tree) => tree.branch === branch);
  if (inUse || target === undefined || !state.commits.contains(target, tip)) return false;
  return state.branches.delete(branch);
}

function diffText(from: Files, to: Files): string {
  return listChanges(from, to)
    .map(({ path, status }) => `--- ${status} ${path}\n+${to.get(path) ?? ""}\n`)
    .join("");
}
