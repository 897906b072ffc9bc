import type { Place } from "../model/record.ts";
import type { Git } from "./layout.ts";
import { settleRebase } from "./rebase.ts";
import { requireCommitId, runGit } from "./run-git.ts";
import { taskTree } from "./seal.ts";
import { isClean, readStatus } from "./status.ts";
import { dirtySubmodules, restoreSubmodules } from "./submodules.ts";

/**
 * Puts the tracked and unignored files of a task's own work tree, and its branch, back to a commit. One process when
 * nothing is to be done. The user's work tree (local lane) is left alone.
 */
export async function restoreTree(git: Git, place: Place, commit: string): Promise<void> {
  if (place.branch === null) return;
  requireCommitId(commit);
  const tree = await taskTree(git, place.path);
  await settleRebase(git, tree, place.branch);
  const status = await readStatus(git, tree, { ignored: false, collapse: true });
  if (!isClean(status) || status.head !== commit) {
    await runGit(git, ["reset", "--quiet", "--hard", commit], { tree });
    // Forced twice: also repositories that a check made for itself.
    await runGit(git, ["clean", "--quiet", "-d", "--force", "--force"], { tree });
  }
  if ((await dirtySubmodules(git, tree)).length > 0) await restoreSubmodules(git, tree);
}
