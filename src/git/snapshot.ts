import { gitLine, runGit, type Tree } from "./run-git.ts";
import type { Git } from "./layout.ts";
import { stageAll, withIndexCopy } from "./stage.ts";
import { readStatus, type TreeStatus } from "./status.ts";
import { dirtySubmodules } from "./submodules.ts";

/** A work tree as it is, written as a git tree. */
export interface Snapshot {
  readonly treeId: string;
  readonly status: TreeStatus;
  readonly dirtySubmodules: readonly string[];
}

export interface SnapshotQuery {
  /** Commit whose tree stands in for an index that is not there. */
  readonly base: string;
  readonly withoutBoard?: boolean;
}

/** Writes the content of a work tree into the object store, by way of a copy of its index; nothing of the user's changes. */
export function snapshotTree(git: Git, tree: Tree, query: SnapshotQuery): Promise<Snapshot> {
  return withIndexCopy(git, tree, async (indexFile, hasEntries) => {
    if (!hasEntries) await runGit(git, ["read-tree", query.base], { tree, indexFile });
    const status = await readStatus(git, tree, {
      ignored: true,
      indexFile,
      ...(query.withoutBoard === undefined ? {} : { withoutBoard: query.withoutBoard }),
    });
    await stageAll(git, tree, status, indexFile);
    const treeId = await gitLine(git, ["write-tree"], { tree, indexFile });
    return { treeId, status, dirtySubmodules: await dirtySubmodules(git, tree) };
  });
}
