import { readdirSync, statSync, type Stats } from "node:fs";
import { join } from "node:path";

/** Bounds of one look at a path: a few milliseconds of work, however much history a folder holds. */
const MOST_ENTRIES = 400;
const DEEPEST = 8;

/** Text that changes when one of the files, or something in one of the folders, is written. Missing paths are no error. */
export function lifeSigns(paths: readonly string[]): string {
  return paths.map((path) => signOf(path)).join(" ");
}

function signOf(path: string): string {
  const seen = { entries: 0, bytes: 0, newestMs: 0 };
  look(path, 0, seen);
  return `${seen.entries}/${seen.bytes}/${seen.newestMs}`;
}

function look(path: string, depth: number, seen: { entries: number; bytes: number; newestMs: number }): void {
  const stats = statIfThere(path);
  if (stats === undefined || seen.entries >= MOST_ENTRIES) return;
  seen.entries += 1;
  seen.newestMs = Math.max(seen.newestMs, stats.mtimeMs);
  if (!stats.isDirectory()) seen.bytes += stats.size;
  else if (depth < DEEPEST) for (const name of namesIn(path)) look(join(path, name), depth + 1, seen);
}

/** Last names first: where names hold dates or counters, what is written now comes within the bound. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort().reverse();
  } catch {
    // Removed or unreadable meanwhile: nothing in it can show life.
    return [];
  }
}

function statIfThere(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    // A dangling part of the path shows no life; it must not end the watch.
    return undefined;
  }
}
