import { existsSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot } from "./source-scan.ts";

/**
 * Path of a Node 24 program, or null where it is not installed: `npm ci --prefix test/node-24` brings it (Linux only).
 * Tests that need it skip themselves without it; `.ci/run` installs it, so there they run.
 */
export function findNode24(): string | null {
  const path = join(repositoryRoot, `test/node-24/node_modules/node-${process.platform}-${process.arch}/bin/node`);
  return existsSync(path) ? path : null;
}
