import { constants } from "node:fs";
import { access, readFile, realpath, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, delimiter, dirname, isAbsolute, join, resolve } from "node:path";
import * as z from "zod";
import { CcoError, systemCode } from "../../kernel/errors.ts";
import { fail, succeed, type Result } from "../../kernel/result.ts";
import { namesIn } from "../folder-names.ts";
import type { CodexHost } from "./host.ts";

/** The program that is started, and folders that its npm wrapper would have put in front of PATH. */
export interface CodexBinary {
  readonly path: string;
  readonly pathFolders: readonly string[];
}

/**
 * Finds Codex: `CCO_CODEX_BIN`, then PATH, then beside this package. Of the npm package it takes the native program and
 * not the wrapper: the wrapper hides the signal that ended Codex (up to 0.164) and survives its own child when it is
 * killed. Any other executable, also a script of the user around Codex, is used as it is.
 */
export async function locateCodex(host: CodexHost): Promise<Result<CodexBinary, CcoError>> {
  const named = host.env["CCO_CODEX_BIN"];
  if (named !== undefined && named !== "") {
    const found = named.includes("/") ? await runnable(resolve(named)) : await onPath(host, named);
    if (found === null) return fail(new CcoError("CODEX_NOT_FOUND", `CCO_CODEX_BIN names no program: ${named}`));
    return succeed(await unwrap(found));
  }
  const found = (await onPath(host, "codex")) ?? (await besidePackage(host.packageFile));
  if (found === null) return fail(new CcoError("CODEX_NOT_FOUND", "codex was not found"));
  return succeed(await unwrap(found));
}

async function onPath(host: CodexHost, name: string): Promise<string | null> {
  for (const folder of (host.env["PATH"] ?? "").split(delimiter)) {
    const found = isAbsolute(folder) ? await runnable(join(folder, name)) : null;
    if (found !== null) return found;
  }
  return null;
}

async function besidePackage(packageFile: string): Promise<string | null> {
  const manifest = resolveModule(packageFile, "@openai/codex/package.json");
  return manifest === null ? null : runnable(join(dirname(manifest), "bin", "codex.js"));
}

async function runnable(path: string): Promise<string | null> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile() ? path : null;
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return null;
  }
}

const manifestSchema = z.looseObject({ name: z.string() });

/** Replaces the wrapper of the npm package by the native program of its platform package, where that is there. */
async function unwrap(path: string): Promise<CodexBinary> {
  const asIs = { path, pathFolders: [] };
  const script = await realpath(path);
  if (basename(script) !== "codex.js") return asIs;
  const root = dirname(dirname(script));
  if ((await packageName(join(root, "package.json"))) !== "@openai/codex") return asIs;
  const platform = resolveModule(script, `@openai/codex-${process.platform}-${process.arch}/package.json`);
  for (const vendor of [...(platform === null ? [] : [join(dirname(platform), "vendor")]), join(root, "vendor")]) {
    const native = await nativeIn(vendor);
    if (native !== null) return native;
  }
  return asIs;
}

/** `vendor/<target>/bin/codex`; the folder was called `codex` up to 0.131. */
async function nativeIn(vendor: string): Promise<CodexBinary | null> {
  const program = process.platform === "win32" ? "codex.exe" : "codex";
  for (const target of await namesIn(vendor)) {
    for (const folder of ["bin", "codex"]) {
      const path = await runnable(join(vendor, target, folder, program));
      if (path === null) continue;
      const tools = join(vendor, target, "path");
      return { path, pathFolders: (await namesIn(tools)).length > 0 ? [tools] : [] };
    }
  }
  return null;
}

async function packageName(file: string): Promise<string | null> {
  try {
    return manifestSchema.parse(JSON.parse(await readFile(file, "utf8"))).name;
  } catch (error) {
    if (systemCode(error) === undefined && !(error instanceof z.ZodError) && !(error instanceof SyntaxError))
      throw error;
    return null;
  }
}

function resolveModule(from: string, name: string): string | null {
  try {
    return createRequire(from).resolve(name);
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return null;
  }
}
