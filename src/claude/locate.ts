import { constants } from "node:fs";
import { access, readFile, realpath, stat } from "node:fs/promises";
import { delimiter, dirname, isAbsolute, join, parse, resolve } from "node:path";
import { CcoError, systemCode } from "../kernel/errors.ts";
import { fail, succeed, type Result } from "../kernel/result.ts";
import type { Environment } from "./environment.ts";

/** Where to look. `packageDir`: the folder from which node_modules is searched upwards. */
export interface LocateOptions {
  readonly env: Environment;
  readonly cwd: string;
  readonly packageDir: string;
}

const INSTALL = "npm install -g @anthropic-ai/claude-code, then cco doctor";

/**
 * Finds Claude Code: the executable that CCO_CLAUDE_BIN names (used as it is), then `claude` on PATH, then the one
 * installed beside this package. Fails with REVIEW_UNAVAILABLE.
 */
export async function locateClaude(options: LocateOptions): Promise<Result<string, CcoError>> {
  const named = options.env["CCO_CLAUDE_BIN"];
  if (named !== undefined && named !== "") return locateNamed(named, options);
  for (const candidate of onPath("claude", options)) {
    const found = await usable(candidate);
    if (found !== null) return succeed(found);
  }
  const beside = await besidePackage(options.packageDir);
  if (beside !== null) return succeed(beside);
  const why = "There is no claude on PATH and none is installed beside this package.";
  return fail(new CcoError("REVIEW_UNAVAILABLE", "Claude Code, the reviewer, was not found", { why, hint: INSTALL }));
}

async function locateNamed(named: string, options: LocateOptions): Promise<Result<string, CcoError>> {
  const isPath = named.includes("/") || isAbsolute(named);
  const candidates = isPath ? [resolve(options.cwd, named)] : onPath(named, options);
  for (const candidate of candidates) if (await isExecutable(candidate)) return succeed(candidate);
  const why = `CCO_CLAUDE_BIN=${named} names no file that can be executed.`;
  const hint = "correct or unset CCO_CLAUDE_BIN, then cco doctor";
  return fail(new CcoError("REVIEW_UNAVAILABLE", "Claude Code, the reviewer, was not found", { why, hint }));
}

function onPath(name: string, { env, cwd }: LocateOptions): string[] {
  const folders = (env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return folders.map((folder) => resolve(cwd, folder, name));
}

/** The file itself, or the native binary it stands for; null when neither can be run. */
async function usable(candidate: string): Promise<string | null> {
  if (!(await isExecutable(candidate))) return null;
  if (!(await isPlaceholder(candidate))) return candidate;
  // .../@anthropic-ai/claude-code/bin/claude.exe
  const wrapper = dirname(dirname(await realpath(candidate)));
  return firstExecutable([
    ...platformBinaries(join(wrapper, "node_modules")),
    ...platformBinaries(dirname(dirname(wrapper))),
  ]);
}

async function besidePackage(packageDir: string): Promise<string | null> {
  const { root } = parse(packageDir);
  for (let folder = packageDir; ; folder = dirname(folder)) {
    const modules = join(folder, "node_modules");
    const native = await firstExecutable(platformBinaries(modules));
    if (native !== null) return native;
    const wrapped = await usable(join(modules, "@anthropic-ai", "claude-code", "bin", "claude.exe"));
    if (wrapped !== null || folder === root) return wrapped;
  }
}

/** Where a node_modules folder would hold the native binary. On glibc the musl build is the second choice. */
function platformBinaries(modules: string): string[] {
  const platform = `${process.platform}-${process.arch}`;
  const builds = process.platform === "linux" ? [...(isMusl() ? [] : [platform]), `${platform}-musl`] : [platform];
  return builds.map((build) => join(modules, "@anthropic-ai", `claude-code-${build}`, "claude"));
}

function isMusl(): boolean {
  const report: { readonly header?: { readonly glibcVersionRuntime?: string } } = process.report.getReport();
  return report.header?.glibcVersionRuntime === undefined;
}

async function firstExecutable(candidates: readonly string[]): Promise<string | null> {
  for (const candidate of candidates) if (await isExecutable(candidate)) return candidate;
  return null;
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return false;
  }
}

/** The text that npm leaves in place of the binary when install scripts did not run; it is executable and only complains. */
const PLACEHOLDER = "claude native binary not installed";
const PLACEHOLDER_BYTES = 4096;

async function isPlaceholder(path: string): Promise<boolean> {
  const { size } = await stat(path);
  if (size > PLACEHOLDER_BYTES) return false;
  try {
    return (await readFile(path, "utf8")).includes(PLACEHOLDER);
  } catch (error) {
    // A program may be executable without being readable.
    if (systemCode(error) === undefined) throw error;
    return false;
  }
}
