import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Brings dist/ up to date before the first test file starts. The build compares a hash of its inputs, so an
 * up-to-date dist costs milliseconds; its files are replaced by rename, so runs side by side do not disturb each other.
 */
export async function setup(): Promise<void> {
  if (
    !existsSync(`${root}src/cli/main.ts`) ||
    !existsSync(`${root}src/index.ts`) ||
    !existsSync(`${root}src/process/supervisor-main.ts`) ||
    !existsSync(`${root}src/rehearsal/main.ts`)
  )
    return;
  await promisify(execFile)(process.execPath, ["scripts/build.mjs", "--no-types", "--if-stale"], { cwd: root });
}
