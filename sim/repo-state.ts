import { changesBetween, makeCommits, type Commits, withChanges } from "./commits.ts";

/** A work tree: what is checked out, and the files as they are. */
export interface WorkTree {
  readonly branch: string;
  files: Map<string, string>;
}

/** A repository as it lies on the simulated disk, with the work tree of the user at `root`. */
export interface RepoState {
  readonly root: string;
  readonly commits: Commits;
  readonly branches: Map<string, string>;
  /** By absolute path; the user's own among them. */
  readonly trees: Map<string, WorkTree>;
  /** Detached copies for evidence, by absolute path. */
  readonly scratches: Map<string, Map<string, string>>;
  /** Commit at which each scratch copy was opened. */
  readonly scratchStarts: Map<string, string>;
  /** Candidates of the local lane by base and content: the same content is the same commit. */
  readonly localSeals: Map<string, string>;
  /** Changes that workers in the cloud have made, by attempt folder. */
  readonly patches: Map<string, ReadonlyMap<string, string | null>>;
}

/** A repository with one commit on `main`, which the user has checked out. */
export function makeRepoState(root: string, files: Readonly<Record<string, string>>): RepoState {
  const commits = makeCommits();
  const first = new Map(Object.entries(files));
  return {
    root,
    commits,
    branches: new Map([["main", commits.add(null, first, "start")]]),
    trees: new Map([[root, { branch: "main", files: new Map(first) }]]),
    scratches: new Map(),
    scratchStarts: new Map(),
    localSeals: new Map(),
    patches: new Map(),
  };
}

/** The user's own work tree. */
export function userTree(state: RepoState): WorkTree {
  const tree = state.trees.get(state.root);
  if (tree === undefined) throw new Error(`${state.root} has no work tree`);
  return tree;
}

/** Commit that a work tree has checked out. */
export function headOf(state: RepoState, tree: WorkTree): string {
  const head = state.branches.get(tree.branch);
  if (head === undefined) throw new Error(`branch ${tree.branch} is gone while it is checked out`);
  return head;
}

/** Changes of a work tree that no commit holds. */
export function unsealed(state: RepoState, tree: WorkTree): ReadonlyMap<string, string | null> {
  return changesBetween(state.commits.get(headOf(state, tree)).files, tree.files);
}

/** The user commits one path on what is checked out; other edits stay as they are. Returns the commit. */
export function userCommits(state: RepoState, path: string, text: string): string {
  const tree = userTree(state);
  const head = headOf(state, tree);
  const change = new Map([[path, text]]);
  const commit = state.commits.add(head, withChanges(state.commits.get(head).files, change), "by the user");
  tree.files = withChanges(tree.files, change);
  state.branches.set(tree.branch, commit);
  return commit;
}

/** The user takes an edit back: the path is as the last commit has it. */
export function userReverts(state: RepoState, path: string): void {
  const tree = userTree(state);
  const text = state.commits.get(headOf(state, tree)).files.get(path) ?? null;
  tree.files = withChanges(tree.files, new Map([[path, text]]));
}

/** Files at a path: a work tree or a scratch copy; null when there is none. */
export function filesAt(state: RepoState, path: string): Map<string, string> | null {
  return state.trees.get(path)?.files ?? state.scratches.get(path) ?? null;
}
