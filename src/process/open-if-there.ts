import { open, type FileHandle } from "node:fs/promises";
import { systemCode } from "../kernel/errors.ts";

/** Opens a file for reading; null when it is not there. Other errors are thrown as they are. */
export async function openIfThere(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, "r");
  } catch (error) {
    if (systemCode(error) === "ENOENT") return null;
    throw error;
  }
}
