import { mkdir, writeFile } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";
import { CcoError } from "../kernel/errors.ts";
import { canonicalPath, findTree, kindAt, type Git } from "./layout.ts";
import { removeFolder } from "./remove-folder.ts";
import { gitLine, requireCommitId, runGit } from "./run-git.ts";
import { fillSubmodules, releaseSubmodules } from "./submodules.ts";
import { removeTree } from "./worktree.ts";

/** A detached work tree at a commit; one that is left over from a crash is replaced. */
export async function openScratchTree(git: Git, path: string, commit: string): Promise<void> {
  requireCommitId(commit);
  if ((await kindAt(path)) !== "none" || (await findTree(git.layout.commonDir, path)) !== null) {
    await dropScratchTree(git, path);
  }
  await runGit(git, ["worktree", "add", "--quiet", "--detach", path, commit]);
  const tree = await findTree(git.layout.commonDir, path);
  if (tree !== null) await fillSubmodules(git, tree);
}

/** Removes a scratch work tree with everything in it; harmless when there is none. Throws REPO_GIT for anything else. */
export async function dropScratchTree(git: Git, path: string): Promise<void> {
  const tree = await findTree(git.layout.commonDir, path);
  if (tree === null) return dropFolder(git, path);
  const head = await runGit(git, ["symbolic-ref", "--quiet", "HEAD"], {
    tree: { ...tree, path: git.root },
    accept: "any",
  });
  if (head.code === 0) throw notScratch(path);
  if ((await kindAt(path)) === "folder") await releaseSubmodules(git, tree);
  await removeTree(git, path);
}

/** A folder without registration: what a crash left of a scratch tree. Never a repository or a folder around this one. */
async function dropFolder(git: Git, path: string): Promise<void> {
  const kind = await kindAt(path);
  if (kind === "none") return;
  const at = await canonicalPath(path);
  const root = await canonicalPath(git.root);
  const repository = (await kindAt(`${at}/.git`)) === "folder";
  if (kind !== "folder" || repository || root === at || root.startsWith(`${at}/`)) throw notScratch(path);
  await removeFolder(path);
}

/**
 * Writes a file into a scratch work tree. False, and nothing written, when the path is absolute, leaves the tree,
 * passes a symlink or `.git`, or names a tracked file and may not replace one.
 */
export async function writeIntoScratch(
  git: Git,
  scratch: string,
  file: { readonly path: string; readonly content: string },
  mayReplace: boolean,
): Promise<boolean> {
  const { path, content } = file;
  const parts = path.replace(/^(\.\/)+/, "").split("/");
  const odd = (part: string): boolean => part === "" || part === "." || part === ".." || part.toLowerCase() === ".git";
  if (isAbsolute(path) || path.includes("\0") || parts.some(odd)) return false;
  for (let depth = 1; depth < parts.length; depth += 1) {
    const kind = await kindAt(join(scratch, ...parts.slice(0, depth)));
    if (kind === "none") break;
    if (kind !== "folder") return false;
  }
  const target = join(scratch, ...parts);
  const there = await kindAt(target);
  if (there !== "none" && there !== "file") return false;
  if (there === "file" && !mayReplace && (await isTracked(git, scratch, parts.join("/")))) return false;
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, content);
  return true;
}

async function isTracked(git: Git, scratch: string, path: string): Promise<boolean> {
  const tree = await findTree(git.layout.commonDir, scratch);
  if (tree === null) return true;
  return (await gitLine(git, ["ls-files", "-z", "--", `:(top,literal)${path}`], { tree })) !== "";
}

function notScratch(path: string): CcoError {
  return new CcoError("REPO_GIT", `${path} is not a scratch work tree`);
}
