import { closeSync, fsyncSync, linkSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { systemCode } from "../kernel/errors.ts";

/** Whether the text has to be on the disk before the name is. Unsynced files may be empty after a power cut, never in part. */
export type Durability = "synced" | "unsynced";

/** Puts a whole file in place of the old one, unsynced: readers see one or the other. Throws system errors. */
export function replaceFile(path: string, text: string): void {
  const temporary = writeTemporary(path, text, "unsynced");
  try {
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/**
 * Creates a whole file unless one of that name exists; says whether it did. Of any number of callers in any processes exactly
 * one succeeds, and no reader ever sees a part of the text. Throws system errors.
 */
export function createFileOnce(path: string, text: string, durability: Durability): boolean {
  const temporary = writeTemporary(path, text, durability);
  try {
    // Unlike rename, link fails when the name is taken.
    linkSync(temporary, path);
    return true;
  } catch (error) {
    if (systemCode(error) === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
}

function writeTemporary(path: string, text: string, durability: Durability): string {
  const temporary = `${path}.${process.pid}.${process.hrtime.bigint()}.tmp`;
  const file = openSync(temporary, "wx", 0o644);
  try {
    for (let rest = Buffer.from(text); rest.length > 0;) rest = rest.subarray(writeSync(file, rest));
    if (durability === "synced") fsyncSync(file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
  return temporary;
}
