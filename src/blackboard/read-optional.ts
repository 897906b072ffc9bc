import { readFile } from "node:fs/promises";
import { boardReadError, isMissing } from "./board-errors.ts";

/** Text of a file, null when it is not there. Throws BOARD_CORRUPT for one that cannot be read. */
export async function readOptional(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (isMissing(error)) return null;
    throw boardReadError(path, error);
  }
}
