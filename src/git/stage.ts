import { copyFile, lstat, mkdir, mkdtemp, rm, utimes } from "node:fs/promises";
import { join } from "node:path";
import { systemCode } from "../kernel/errors.ts";
import { kindAt } from "./layout.ts";
import { runGit, type GitSetup, type Tree } from "./run-git.ts";
import type { PathChange, TreeStatus } from "./status.ts";

/**
 * Objects reach the disk before the commit that needs them: the work tree is removed soon after a merge, and by default
 * git leaves new objects to the cache of the system. In one flush, as thousands of single ones take seconds.
 */
const FLUSHED = ["core.fsync=committed", "core.fsyncMethod=batch"];
const UNSPLIT = ["core.splitIndex=false"];

/**
 * Puts everything unstaged into the index: additions, changes, deletions. `git add --all` is not used because it asks
 * nested repositories for their state, which runs programs that their settings name.
 */
export async function stageAll(setup: GitSetup, tree: Tree, status: TreeStatus, indexFile?: string): Promise<void> {
  const options = { tree, ...(indexFile === undefined ? { config: FLUSHED } : { indexFile, config: UNSPLIT }) };
  const fileless: Buffer[] = [];
  const plain: Buffer[] = [];
  for (const change of status.unstaged) ((await hasNoFile(tree, change)) ? fileless : plain).push(change.path);
  if (fileless.length > 0) {
    await runGit(setup, ["update-index", "-z", "--force-remove", "--stdin"], {
      ...options,
      input: nulList(fileless),
    });
  }
  if (plain.length === 0) return;
  const args = ["update-index", "--add", "--remove", "--replace", "-z", "--stdin"];
  await runGit(setup, args, { ...options, input: nulList(plain) });
}

/** Runs something with a throw-away copy of a tree's index, so that the real one stays as it is. */
export async function withIndexCopy<T>(
  setup: GitSetup,
  tree: Tree,
  work: (indexFile: string, hasEntries: boolean) => Promise<T>,
): Promise<T> {
  await mkdir(setup.cacheDir, { recursive: true });
  const dir = await mkdtemp(join(setup.cacheDir, "index-"));
  try {
    const indexFile = join(dir, "index");
    return await work(indexFile, await copyIndex(join(tree.gitDir, "index"), indexFile));
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/**
 * Git trusts an entry whose file is older than the index. The copy therefore keeps the original's time, rounded down:
 * with a newer one, a change made in the same instant would be missed.
 */
async function copyIndex(from: string, to: string): Promise<boolean> {
  try {
    const { mtimeMs } = await lstat(from);
    await copyFile(from, to);
    const seconds = Math.floor(mtimeMs - 1) / 1000;
    await utimes(to, seconds, seconds);
    return true;
  } catch (thrown) {
    if (systemCode(thrown) === "ENOENT") return false;
    throw thrown;
  }
}

/** A tracked path that git cannot look at itself: a folder above it became a symlink, or it is a pipe or socket now. */
async function hasNoFile(tree: Tree, change: PathChange): Promise<boolean> {
  if (change.kind === "untracked") return false;
  const kind = await kindAt(Buffer.concat([Buffer.from(`${tree.path}/`), change.path]));
  return change.kind === "deleted" ? kind !== "none" : kind === "other";
}

function nulList(paths: readonly Buffer[]): Buffer {
  return Buffer.concat(paths.flatMap((path) => [path, Buffer.from([0])]));
}
