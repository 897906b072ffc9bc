import { readdir } from "node:fs/promises";
import { systemCode } from "../kernel/errors.ts";

/** Entries of a folder; none when it is not there or cannot be read. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return [];
  }
}
