import { randomUUID } from "node:crypto";
import { mkdir, readFile, realpath, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { z } from "zod";
import { systemCode } from "../kernel/errors.ts";
import { parseJson } from "../kernel/json.ts";

/** Writes a small JSON file so that readers see the old or the new one, never a half; private to the user. */
export async function writeStateFile(path: string, value: unknown): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const fresh = `${path}.${randomUUID()}.tmp`;
  await writeFile(fresh, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  await rename(fresh, path);
}

/** Reads such a file; null when it is not there or does not have the form, which for state of this kind means "ask again". */
export async function readStateFile<T>(path: string, schema: z.ZodType<T>): Promise<T | null> {
  const text = await readTextIfThere(path);
  const parsed = schema.safeParse(text === null ? undefined : parseJson(text));
  return parsed.success ? parsed.data : null;
}

/** Text of a file, null when it is not there. */
export async function readTextIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (systemCode(error) === "ENOENT" || systemCode(error) === "ENOTDIR") return null;
    throw error;
  }
}

/** The path with its links followed; a path that does not exist is given back as it is. */
export async function resolvedPath(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return path;
  }
}

/** Writes a text file so that readers see the old or the new one, never a half. */
export async function writeTextFile(path: string, text: string): Promise<void> {
  const fresh = `${path}.${randomUUID()}.tmp`;
  await writeFile(fresh, text);
  await rename(fresh, path);
}
