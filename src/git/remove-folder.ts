import { chmod, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { systemCode } from "../kernel/errors.ts";

/** Removes a folder with everything in it, also folders without write permission (module caches of Go and Bazel make them). */
export async function removeFolder(path: string): Promise<void> {
  try {
    await makeWritable(path);
  } catch (thrown) {
    // Gone meanwhile, or another user's: then the removal says what is wrong.
    if (!["ENOENT", "ENOTDIR", "EACCES", "EPERM"].includes(systemCode(thrown) ?? "")) throw thrown;
  }
  await rm(path, { recursive: true, force: true, maxRetries: 3 });
}

async function makeWritable(folder: string): Promise<void> {
  await chmod(folder, 0o700);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await makeWritable(join(folder, entry.name));
  }
}
