import { posix } from "node:path";
import type { ChangedFile } from "../model/verification.ts";
import { canonicalPath } from "./layout.ts";
import { runGit, type GitSetup, type Tree } from "./run-git.ts";
import { splitNul } from "./status.ts";

/** What differs between two trees. */
export interface TreeDiff {
  readonly files: readonly ChangedFile[];
  readonly insertions: number;
  readonly deletions: number;
}

/** A raw diff entry before its symlinks are looked at. */
interface RawEntry {
  readonly oldMode: string;
  readonly newMode: string;
  readonly sameContent: boolean;
  readonly newId: string;
  readonly letter: string;
  readonly path: string;
  readonly from: string | null;
}

const LINK_MODE = "120000";
const REPOSITORY_MODE = "160000";

/** Compares two commits or trees, one process. Binary files count no lines. `tree` is the work tree that shows `to`. */
export async function diffTrees(setup: GitSetup, tree: Tree, from: string, to: string): Promise<TreeDiff> {
  const args = ["diff-tree", "-r", "-z", "-M", "--raw", "--no-abbrev", "--numstat", "--no-ext-diff", "--no-textconv"];
  const { stdout } = await runGit(setup, [...args, from, to], { tree });
  const { entries, insertions, deletions } = parseDiff(stdout);
  const leaving = await leavingLinks(setup, tree, entries);
  return { files: entries.map((entry) => toChangedFile(entry, leaving)), insertions, deletions };
}

/** Reads `diff-tree -z --raw --numstat`: all raw entries, then all counts. */
function parseDiff(output: Buffer): { entries: readonly RawEntry[]; insertions: number; deletions: number } {
  const tokens: string[] = [];
  splitNul((token) => tokens.push(token.toString("utf8")))(output);
  const entries: RawEntry[] = [];
  let insertions = 0;
  let deletions = 0;
  for (let at = 0; at < tokens.length;) {
    const token = tokens[at] ?? "";
    const raw = /^:(\d+) (\d+) (\w+) (\w+) ([A-Z])\d*$/.exec(token);
    if (raw !== null) {
      const [, oldMode = "", newMode = "", oldId, newId = "", letter = ""] = raw;
      const moved = letter === "R" || letter === "C";
      const path = tokens[at + (moved ? 2 : 1)] ?? "";
      const from = moved ? (tokens[at + 1] ?? "") : null;
      entries.push({ oldMode, newMode, sameContent: oldId === newId, newId, letter, path, from });
      at += moved ? 3 : 2;
      continue;
    }
    const [added = "", removed = "", path = ""] = token.split("\t");
    insertions += Number(added) || 0;
    deletions += Number(removed) || 0;
    at += path === "" ? 3 : 1;
  }
  return { entries, insertions, deletions };
}

function toChangedFile(entry: RawEntry, leaving: ReadonlySet<RawEntry>): ChangedFile {
  const nested = entry.oldMode === REPOSITORY_MODE || entry.newMode === REPOSITORY_MODE;
  const path = nested ? `${entry.path}/` : entry.path;
  const from = entry.from === null ? {} : { from: entry.from };
  return { path, status: leaving.has(entry) ? "link" : statusOf(entry), ...from };
}

function statusOf(entry: RawEntry): ChangedFile["status"] {
  switch (entry.letter) {
    case "A":
      return "added";
    case "D":
      return "deleted";
    case "R":
      return "renamed";
    case "C":
      return "copied";
    default:
      return entry.sameContent && entry.oldMode !== entry.newMode ? "mode" : "modified";
  }
}

/** The entries that are symlinks out of the work tree; one process, and only when there are symlinks at all. */
async function leavingLinks(setup: GitSetup, tree: Tree, entries: readonly RawEntry[]): Promise<ReadonlySet<RawEntry>> {
  const links = entries.filter((entry) => entry.newMode === LINK_MODE);
  const leaving = new Set<RawEntry>();
  if (links.length === 0) return leaving;
  const input = Buffer.from(links.map((entry) => `${entry.newId}\n`).join(""));
  const { stdout } = await runGit(setup, ["cat-file", "--batch"], { tree, input });
  let at = 0;
  for (const entry of links) {
    const lineEnd = stdout.indexOf(0x0a, at);
    const size = Number(stdout.subarray(at, lineEnd).toString("latin1").split(" ")[2]);
    const target = stdout.subarray(lineEnd + 1, lineEnd + 1 + size).toString("utf8");
    at = lineEnd + size + 2;
    if (await leavesTree(tree, entry.path, target)) leaving.add(entry);
  }
  return leaving;
}

/**
 * True when a symlink points out of its work tree: an absolute target, one that climbs above the top, one into `.git`,
 * or one that ends outside by way of another symlink.
 */
async function leavesTree(tree: Tree, path: string, target: string): Promise<boolean> {
  const inside = posix.normalize(posix.join(posix.dirname(path), target));
  if (posix.isAbsolute(target) || inside === ".." || inside.startsWith("../")) return true;
  if (inside.split("/")[0]?.toLowerCase() === ".git") return true;
  const top = await canonicalPath(tree.path);
  const end = await canonicalPath(`${top}/${posix.dirname(path)}/${target}`);
  return end !== top && !end.startsWith(`${top}/`);
}
