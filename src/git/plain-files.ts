import { readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { systemCode } from "../kernel/errors.ts";
import type { Layout } from "./repository-parts.ts";

/** Words in the settings with which a repository or its references may be elsewhere than in the files that git makes by default. */
const UNUSUAL = /\b(?:include|includeif|extensions|worktree)\b|\bbare\b(?![ \t]*=[ \t]*false[ \t]*$)/im;

const COMMIT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/** What git would say of a repository as `git init` and `git clone` make it, read from its files; null for any other: git has to be asked. */
export function plainLayout(root: string): Layout | null {
  const settings = textNow(join(root, ".git", "config"));
  if (settings === null || UNUSUAL.test(settings) || textNow(join(root, ".git", "HEAD")) === null) return null;
  const top = realpathSync(root);
  const gitDir = realpathSync(join(root, ".git"));
  // A `.git` that is a link, and owners that git would not trust, are git's to judge.
  if (gitDir !== join(top, ".git") || ![top, gitDir].every(isOwn)) return null;
  return { gitDir, commonDir: gitDir, top, plain: true };
}

/** Commit of a reference of a plain repository; null when its files do not tell, which need not mean that there is none. */
export function plainRef({ commonDir, plain }: Layout, ref: string): string | null {
  if (!plain) return null;
  const loose = textNow(join(commonDir, ref))?.trim();
  if (loose !== undefined) return COMMIT.test(loose) ? loose : null;
  const packed = textNow(join(commonDir, "packed-refs")) ?? "";
  const end = packed.indexOf(` ${ref}\n`);
  const commit = packed.slice(packed.lastIndexOf("\n", end) + 1, Math.max(0, end));
  return COMMIT.test(commit) ? commit : null;
}

/** The reference that a git folder has checked out, null when HEAD is detached or cannot be read. */
export function plainHead(gitDir: string): string | null {
  return /^ref: (refs\/heads\/.+)$/.exec(textNow(join(gitDir, "HEAD"))?.trimEnd() ?? "")?.[1] ?? null;
}

/** The work tree that has a reference checked out, null when none has. */
export function plainCheckout({ commonDir, top }: Layout, ref: string): string | null {
  if (plainHead(commonDir) === ref) return top;
  for (const name of namesNow(join(commonDir, "worktrees"))) {
    const gitDir = join(commonDir, "worktrees", name);
    const link = textNow(join(gitDir, "gitdir"))?.trim();
    if (link !== undefined && plainHead(gitDir) === ref) return dirname(resolve(gitDir, link));
  }
  return null;
}

function isOwn(path: string): boolean {
  return statSync(path).uid === process.geteuid?.();
}

function textNow(path: string): string | null {
  return unlessMissing(() => readFileSync(path, "utf8"), null);
}

function namesNow(path: string): readonly string[] {
  return unlessMissing(() => readdirSync(path), []);
}

function unlessMissing<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "EISDIR"].includes(systemCode(error) ?? "")) return otherwise;
    throw error;
  }
}
