import { join, resolve } from "node:path";
import { CcoError } from "../kernel/errors.ts";
import { canonicalPath, findTree, kindAt, namesIn, type Git } from "./layout.ts";
import { gitError, runGit, type Tree } from "./run-git.ts";
import { readStatus } from "./status.ts";

/** A submodule as the commit of a work tree names it. */
interface Submodule {
  readonly name: string;
  readonly path: string;
  /** Commit it has to be at. */
  readonly commit: string;
}

/** Where the local repositories of submodules may be: `modules/` folders, and the work tree that has them checked out. */
interface Sources {
  readonly moduleDirs: readonly string[];
  readonly checkout: string | null;
}

/**
 * Fills the submodules of a fresh work tree and brings those of a rebased one to their commits. Each becomes a linked
 * work tree of the local repository of that submodule: nothing is fetched, copied or written into settings.
 * Throws REPO_SUBMODULES with the names of those that are not there locally.
 */
export async function fillSubmodules(git: Git, tree: Tree): Promise<void> {
  if ((await kindAt(join(tree.path, ".gitmodules"))) !== "file") return;
  await fillFrom(git, tree, rootSources(git));
}

/** Submodules of a work tree whose files are not what their commit says, with a trailing slash. */
export async function dirtySubmodules(git: Git, tree: Tree): Promise<readonly string[]> {
  const dirty: string[] = [];
  await eachFilled(git, tree, rootSources(git), async (submodule, path) => {
    const status = await readStatus(git, submodule, { ignored: false });
    if (status.unstaged.length + status.nested.length > 0 || status.staged) dirty.push(`${path}/`);
  });
  return dirty;
}

/** Puts the files of the submodules of a work tree back to what their commits say; ignored files stay. */
export async function restoreSubmodules(git: Git, tree: Tree): Promise<void> {
  await eachFilled(git, tree, rootSources(git), async (submodule) => {
    await runGit(git, ["reset", "--quiet", "--hard"], { tree: submodule });
    await runGit(git, ["clean", "--quiet", "-d", "--force", "--force"], { tree: submodule });
  });
}

/** Unregisters the submodules of a work tree that is about to be removed. */
export async function releaseSubmodules(git: Git, tree: Tree): Promise<void> {
  const filled: Tree[] = [];
  await eachFilled(git, tree, rootSources(git), async (submodule) => void filled.push(submodule));
  for (const submodule of filled.reverse()) {
    const source = { path: tree.path, gitDir: resolve(submodule.gitDir, "..", "..") };
    await runGit(git, ["worktree", "remove", "--force", "--force", submodule.path], { tree: source });
  }
}

function rootSources(git: Git): Sources {
  const dirs = [join(git.layout.gitDir, "modules"), join(git.layout.commonDir, "modules")];
  return { moduleDirs: [...new Set(dirs)], checkout: git.layout.top };
}

async function fillFrom(git: Git, tree: Tree, sources: Sources): Promise<void> {
  const missing: string[] = [];
  for (const submodule of await listSubmodules(git, tree)) {
    const source = await findSource(sources, submodule);
    const filled = source === null ? null : await checkOut(git, tree, submodule, source);
    if (source === null || filled === null) missing.push(submodule.name);
    else await fillFrom(git, filled, { moduleDirs: [join(source, "modules")], checkout: null });
  }
  if (missing.length === 0) return;
  throw new CcoError("REPO_SUBMODULES", `submodules that are not complete in this repository: ${missing.join(", ")}`, {
    hint: `git submodule update --init ${missing.join(" ")}, or use --lane local`,
    data: { submodules: missing },
  });
}

/** The submodule as a work tree at its commit, null when its local repository does not have that commit. */
async function checkOut(git: Git, tree: Tree, submodule: Submodule, source: string): Promise<Tree | null> {
  const path = resolve(tree.path, submodule.path);
  // A symlink on the way would have git write somewhere else.
  if ((await canonicalPath(path)) !== path)
    throw new CcoError("REPO_SUBMODULES", `${submodule.path} is behind a symlink`);
  const existing = await findTree(source, path);
  if (existing !== null && (await kindAt(join(path, ".git"))) === "file") {
    const moved = await runGit(git, ["checkout", "--quiet", "--detach", submodule.commit], {
      tree: existing,
      accept: "any",
    });
    return moved.code === 0 ? existing : null;
  }
  // With a work tree by name, as the one in the settings of the module may have been removed.
  const module = { tree: { path: tree.path, gitDir: source }, accept: "any" } as const;
  const known = await runGit(git, ["cat-file", "-e", `${submodule.commit}^{commit}`], module);
  if (known.code !== 0) return null;
  const args = ["worktree", "add", "--quiet", "--force", "--force", "--detach", path, submodule.commit];
  const added = await runGit(git, args, module);
  const filled = await findTree(source, path);
  if (added.code !== 0 || filled === null) throw gitError(args, added);
  return filled;
}

async function findSource(sources: Sources, submodule: Submodule): Promise<string | null> {
  for (const dir of sources.moduleDirs) {
    if ((await kindAt(join(dir, submodule.name, "HEAD"))) === "file") return join(dir, submodule.name);
  }
  // Submodules added by an old git, or by hand, keep their repository in the checkout itself.
  const embedded = sources.checkout === null ? null : join(sources.checkout, submodule.path, ".git");
  return embedded !== null && (await kindAt(embedded)) === "folder" ? embedded : null;
}

async function eachFilled(
  git: Git,
  tree: Tree,
  sources: Sources,
  visit: (submodule: Tree, path: string) => Promise<void>,
): Promise<void> {
  if (!(await mayHaveSubmodules(tree, sources))) return;
  for (const submodule of await listSubmodules(git, tree)) {
    const source = await findSource(sources, submodule);
    if (source === null) continue;
    const path = join(tree.path, submodule.path);
    const own = tree.path === git.layout.top ? { path, gitDir: source } : await findTree(source, path);
    if (own === null || (tree.path === git.layout.top && (await kindAt(join(path, ".git"))) === "none")) continue;
    await visit(own, submodule.path);
    const inner = { moduleDirs: [join(source, "modules")], checkout: null };
    await eachFilled(git, own, inner, (nested, below) => visit(nested, `${submodule.path}/${below}`));
  }
}

async function mayHaveSubmodules(tree: Tree, sources: Sources): Promise<boolean> {
  if ((await kindAt(join(tree.path, ".gitmodules"))) === "file") return true;
  for (const dir of sources.moduleDirs) if ((await namesIn(dir)).length > 0) return true;
  return false;
}

/**
 * The submodules of the commit at HEAD, two processes. Read from the commit: the file in the work tree is the worker's
 * to rewrite. Those that the user switched off (`update = none`, `active = false`) are left out.
 */
async function listSubmodules(git: Git, tree: Tree): Promise<readonly Submodule[]> {
  const listed = await runGit(git, ["config", "-z", "--blob", "HEAD:.gitmodules", "--get-regexp", "^submodule\\."], {
    tree,
    accept: "any",
  });
  if (listed.code !== 0) return [];
  const paths = new Map<string, string>();
  const off = new Set<string>();
  const own = await runGit(git, ["config", "-z", "--get-regexp", "^submodule\\..*\\.(active|update)$"], {
    tree,
    accept: [0, 1],
  });
  for (const { name, key, value } of [...settingsIn(listed.stdout), ...settingsIn(own.stdout)]) {
    if (key === "path") paths.set(name, value);
    if ((key === "update" && value === "none") || (key === "active" && /^(false|no|off|0)$/i.test(value)))
      off.add(name);
  }
  const wanted = [...paths].filter(([name]) => !off.has(name) && isSafeName(name));
  if (wanted.length === 0) return [];
  const entries = await runGit(git, ["ls-tree", "-z", "--full-tree", "HEAD", "--", ...wanted.map(([, path]) => path)], {
    tree,
  });
  const commits = new Map<string, string>();
  for (const line of entries.stdout.toString("utf8").split("\0")) {
    const [, commit, path] = /^160000 commit (\w+)\t(.*)$/s.exec(line) ?? [];
    if (commit !== undefined && path !== undefined) commits.set(path, commit);
  }
  return wanted.flatMap(([name, path]) => {
    const commit = commits.get(path);
    return commit === undefined ? [] : [{ name, path, commit }];
  });
}

/** Reads `git config -z`: `submodule.NAME.KEY\nVALUE\0`. */
function settingsIn(output: Buffer): readonly { name: string; key: string; value: string }[] {
  return output
    .toString("utf8")
    .split("\0")
    .flatMap((entry) => {
      const [, name, key, value] = /^submodule\.(.+)\.(\w+)\n(.*)$/s.exec(entry) ?? [];
      return name === undefined || key === undefined || value === undefined ? [] : [{ name, key, value }];
    });
}

/** A name becomes a path below `modules/`; one that climbs is an attack. */
function isSafeName(name: string): boolean {
  return name !== "" && !name.startsWith("/") && !name.split(/[/\\]/).includes("..");
}
