import { execFile } from "node:child_process";
import { appendFile, chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createGitRepo } from "../../src/git/repo.ts";
import type { Place } from "../../src/model/record.ts";
import type { Repo } from "../../src/ports/repo.ts";

/** A repository of a user in a temporary folder, with a home and git settings of its own. */
export interface GitStage {
  readonly dir: string;
  /** Top of the user's work tree; branch `main`, one commit with `README.md` and `src/a.txt`. */
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
  readonly repo: Repo;
  /** Runs git as the user would, in the root or another folder; returns stdout without its last line feed. */
  git(args: readonly string[], cwd?: string): Promise<string>;
  /** Writes files (text, or null to delete) below a folder. */
  write(files: Readonly<Record<string, string | null>>, cwd?: string): Promise<void>;
  read(path: string, cwd?: string): Promise<string>;
  /** Stages and commits everything in the root; returns the commit. */
  commit(message: string, cwd?: string): Promise<string>;
  /** Another adapter, as after a restart of the engine. */
  reopen(root?: string): Repo;
  /** Path of the work tree of a task. */
  treeOf(task: string): string;
  /** Opens the work tree of a task at a commit, default: HEAD of the user. */
  open(task: string, commit?: string): Promise<Place>;
  close(): Promise<void>;
}

export interface GitStageOptions {
  /** False: git knows neither name nor address. */
  readonly identity?: boolean;
  readonly files?: Readonly<Record<string, string>>;
}

/** How long the adapter waits for a lock in tests. */
export const LOCK_WAIT_MS = 300;

export async function setGitStage(options: GitStageOptions = {}): Promise<GitStage> {
  const dir = await mkdtemp(join(tmpdir(), "cco-git-"));
  const settings = join(dir, "gitconfig");
  const user = options.identity === false ? "" : "[user]\n\tname = Ada\n\temail = ada@example.com\n";
  await writeFile(settings, `${user}[init]\n\tdefaultBranch = main\n[protocol "file"]\n\tallow = always\n`);
  const env = { PATH: process.env["PATH"] ?? "", HOME: dir, GIT_CONFIG_GLOBAL: settings, GIT_CONFIG_NOSYSTEM: "1" };
  const root = join(dir, "project");
  await mkdir(root);
  const asUser = { ...env, GIT_AUTHOR_NAME: "Ada", GIT_AUTHOR_EMAIL: "ada@example.com" };
  const git = (args: readonly string[], cwd = root): Promise<string> =>
    runGitAs({ ...asUser, GIT_COMMITTER_NAME: "Ada", GIT_COMMITTER_EMAIL: "ada@example.com" }, args, cwd);
  const commit = async (message: string, cwd = root): Promise<string> => {
    await git(["add", "--all"], cwd);
    await git(["commit", "--quiet", "--allow-empty", "--no-verify", "-m", message], cwd);
    return git(["rev-parse", "HEAD"], cwd);
  };
  const reopen = (at = root): Repo => createGitRepo({ root: at, env, lockWaitMs: LOCK_WAIT_MS });
  const repo = reopen();
  const treeOf = (task: string): string => join(root, ".cco", "worktrees", task);
  await git(["init", "--quiet"]);
  await writeTo(root, {
    ".gitignore": "*.log\nnode_modules/\n",
    ".cco/.gitignore": "*\n",
    "README.md": "# project\n",
    "src/a.txt": "a\n",
  });
  await writeTo(root, options.files ?? {});
  await commit("start");
  return {
    dir,
    root,
    env,
    repo,
    git,
    commit,
    reopen,
    treeOf,
    write: (files, cwd = root) => writeTo(cwd, files),
    read: (path, cwd = root) => readFile(join(cwd, path), "utf8"),
    open: async (task, from) =>
      repo.openWorktree({
        task,
        path: treeOf(task),
        branch: `cco/${task}`,
        commit: from ?? (await git(["rev-parse", "HEAD"])),
      }),
    close: () => rm(dir, { recursive: true, force: true, maxRetries: 5 }),
  };
}

/** Hooks of every kind that note that they ran; returns the file they write to. */
export async function armHooks(stage: GitStage): Promise<string> {
  const marker = join(stage.dir, "hooks-that-ran");
  const names = ["pre-commit", "prepare-commit-msg", "commit-msg", "post-commit", "post-checkout", "post-merge"];
  names.push("pre-rebase", "post-rewrite", "reference-transaction", "post-index-change", "pre-merge-commit");
  for (const name of names) {
    const hook = join(stage.root, ".git", "hooks", name);
    await mkdir(dirname(hook), { recursive: true });
    await writeFile(hook, `#!/bin/sh\necho ${name} >> '${marker}'\n`);
    await chmod(hook, 0o755);
  }
  await appendFile(
    join(stage.root, ".git", "config"),
    `[core]\n\tfsmonitor = "echo fsmonitor >> '${marker}'; false"\n`,
  );
  return marker;
}

/** A place-independent picture of the user's work tree: HEAD, index and the bytes of some files. */
export async function pictureOf(stage: GitStage, paths: readonly string[]): Promise<readonly string[]> {
  const head = await stage.git(["rev-parse", "--symbolic-full-name", "HEAD"]);
  const staged = await stage.git(["diff", "--cached", "HEAD"]);
  const texts = [];
  for (const path of paths) texts.push(`${path}: ${await stage.read(path)}`);
  return [head, staged, await stage.git(["status", "--porcelain"]), ...texts];
}

async function writeTo(cwd: string, files: Readonly<Record<string, string | null>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    const file = join(cwd, path);
    if (text === null) {
      await rm(file, { recursive: true });
      continue;
    }
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
}

function runGitAs(env: Readonly<Record<string, string>>, args: readonly string[], cwd: string): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile("git", args, { cwd, env: { ...env }, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error !== null) reject(new Error(`git ${args.join(" ")}: ${stderr}`, { cause: error }));
      else resolve(stdout.replace(/\n$/, ""));
    });
  });
}
