import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { systemCode } from "../kernel/errors.ts";

/** What `git --version` says, or null when there is no git. */
export async function gitVersion(): Promise<string | null> {
  try {
    return (await promisify(execFile)("git", ["--version"])).stdout.trim();
  } catch (error) {
    if (systemCode(error) === "ENOENT") return null;
    throw error;
  }
}
