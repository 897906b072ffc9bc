import { checkScope } from "../guard/scope.ts";

/** Longest path, pattern or note: a longer text is contents, not a name. */
export const MOST_NAME_CHARACTERS = 300;

/** True when a write scope allows a new file of this path. Entries that are too long to be patterns allow nothing. */
export function covers(scope: readonly string[], path: string): boolean {
  const entries = scope.filter((entry) => entry.length <= MOST_NAME_CHARACTERS);
  return checkScope({ files: [{ path, status: "added" }], scope: entries }).length === 0;
}

/** A path without a leading `./` and with `/` only once between names; a URL keeps its slashes. */
export function tidyPath(path: string): string {
  const tidy = path
    .trim()
    .replaceAll(/(?<!:)\/{2,}/g, "/")
    .replace(/^(?:\.\/)+/, "");
  return tidy === "" ? "." : tidy;
}

/** A write pattern as it is matched: a folder written with `/` at its end means everything in it. */
export function tidyPattern(pattern: string): string {
  const tidy = tidyPath(pattern);
  return tidy.length > 1 && tidy.endsWith("/") ? `${tidy}**` : tidy;
}

/** Why a path or pattern cannot stand for something inside the repository; null when it can. */
export function escapeOf(path: string): string | null {
  if (path.startsWith("/") || path.startsWith("\\")) return "it is absolute";
  if (/^[A-Za-z]:[\\/]/.test(path)) return "it is absolute";
  if (path === "~" || /^~[\w-]*\//.test(path)) return "it starts in a home folder";
  if (/^\$\{?\w/.test(path)) return "it starts with a variable";
  if (path.split(/[\\/{},()|]/).includes("..")) return "it goes up with ..";
  return null;
}

/** Names that the Codex sandbox or this product keeps for itself, wherever they stand in a path. */
const KEPT_NAMES: Readonly<Record<string, string>> = {
  ".git": "git's own files are never part of a change",
  ".cco": "the blackboard belongs to cco",
  ".codex": "the sandbox keeps .codex read-only",
  ".agents": "the sandbox keeps .agents read-only",
};

/** Why a write pattern names something that no task may change; null when it names nothing of the kind. */
export function keptBy(pattern: string): string | null {
  const names = pattern.toLowerCase().split(/[\\/{},()|]/);
  const kept = names.find((name) => Object.hasOwn(KEPT_NAMES, name));
  return kept === undefined ? null : (KEPT_NAMES[kept] ?? null);
}

/** True when a text is a glob pattern and not the name of one file. */
export function isPattern(path: string): boolean {
  return /[*?[\]{}]|[@+!]\(/.test(path);
}

/** True for web addresses and other URLs. */
export function isUrl(path: string): boolean {
  return /^[a-z][a-z0-9+.-]{1,15}:\/\//i.test(path);
}
