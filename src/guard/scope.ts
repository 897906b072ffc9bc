import picomatch from "picomatch";
import type { ChangedFile } from "../model/verification.ts";
import { PROTECTED_PATHS, TOLERATED_IGNORED } from "./scope-tables.ts";

/** One path of a change that the envelope does not allow, and the reason in words that follow the path. */
export interface ScopeViolation {
  readonly path: string;
  readonly why: string;
}

export interface ScopeQuery {
  readonly files: readonly ChangedFile[];
  /**
   * Paths and globs relative to the repository root. A path without wildcards names that file or everything below that
   * folder, `src/` is `src/**`, `.` is everything. Case counts.
   */
  readonly scope: readonly string[];
  /** Names (globs) of ignored files and folders that nobody has to allow; default: well-known caches and dependencies. */
  readonly tolerateIgnored?: readonly string[];
}

/**
 * Names every path of a change that is outside the write scope. Both paths of a rename count, and so do deletions and
 * mode changes. Links out of the tree and nested repositories are never allowed; paths that make a tool of somebody
 * else run code need an entry of their own, `**` does not reach them. Adding entries to the scope never adds violations.
 */
export function checkScope(query: ScopeQuery): readonly ScopeViolation[] {
  const entries = query.scope.flatMap(readEntry);
  const tolerated = (query.tolerateIgnored ?? TOLERATED_IGNORED).map((name) => matcher(name));
  return query.files.flatMap((file): ScopeViolation[] => {
    const path = tidy(file.path);
    const here = (why: string | null): ScopeViolation[] => (why === null ? [] : [{ path: file.path, why }]);
    if (file.status === "link") return here("is a symlink that leaves the work tree");
    if (file.status === "ignored") {
      if (isResidue(path) || path.split("/").some((part) => tolerated.some((matches) => matches(part)))) return [];
      return here(refusal(entries, path, "is ignored by git and outside the write scope"));
    }
    if (file.path.endsWith("/")) return here("is a repository of its own, which a commit cannot hold");
    const moved =
      file.status === "renamed" && file.from !== undefined ? refusal(entries, tidy(file.from), MOVED) : null;
    const from = moved === null ? [] : [{ path: file.from ?? "", why: moved }];
    return [...from, ...here(refusal(entries, path, OUTSIDE))];
  });
}

const OUTSIDE = "is outside the write scope";
const MOVED = "was renamed and is outside the write scope";

/** One entry of the scope. `literals`: its path segments without wildcards, lower case. */
interface ScopeEntry {
  readonly matches: (path: string) => boolean;
  readonly literals: ReadonlySet<string>;
  readonly last: string;
}

function readEntry(text: string): readonly ScopeEntry[] {
  const glob = tidy(text);
  if (glob === "") return [];
  const everything = glob === ".";
  const matchesGlob = matcher(text.endsWith("/") ? `${glob}/**` : glob);
  const parts = glob.split("/");
  return [
    {
      // Compared as text first: names such as `app/[id]/page.tsx` are paths that look like globs.
      matches: (path) => everything || path === glob || path.startsWith(`${glob}/`) || matchesGlob(path),
      literals: new Set(parts.filter((part) => !isGlob(part)).map((part) => part.toLowerCase())),
      last: (parts.at(-1) ?? "").toLowerCase(),
    },
  ];
}

/** Why a path may not change; null when an entry allows it. */
function refusal(entries: readonly ScopeEntry[], path: string, otherwise: string): string | null {
  const allowing = entries.filter((entry) => entry.matches(path));
  if (allowing.length === 0) return otherwise;
  const lower = path.toLowerCase();
  const unnamed = PROTECTED.find(
    ({ matches, mention }) => matches(lower) && !allowing.some((entry) => mentions(entry, mention)),
  );
  return unnamed === undefined ? null : `needs an entry of its own in write: ${unnamed.why}`;
}

const PROTECTED = PROTECTED_PATHS.map((rule) => {
  const globs = rule.globs.map((glob) => matcher(glob));
  return { ...rule, matches: (path: string): boolean => globs.some((matches) => matches(path)) };
});

/** True when an entry names the protected thing itself: as one of its segments, or (`*.env`) as the end of its last one. */
function mentions(entry: ScopeEntry, mention: string): boolean {
  return mention.startsWith("*") ? entry.last.endsWith(mention.slice(1)) : entry.literals.has(mention);
}

/** Empty files and folders that Codex leaves at the top of its working folder. */
function isResidue(path: string): boolean {
  return path === ".codex" || path === ".agents" || path === ".aws";
}

function matcher(glob: string): (path: string) => boolean {
  let matches: ((path: string) => boolean) | null = null;
  return (path) => {
    // Made when it is first asked for: most rules of the tables are about files that no change has.
    // With "s" a name that holds a line feed is matched like any other.
    matches ??= picomatch(glob, { dot: true, nonegate: true, flags: "s" });
    return matches(path);
  };
}

function isGlob(part: string): boolean {
  return /[*?[\]{}()!+@|\\]/.test(part);
}

/** Without `./` in front and slashes at the end. */
function tidy(path: string): string {
  return path.replace(/^(?:\.\/+)+(?=.)/s, "").replace(/\/+$/, "");
}
