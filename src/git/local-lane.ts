import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Place } from "../model/record.ts";
import type { Candidate, ChangedFile } from "../model/verification.ts";
import { diffTrees } from "./changes.ts";
import { asCommitter } from "./identity.ts";
import { rootTree, textOf, type Git } from "./layout.ts";
import { gitLine, requireCommitId } from "./run-git.ts";
import { extraFiles, mergeFiles } from "./seal.ts";
import { snapshotTree } from "./snapshot.ts";

/** What a commit cannot tell of the user's work tree as it was when a task of the local lane began. */
interface LocalStart {
  readonly task: string;
  /** Tree of the files that were there; says which base this note belongs to. */
  readonly treeId: string;
  /** Ignored files and nested repositories that were there. */
  readonly extras: readonly string[];
}

/** Remembers what is in the user's work tree before the worker starts. A second call for the same task changes nothing. */
export async function openLocal(git: Git, task: string, base: string): Promise<Place> {
  requireCommitId(base);
  const tree = rootTree(git.layout);
  if ((await readStart(git))?.task !== task) {
    const now = await snapshotTree(git, tree, { base, withoutBoard: true });
    const extras = extraFiles(now.status, now.dirtySubmodules).map((file) => file.path);
    await writeStart(git, { task, treeId: now.treeId, extras });
  }
  return { path: tree.path, branch: null };
}

/**
 * A candidate out of the user's work tree as it is: a commit that no branch holds, so that it can be diffed, checked
 * and reviewed. HEAD, index and files stay untouched. The same content on the same base is the same commit.
 */
export async function sealLocal(git: Git, base: string, message: string): Promise<Candidate> {
  const { tree, treeId, baseDate, extras } = await compareWithBase(git, base);
  const diff = await diffTrees(git, tree, base, treeId);
  const files = mergeFiles(diff.files, extras);
  if (diff.files.length === 0) return { commit: base, base, files, insertions: 0, deletions: 0 };
  const args = ["commit-tree", treeId, "-p", base, "-F", "-"];
  const input = Buffer.from(`${message.trimEnd()}\n`);
  const commit = await asCommitter(({ config, env }) =>
    gitLine(git, args, { input, config, env: { ...env, GIT_AUTHOR_DATE: baseDate, GIT_COMMITTER_DATE: baseDate } }),
  );
  return { commit, base, ...diff, files };
}

/** What differs between a base and the user's work tree as it is. */
export async function localChanges(git: Git, base: string): Promise<readonly ChangedFile[]> {
  const { tree, treeId, extras } = await compareWithBase(git, base);
  return mergeFiles((await diffTrees(git, tree, base, treeId)).files, extras);
}

/** Without a note of the start nobody can tell whose the ignored files are (the user's `node_modules`, `.env`): they are left out. */
async function compareWithBase(git: Git, base: string) {
  requireCommitId(base);
  const tree = rootTree(git.layout);
  const described = await gitLine(git, ["log", "-1", "--no-show-signature", "--format=%T @%ct +0000", base, "--"], {
    tree,
  });
  const [baseTree = "", ...date] = described.split(" ");
  const known = await readStart(git);
  const start = known?.treeId === baseTree ? known : null;
  const now = await snapshotTree(git, tree, { base, withoutBoard: true });
  const before = new Set(start?.extras);
  const all = extraFiles(now.status, now.dirtySubmodules);
  const extras = all.filter((file) => !before.has(file.path) && (start !== null || file.status !== "ignored"));
  return { tree, treeId: now.treeId, baseDate: date.join(" "), extras };
}

function startFile(git: Git): string {
  return join(git.cacheDir, "local-start.json");
}

async function writeStart(git: Git, start: LocalStart): Promise<void> {
  await mkdir(git.cacheDir, { recursive: true });
  const temporary = `${startFile(git)}.${process.pid}.tmp`;
  await writeFile(temporary, `${JSON.stringify(start)}\n`);
  await rename(temporary, startFile(git));
}

/** The note of the start; null when there is none or it cannot be read, which only hides ignored files. */
async function readStart(git: Git): Promise<LocalStart | null> {
  const text = await textOf(startFile(git));
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    return isLocalStart(value) ? value : null;
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return null;
    throw thrown;
  }
}

function isLocalStart(value: unknown): value is LocalStart {
  if (typeof value !== "object" || value === null) return false;
  if (!("task" in value) || !("treeId" in value) || !("extras" in value)) return false;
  const texts = typeof value.task === "string" && typeof value.treeId === "string";
  return texts && Array.isArray(value.extras) && value.extras.every((part) => typeof part === "string");
}
