import { unlink, stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { CcoError, systemCode } from "../kernel/errors.ts";
import { spawnGit, type GitCall, type GitResult } from "./spawn-git.ts";

export type { GitResult } from "./spawn-git.ts";

/** A work tree that git is pointed at by name, so that a `.git` file inside it (the worker's to rewrite) is never read. */
export interface Tree {
  readonly path: string;
  readonly gitDir: string;
}

/** What every git call of one repository shares. */
export interface GitSetup {
  readonly root: string;
  /** Environment of git without the variables that would redirect it. */
  readonly env: Readonly<Record<string, string>>;
  /** Folder for temporary indexes and the notes of the local lane. */
  readonly cacheDir: string;
  /** How long a lock of somebody else is waited for, milliseconds. */
  readonly lockWaitMs: number;
  /** True for a lock file that only this program takes, so that one left over from a crash may be removed. */
  readonly ownsLock: (path: string, tree: Tree | undefined) => boolean;
}

/** A git call with its place. `tree`: work there; otherwise in `cwd` (default: the root). `accept`: exit codes that are answers, default 0 only. */
export interface RunOptions extends Omit<GitCall, "cwd" | "env"> {
  readonly tree?: Tree;
  readonly cwd?: string;
  readonly indexFile?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly accept?: readonly number[] | "any";
  /** Undoes what a call that met a lock half-way left behind, before it is done again. */
  readonly beforeRetry?: () => Promise<void>;
}

/** git reads every registered work tree, also one that another git is just registering and has not written whole. */
const HALF_MADE = /failed to read \S*worktrees\/\S+: (?:Success|No such file)/;

const LOCK = /Unable to create '(.+\.lock)': File exists/;

/**
 * Runs git and returns its result. Waits (bounded) while another process holds a lock; a lock of ours that outlived
 * its process is removed. Throws REPO_GIT with git's own words for every exit code outside `accept`.
 */
export async function runGit(setup: GitSetup, args: readonly string[], options: RunOptions = {}): Promise<GitResult> {
  const call = toCall(setup, options);
  const accept = options.accept ?? [0];
  let waitedMs = 0;
  let stepMs = 25;
  const swept = new Set<string>();
  for (;;) {
    const result = await spawnGit(args, call);
    if (result.code === 0) return result;
    const lock = LOCK.exec(result.stderr)?.[1];
    if ((lock !== undefined || HALF_MADE.test(result.stderr)) && waitedMs < setup.lockWaitMs) {
      await sleep(stepMs);
      waitedMs += stepMs;
      stepMs = Math.min(stepMs * 2, 500);
      await options.beforeRetry?.();
      continue;
    }
    if (
      lock !== undefined &&
      !swept.has(lock) &&
      setup.ownsLock(lock, options.tree) &&
      (await sweepLock(setup, lock))
    ) {
      swept.add(lock);
      await options.beforeRetry?.();
      continue;
    }
    if (accept === "any" || accept.includes(result.code)) return result;
    throw gitError(args, result);
  }
}

/** As `runGit`, for answers of one line: stdout without the last line feed. */
export async function gitLine(setup: GitSetup, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const result = await runGit(setup, args, options);
  return result.stdout.toString("utf8").replace(/\n$/, "");
}

/** The lock of somebody else for which a call failed, after all the waiting; null when it failed for something else. */
export function heldLock(result: GitResult): string | null {
  return LOCK.exec(result.stderr)?.[1] ?? null;
}

/** The error of a git call, in git's own words. */
export function gitError(args: readonly string[], result: GitResult): CcoError {
  const lines = result.stderr.split("\n").filter((line) => line.trim() !== "");
  const said = lines.filter((line) => /^(fatal|error): /.test(line)).join("; ") || lines.at(-1) || "it said nothing";
  return new CcoError("REPO_GIT", `git ${args[0] ?? ""} ended with ${result.code}: ${said.slice(0, 1000)}`, {
    data: { args: args.slice(0, 20), exitCode: result.code, stderr: result.stderr.slice(-4000) },
  });
}

/** Throws unless the text is a full commit id, so that nothing else reaches git as a revision or an option. */
export function requireCommitId(text: string): void {
  if (!/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(text)) throw new CcoError("REPO_GIT", `"${text}" is not a commit id`);
}

function toCall(setup: GitSetup, options: RunOptions): GitCall {
  const { tree, cwd, indexFile, env, accept: _accept, beforeRetry: _beforeRetry, ...rest } = options;
  return {
    ...rest,
    cwd: tree?.path ?? cwd ?? setup.root,
    env: {
      ...setup.env,
      ...(tree === undefined ? {} : { GIT_DIR: tree.gitDir, GIT_WORK_TREE: tree.path }),
      ...(indexFile === undefined ? {} : { GIT_INDEX_FILE: indexFile }),
      ...env,
    },
  };
}

/** Removes a lock of ours that nobody has touched during the whole wait; false when it is still fresh. */
async function sweepLock(setup: GitSetup, lock: string): Promise<boolean> {
  try {
    const { mtimeMs } = await stat(lock);
    if (Date.now() - mtimeMs < setup.lockWaitMs) return false;
    await unlink(lock);
  } catch (thrown) {
    if (systemCode(thrown) !== "ENOENT") throw thrown;
  }
  return true;
}
