import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, realpathSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { z } from "zod";
import { systemCode } from "../kernel/errors.ts";
import { parseJson } from "../kernel/json.ts";

/** Writes a small JSON file so that readers see the old or the new one, never a half; private to the user. */
export function writeStateFile(path: string, value: unknown): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const fresh = `${path}.${randomUUID()}.tmp`;
  writeFileSync(fresh, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  renameSync(fresh, path);
}

/** Reads such a file; null when it is not there or does not have the form, which for state of this kind means "ask again". */
export function readStateFile<T>(path: string, schema: z.ZodType<T>): T | null {
  const text = readTextIfThere(path);
  const parsed = schema.safeParse(text === null ? undefined : parseJson(text));
  return parsed.success ? parsed.data : null;
}

/** Text of a file, null when it is not there. */
export function readTextIfThere(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (systemCode(error) === "ENOENT" || systemCode(error) === "ENOTDIR") return null;
    throw error;
  }
}

/** The path with its links followed; a path that does not exist is given back as it is. */
export function resolvedPath(path: string): string {
  try {
    return realpathSync.native(path);
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return path;
  }
}

/** Writes a text file so that readers see the old or the new one, never a half. */
export function writeTextFile(path: string, text: string): void {
  const fresh = `${path}.${randomUUID()}.tmp`;
  writeFileSync(fresh, text);
  renameSync(fresh, path);
}
