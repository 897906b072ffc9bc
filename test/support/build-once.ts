import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Brings dist/ up to date before the first test file starts. The build compares a hash of its inputs, so an
 * up-to-date dist costs milliseconds; its files are replaced by rename, so runs side by side do not disturb each other.
 * A build that fails is said loudly and stops nothing: most tests need no dist, and `npm run check` fails on it.
 */
export async function setup(): Promise<void> {
  const build = [`${root}scripts/build.mjs`, "--no-types", "--if-stale"];
  try {
    await promisify(execFile)(process.execPath, build, { cwd: root });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    console.error(`dist/ is not up to date, the build failed:\n${message}`);
  }
}
