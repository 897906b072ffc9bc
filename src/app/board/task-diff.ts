import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createGitRepo } from "../../git/repo.ts";
import type { TaskResult } from "../../model/result.ts";
import type { Project } from "../project.ts";
import { readText } from "./read-text.ts";

/** Most bytes of a diff that are shown. */
const DIFF_LIMIT_BYTES = 64 * 1024 * 1024;

/** The change of a task: the sealed one when there is one, else what is in its work tree now; empty when there is neither. */
export async function taskDiff(project: Project, task: TaskResult): Promise<string> {
  if (task.paths.diff !== null) return readText(task.paths.diff) ?? "";
  if (task.paths.worktree === null || task.base === null) return "";
  const place = { path: task.paths.worktree, branch: task.branch };
  const dir = await mkdtemp(join(tmpdir(), "cco-diff-"));
  try {
    const repo = createGitRepo({ root: project.root });
    await repo.writeDiff(place, { base: task.base, commit: null }, join(dir, "diff.patch"), 0);
    return (await readFile(join(dir, "diff.patch"))).subarray(0, DIFF_LIMIT_BYTES).toString("utf8");
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
