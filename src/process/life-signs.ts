import { lstatSync, readdirSync, statSync, type Stats } from "node:fs";
import { join } from "node:path";

/** Entries looked at per path: some milliseconds of work, however large a work tree or a history is. */
const MOST_ENTRIES = 600;

/**
 * Text that changes when one of the files, or something in one of the folders, is written. Missing paths are no error. Of a large
 * folder a part is looked at, those subfolders first in which something was created or removed last; links are not followed.
 */
export function lifeSigns(paths: readonly string[]): string {
  return paths.map((path) => signOf(path)).join(" ");
}

/** Entries of a work tree that are looked at before it counts as too large: some tenths of a second of work. */
const MOST_OF_TREE = 20_000;

/** What a work tree holds for itself: what is noted there is not the work. */
const NO_WORK = [".git", ".cco"];

/** Text that changes when anything in a work tree is written; null when it is too large to look at all of it. */
export function treeSign(top: string): string | null {
  const seen = { entries: 0, bytes: 0, newestMs: 0 };
  const folders = [top];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const name of namesIn(folder)) {
      if (folder === top && NO_WORK.includes(name)) continue;
      const path = join(folder, name);
      const stats = statIfThere(path, lstatSync);
      if (stats === undefined) continue;
      seen.entries += 1;
      seen.newestMs = Math.max(seen.newestMs, stats.mtimeMs);
      if (stats.isDirectory()) folders.push(path);
      else seen.bytes += stats.size;
    }
    if (seen.entries > MOST_OF_TREE) return null;
  }
  return signText(seen);
}

interface Folder {
  readonly path: string;
  readonly changedMs: number;
}

function signOf(top: string): string {
  const folders: Folder[] = [];
  const seen = { entries: 0, bytes: 0, newestMs: 0 };
  const see = (path: string, stats: Stats | undefined): void => {
    if (stats === undefined) return;
    seen.entries += 1;
    seen.newestMs = Math.max(seen.newestMs, stats.mtimeMs);
    if (stats.isDirectory()) folders.push({ path, changedMs: stats.mtimeMs });
    else seen.bytes += stats.size;
  };
  see(top, statIfThere(top, statSync));
  for (let next = takeNewest(folders); next !== undefined; next = takeNewest(folders)) {
    for (const name of namesIn(next.path)) {
      if (seen.entries >= MOST_ENTRIES) return signText(seen);
      const path = join(next.path, name);
      see(path, statIfThere(path, lstatSync));
    }
  }
  return signText(seen);
}

function signText(seen: { readonly entries: number; readonly bytes: number; readonly newestMs: number }): string {
  return `${seen.entries}/${seen.bytes}/${seen.newestMs}`;
}

function takeNewest(folders: Folder[]): Folder | undefined {
  let newest = 0;
  for (const [index, folder] of folders.entries()) {
    if (folder.changedMs > (folders[newest]?.changedMs ?? 0)) newest = index;
  }
  return folders.splice(newest, 1)[0];
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

function statIfThere(path: string, stat: typeof statSync): Stats | undefined {
  try {
    return stat(path, { throwIfNoEntry: false });
  } catch {
    // An unreadable part of the path shows no life; it must not end the watch.
    return undefined;
  }
}
