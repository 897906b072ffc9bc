import type { Place } from "../model/record.ts";
import type { Git } from "./layout.ts";
import { restoreTree } from "./restore.ts";
import { runGit } from "./run-git.ts";
import { taskTree } from "./seal.ts";

/**
 * Puts a task's own work tree back to the base and applies a unified diff to its files, all of it or nothing. Returns git's words when
 * it does not apply, null when it does; a null file only puts the tree back. git itself refuses what leaves the work tree: `..`, absolute paths,
 * what lies behind a link, `.git`.
 */
export async function applyChange(git: Git, place: Place, base: string, file: string | null): Promise<string | null> {
  await restoreTree(git, place, base);
  if (file === null) return null;
  const tree = await taskTree(git, place.path);
  const args = ["apply", "--whitespace=nowarn", "--no-ignore-whitespace", "--no-unsafe-paths", "--", file];
  const result = await runGit(git, args, { tree, accept: "any" });
  if (result.code === 0) return null;
  const said = result.stderr.split("\n").filter((line) => line.trim() !== "");
  return said.slice(0, 5).join("; ").slice(0, 1000) || `git apply ended with ${result.code}`;
}
