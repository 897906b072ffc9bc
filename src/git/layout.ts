import { lstatSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { CcoError, systemCode } from "../kernel/errors.ts";
import { plainLayout } from "./plain-files.ts";
import type { Layout } from "./repository-parts.ts";
import { spawnGit } from "./spawn-git.ts";
import type { GitSetup, Tree } from "./run-git.ts";

/** What every operation needs: how git is called and where things are. */
export interface Git extends GitSetup {
  readonly layout: Layout;
}

/** Finds the repository around a folder; one process when it is not a plain one. Throws REPO_NOT_FOUND, or REPO_GIT when git refuses it. */
export async function readLayout(root: string, env: Readonly<Record<string, string>>): Promise<Layout> {
  const plain = plainLayout(root);
  if (plain !== null) return plain;
  const args = ["rev-parse", "--path-format=absolute", "--git-dir", "--git-common-dir", "--show-toplevel"];
  const result = await spawnGit(args, { cwd: root, env });
  const [gitDir, commonDir, top] = result.stdout.toString("utf8").split("\n");
  if (gitDir !== undefined && commonDir !== undefined && gitDir !== "" && commonDir !== "") {
    return { gitDir, commonDir, top: result.code === 0 && top !== undefined && top !== "" ? top : null, plain: false };
  }
  if (/not a git repository/.test(result.stderr)) {
    throw new CcoError("REPO_NOT_FOUND", `${root} is not inside a git repository`);
  }
  throw new CcoError("REPO_GIT", `git cannot read the repository of ${root}: ${result.stderr.trim().slice(0, 1000)}`);
}

/** The work tree of the user that the project lives in. Throws REPO_GIT in a bare repository. */
export function rootTree(layout: Layout): Tree {
  if (layout.top === null) throw new CcoError("REPO_GIT", `${layout.gitDir} is bare: there is no work tree to work in`);
  return { path: layout.top, gitDir: layout.gitDir };
}

/** The linked work tree that is registered for a path in a repository's git folder, whether or not it is still there; null when there is none. */
export async function findTree(commonDir: string, path: string): Promise<Tree | null> {
  const wanted = await canonicalPath(path);
  for (const name of await namesIn(join(commonDir, "worktrees"))) {
    const gitDir = join(commonDir, "worktrees", name);
    const link = (await textOf(join(gitDir, "gitdir")))?.trim();
    if (link === undefined || link === "") continue;
    const at = dirname(resolve(gitDir, link));
    if (at === wanted || (await canonicalPath(at)) === wanted) return { path: wanted, gitDir };
  }
  return null;
}

// Looks at single files happen in place: a turn through the thread pool costs many times what the call itself does.

/** Path with all symlinks resolved as far as it exists, the way git writes it down. */
export async function canonicalPath(path: string): Promise<string> {
  try {
    return realpathSync.native(path);
  } catch (thrown) {
    if (!["ENOENT", "ENOTDIR", "ELOOP"].includes(systemCode(thrown) ?? "") || dirname(path) === path) throw thrown;
    return join(await canonicalPath(dirname(path)), basename(path));
  }
}

/** Text of a file, null when it cannot be there. */
export async function textOf(path: string): Promise<string | null> {
  try {
    return readFileSync(path, "utf8");
  } catch (thrown) {
    if (isAbsent(thrown) || systemCode(thrown) === "EISDIR") return null;
    throw thrown;
  }
}

/** Entries of a folder, none when it is not there. */
export async function namesIn(path: string): Promise<readonly string[]> {
  try {
    return readdirSync(path);
  } catch (thrown) {
    if (isAbsent(thrown)) return [];
    throw thrown;
  }
}

/** What is at a path, without following a symlink at its end. */
export async function kindAt(path: string | Buffer): Promise<"none" | "file" | "folder" | "link" | "other"> {
  try {
    const found = lstatSync(path);
    if (found.isSymbolicLink()) return "link";
    if (found.isDirectory()) return "folder";
    return found.isFile() ? "file" : "other";
  } catch (thrown) {
    if (isAbsent(thrown)) return "none";
    throw thrown;
  }
}

function isAbsent(thrown: unknown): boolean {
  const code = systemCode(thrown);
  return code === "ENOENT" || code === "ENOTDIR";
}
