import { mkdir, open, rm, writeFile } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";
import { CcoError } from "../kernel/errors.ts";
import type { ScratchWrite } from "../ports/repo.ts";
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
 * Writes a file into a scratch work tree. Nothing is written when the path is absolute, leaves the tree or names `.git`
 * (`outside`), passes or names something that is no plain file (`link`), or names a tracked file and may not replace one.
 */
export async function writeIntoScratch(
  git: Git,
  scratch: string,
  file: { readonly path: string; readonly content: string },
  mayReplace: boolean,
): Promise<ScratchWrite> {
  const parts = partsInside(file.path);
  if (parts === null) return "outside";
  if ((await folderAbove(scratch, parts)) === "link") return "link";
  const target = join(scratch, ...parts);
  const there = await kindAt(target);
  if (there !== "none" && there !== "file") return "link";
  if (there === "file" && !mayReplace && (await isTracked(git, scratch, parts.join("/")))) return "exists";
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, file.content);
  return "written";
}

/** Segments of a path that stays inside; null for any other. */
function partsInside(path: string): string[] | null {
  const parts = path.replace(/^(\.\/)+/, "").split("/");
  const odd = (part: string): boolean => part === "" || part === "." || part === ".." || part.toLowerCase() === ".git";
  return isAbsolute(path) || path.includes("\0") || parts.some(odd) ? null : parts;
}

/** Whether every folder above a path is a real one (or not there yet). */
async function folderAbove(scratch: string, parts: readonly string[]): Promise<"plain" | "link"> {
  for (let depth = 1; depth < parts.length; depth += 1) {
    const kind = await kindAt(join(scratch, ...parts.slice(0, depth)));
    if (kind === "none") return "plain";
    if (kind !== "folder") return "link";
  }
  return "plain";
}

/** Most of a file that is read back. */
const READ_BYTES = 1024 * 1024;

/** Text of a tracked file, its first megabyte; null when there is no plain tracked file at this path. */
export async function readFromScratch(git: Git, scratch: string, path: string): Promise<string | null> {
  const parts = partsInside(path);
  if (parts === null || (await folderAbove(scratch, parts)) === "link") return null;
  const file = join(scratch, ...parts);
  if ((await kindAt(file)) !== "file" || !(await isTracked(git, scratch, parts.join("/")))) return null;
  const handle = await open(file, "r");
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(READ_BYTES), 0, READ_BYTES, 0);
    return buffer.subarray(0, bytesRead).toString("utf8");
  } finally {
    await handle.close();
  }
}

/** Removes chosen tracked files from a scratch work tree; its index and its commit stay. */
export async function thinScratchTree(git: Git, scratch: string, choose: (path: string) => boolean): Promise<number> {
  const tree = await findTree(git.layout.commonDir, scratch);
  if (tree === null) throw notScratch(scratch);
  const listed = await runGit(git, ["ls-files", "-z"], { tree });
  const chosen = listed.stdout
    .toString("utf8")
    .split("\0")
    .filter((path) => path !== "" && choose(path));
  for (const path of chosen) {
    const parts = partsInside(path);
    if (parts !== null && (await folderAbove(scratch, parts)) === "plain") await removeFile(join(scratch, ...parts));
  }
  return chosen.length;
}

/** Tracked files that differ from the commit of a scratch work tree. */
export async function editsInScratch(git: Git, scratch: string): Promise<readonly string[]> {
  const tree = await findTree(git.layout.commonDir, scratch);
  if (tree === null) throw notScratch(scratch);
  const args = ["diff", "--name-only", "--no-ext-diff", "--no-renames", "--ignore-submodules", "-z"];
  return (await runGit(git, args, { tree })).stdout
    .toString("utf8")
    .split("\0")
    .filter((path) => path !== "");
}

/** Removes a file or link; a folder (a submodule) stays. */
async function removeFile(path: string): Promise<void> {
  if ((await kindAt(path)) !== "folder") await rm(path, { force: true });
}

async function isTracked(git: Git, scratch: string, path: string): Promise<boolean> {
  const tree = await findTree(git.layout.commonDir, scratch);
  if (tree === null) return true;
  return (await gitLine(git, ["ls-files", "-z", "--", `:(top,literal)${path}`], { tree })) !== "";
}

function notScratch(path: string): CcoError {
  return new CcoError("REPO_GIT", `${path} is not a scratch work tree`);
}
