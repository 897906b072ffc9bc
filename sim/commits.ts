import { CcoError } from "../src/kernel/errors.ts";
import type { ChangedFile } from "../src/model/verification.ts";

/** Contents by path. */
export type Files = ReadonlyMap<string, string>;

/** One commit; histories are lines, because nobody here makes merge commits. */
export interface Commit {
  readonly id: string;
  readonly parent: string | null;
  readonly files: Files;
  readonly message: string;
  /** Number of commits below it. */
  readonly depth: number;
}

/** Every commit of a repository. */
export interface Commits {
  add(parent: string | null, files: Files, message: string): string;
  /** Throws REPO_GIT when there is none. */
  get(id: string): Commit;
  /** True when `part` is `id` or below it. */
  contains(id: string, part: string): boolean;
  /** The commits above `from` up to `to`, oldest first; all of them down to the root when `from` is not below `to`. */
  between(from: string, to: string): readonly Commit[];
  /** The newest commit that both contain. */
  mergeBase(a: string, b: string): string;
}

/** An empty store. */
export function makeCommits(): Commits {
  const all = new Map<string, Commit>();

  function get(id: string): Commit {
    const commit = all.get(id);
    if (commit === undefined) throw new CcoError("REPO_GIT", `there is no commit ${id}`);
    return commit;
  }

  /** The commit itself or the one below it at this depth. */
  function atDepth(id: string, depth: number): Commit {
    let commit = get(id);
    while (commit.depth > depth && commit.parent !== null) commit = get(commit.parent);
    return commit;
  }

  return {
    add(parent, files, message) {
      const id = (all.size + 1).toString(16).padStart(40, "0");
      const depth = parent === null ? 0 : get(parent).depth + 1;
      all.set(id, { id, parent, files: new Map(files), message, depth });
      return id;
    },
    get,
    contains: (id, part) => atDepth(id, get(part).depth).id === part,
    between(from, to) {
      const line: Commit[] = [];
      for (let at: string | null = to; at !== null && at !== from; at = get(at).parent) line.unshift(get(at));
      return line;
    },
    mergeBase(a, b) {
      const depth = Math.min(get(a).depth, get(b).depth);
      let [left, right] = [atDepth(a, depth), atDepth(b, depth)];
      while (left.id !== right.id && left.parent !== null && right.parent !== null) {
        [left, right] = [get(left.parent), get(right.parent)];
      }
      return left.id;
    },
  };
}

/** What leads from one content to another: new text by path, null = deleted. */
export function changesBetween(from: Files, to: Files): ReadonlyMap<string, string | null> {
  const changes = new Map<string, string | null>();
  for (const [path, text] of to) if (from.get(path) !== text) changes.set(path, text);
  for (const path of from.keys()) if (!to.has(path)) changes.set(path, null);
  return changes;
}

/** The content with changes made to it. */
export function withChanges(files: Files, changes: ReadonlyMap<string, string | null>): Map<string, string> {
  const next = new Map(files);
  for (const [path, text] of changes) {
    if (text === null) next.delete(path);
    else next.set(path, text);
  }
  return next;
}

/** Changed paths as a candidate lists them. */
export function listChanges(from: Files, to: Files): ChangedFile[] {
  return [...changesBetween(from, to)]
    .map(([path, text]): ChangedFile => {
      if (text === null) return { path, status: "deleted" };
      return { path, status: from.has(path) ? "modified" : "added" };
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}
