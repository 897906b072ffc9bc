import { readFileSync } from "node:fs";
import { systemCode } from "../../kernel/errors.ts";

/** Text of a file, or null when it is not there. */
export function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (systemCode(error) === "ENOENT" || systemCode(error) === "ENOTDIR") return null;
    throw error;
  }
}
