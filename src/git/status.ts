import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { systemCode } from "../kernel/errors.ts";
import type { ChangedFile } from "../model/verification.ts";
import { runGit, type GitSetup, type Tree } from "./run-git.ts";

/** What git says about a work tree. Paths to stage are bytes: names need not be UTF-8. */
export interface TreeStatus {
  /** Commit at HEAD, null before the first one. */
  readonly head: string | null;
  /** Branch at HEAD, null when it is detached. */
  readonly branch: string | null;
  /** Tracked paths whose content is not what the index says, and untracked files; without nested repositories. */
  readonly unstaged: readonly PathChange[];
  /** True when the index is not what HEAD says. */
  readonly staged: boolean;
  /** Paths of those entries of the index. */
  readonly stagedPaths: readonly string[];
  /** Nested repositories that appeared, moved or vanished, with a trailing slash. Their content cannot be part of a commit. */
  readonly nested: readonly ChangedFile[];
  /** Ignored files; a folder that is ignored as a whole is one entry with a trailing slash. At most 10,000. */
  readonly ignored: readonly string[];
}

export interface PathChange {
  readonly path: Buffer;
  readonly kind: "changed" | "deleted" | "untracked";
}

export interface StatusQuery {
  readonly ignored: boolean;
  readonly indexFile?: string;
  /** Leave the blackboard of the project out: in the local lane it lies in the tree the worker works in. */
  readonly withoutBoard?: boolean;
  /** Report untracked folders as one entry, among `nested`; not for staging. */
  readonly collapse?: boolean;
}

const IGNORED_LIMIT = 10_000;
/** Empty files that Codex leaves at the top of its working folder (0.124: `.codex`; later: `.agents`, `.aws`). */
const RESIDUES = new Set([".codex", ".agents", ".aws"]);

/** Names that some file systems take for `.git`; git refuses to stage anything below them. */
const REFUSED = /(?:^|\/)(?:\.git|git~1)[ .]*(?::[^/]*)?(?=\/|$)/i;

interface Collected {
  head: string | null;
  branch: string | null;
  unstaged: PathChange[];
  stagedPaths: string[];
  nested: ChangedFile[];
  ignored: string[];
}

/**
 * Compares work tree, index and HEAD in one process. Never looks into nested repositories: their settings may name
 * programs, and the worker can write them.
 */
export async function readStatus(setup: GitSetup, tree: Tree, query: StatusQuery): Promise<TreeStatus> {
  const found: Collected = { head: null, branch: null, unstaged: [], stagedPaths: [], nested: [], ignored: [] };
  const tokens = splitNul((token) => takeToken(found, token));
  const args = ["status", "--porcelain=v2", "--branch", "-z", "--no-renames", "--no-ahead-behind"];
  args.push("--ignore-submodules=dirty", `--untracked-files=${query.collapse === true ? "normal" : "all"}`);
  args.push(`--ignored=${query.ignored ? "matching" : "no"}`);
  if (query.withoutBoard === true) args.push("--", ":(top)", ":(top,exclude).cco");
  const { indexFile } = query;
  await runGit(setup, args, { tree, onStdout: tokens, ...(indexFile === undefined ? {} : { indexFile }) });
  const unstaged = [];
  for (const change of found.unstaged) if (!(await isResidue(tree, change))) unstaged.push(change);
  return { ...found, unstaged, staged: found.stagedPaths.length > 0 };
}

/** True when there is nothing that a commit would record or a removal would lose; ignored files do not count. */
export function isClean(status: TreeStatus): boolean {
  return status.unstaged.length === 0 && !status.staged && status.nested.length === 0;
}

/** A sink for chunks that calls back with every NUL-terminated token. */
export function splitNul(onToken: (token: Buffer) => void): (chunk: Buffer) => void {
  let rest: Buffer[] = [];
  return (chunk) => {
    let from = 0;
    for (let at = chunk.indexOf(0); at >= 0; at = chunk.indexOf(0, from)) {
      onToken(rest.length === 0 ? chunk.subarray(from, at) : Buffer.concat([...rest, chunk.subarray(from, at)]));
      rest = [];
      from = at + 1;
    }
    if (from < chunk.length) rest.push(Buffer.from(chunk.subarray(from)));
  };
}

function takeToken(found: Collected, token: Buffer): void {
  const text = token.toString("utf8");
  switch (text.charAt(0)) {
    case "#":
      return takeHeader(found, text);
    case "1":
      return takeTracked(found, text, afterSpaces(token, 8));
    case "u":
      return takeTracked(found, text, afterSpaces(token, 10));
    case "?":
      if (text.endsWith("/")) found.nested.push({ path: text.slice(2), status: "added" });
      else if (REFUSED.test(text.slice(2))) found.nested.push({ path: refusedPart(text.slice(2)), status: "added" });
      else found.unstaged.push({ path: Buffer.from(token.subarray(2)), kind: "untracked" });
      return;
    case "!":
      if (found.ignored.length < IGNORED_LIMIT) found.ignored.push(text.slice(2));
  }
}

function refusedPart(path: string): string {
  const found = REFUSED.exec(path);
  return found === null ? path : `${path.slice(0, found.index + found[0].length)}/`;
}

function takeHeader(found: Collected, text: string): void {
  const [, name, value] = /^# branch\.(oid|head) (.*)$/s.exec(text) ?? [];
  if (value === undefined) return;
  if (name === "oid") found.head = value === "(initial)" ? null : value;
  else found.branch = value === "(detached)" ? null : value;
}

/** `text` starts with the kind, the two status letters (index, work tree) and the submodule field; unmerged entries count as both. */
function takeTracked(found: Collected, text: string, path: Buffer): void {
  const unmerged = text.startsWith("u");
  if (unmerged || text.charAt(2) !== ".") found.stagedPaths.push(path.toString("utf8"));
  const change = text.charAt(3);
  if (!unmerged && change === ".") return;
  if (text.charAt(5) === "S") {
    found.nested.push({ path: `${path.toString("utf8")}/`, status: change === "D" ? "deleted" : "modified" });
  } else found.unstaged.push({ path: Buffer.from(path), kind: change === "D" ? "deleted" : "changed" });
}

function afterSpaces(token: Buffer, count: number): Buffer {
  let at = -1;
  for (let i = 0; i < count; i += 1) at = token.indexOf(0x20, at + 1);
  return token.subarray(at + 1);
}

async function isResidue(tree: Tree, change: PathChange): Promise<boolean> {
  const name = change.path.toString("utf8");
  if (change.kind !== "untracked" || !RESIDUES.has(name)) return false;
  try {
    const found = await lstat(join(tree.path, name));
    return found.isFile() && found.size === 0;
  } catch (thrown) {
    if (systemCode(thrown) === "ENOENT") return true;
    throw thrown;
  }
}
