import { basename, join } from "node:path";
import { contains } from "./confinement.ts";
import { namesIn } from "../folder-names.ts";
import type { CodexHost } from "../installed/host.ts";
import { resolvedPath } from "../state-file.ts";
import { mainRepositories, upwards } from "./trust.ts";

/** More than a repository has in its root, and few enough for one command line. */
const MOST_PATHS = 300;

/**
 * What a worker may read but not write around its work tree: the blackboard and the main repository. Both are read-only
 * like the rest of the disk, except where the project lies in a temporary folder, because that is writable. There every
 * entry beside the way down to the work tree is named; naming the repository itself would close the work tree too, up to
 * 0.140.
 */
export async function protectedPaths(host: CodexHost, cwd: string): Promise<string[]> {
  const temporary = ["/tmp", host.tmp].map(resolvedPath);
  const tree = resolvedPath(cwd);
  const above = upwards(tree);
  const boards = above.filter((folder) => basename(folder) === ".cco");
  const main = (await mainRepositories(above)).map(resolvedPath);
  const exposed = [...new Set([...main, ...boards])].filter((root) =>
    temporary.some((folder) => contains(folder, root)),
  );
  const beside = await Promise.all(exposed.map((root) => besideTheWay(root, tree)));
  return [...new Set(beside.flat())].slice(0, MOST_PATHS);
}

/** Entries of all folders from the root down to the work tree that do not lead there; all entries when none does. */
async function besideTheWay(root: string, tree: string): Promise<string[]> {
  const names = await namesIn(root);
  const found: string[] = [];
  for (const path of names.map((name) => join(root, name))) {
    if (path === tree) continue;
    if (contains(path, tree)) found.push(...(await besideTheWay(path, tree)));
    else found.push(path);
  }
  return found;
}
