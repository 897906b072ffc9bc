import { readFile, stat } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { systemCode } from "../../kernel/errors.ts";
import { readTextIfThere, resolvedPath } from "../state-file.ts";
import { tomlText } from "../toml-text.ts";

/**
 * Arguments that make Codex treat the repository around `cwd` as not trusted, whatever the user's config.toml says: its
 * `.codex/config.toml`, `.codex/rules` and `.codex/hooks.json` then have no effect. Trust is looked up by folder, from
 * `cwd` upwards, and for a linked work tree in the main repository too, so all of these are named, as written and
 * resolved. (A dotted key, `-c projects."/x".trust_level=…`, does not work: Codex splits it at every dot.)
 */
export async function distrustArgs(cwd: string): Promise<string[]> {
  const folders = new Set<string>();
  for (const start of [cwd, resolvedPath(cwd)]) {
    for (const folder of upwards(start)) folders.add(folder);
  }
  for (const root of await mainRepositories([...folders])) {
    folders.add(root);
    folders.add(resolvedPath(root));
  }
  const entries = [...folders].map((folder) => [folder, { trust_level: "untrusted" }] as const);
  return ["-c", `projects=${tomlText(Object.fromEntries(entries))}`];
}

/** The folder and everything above it. */
export function upwards(folder: string): string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [folder, ...upwards(parent)];
}

/** Main repositories of the linked work trees among the folders: `.git` is a file there and names them. */
export async function mainRepositories(folders: readonly string[]): Promise<string[]> {
  const roots: string[] = [];
  for (const folder of folders) {
    const gitDir = await linkedGitDir(folder);
    if (gitDir === null) continue;
    const common = readTextIfThere(resolve(gitDir, "commondir"))?.trim() ?? "../..";
    const commonDir = resolve(gitDir, common);
    roots.push(basename(commonDir) === ".git" ? dirname(commonDir) : commonDir);
  }
  return roots;
}

async function linkedGitDir(folder: string): Promise<string | null> {
  const file = resolve(folder, ".git");
  try {
    if (!(await stat(file)).isFile()) return null;
    const named = /^gitdir: (.+)$/m.exec(await readFile(file, "utf8"))?.[1];
    return named === undefined ? null : resolve(folder, named.trim());
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return null;
  }
}
