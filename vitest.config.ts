import { readFileSync } from "node:fs";
import { defineConfig } from "vitest/config";

const version = /"version": *"([^"]+)"/.exec(readFileSync("package.json", "utf8"))?.[1] ?? "";

// Tests drive real programs: generous limits for slow machines, never a reason to wait.
export default defineConfig({
  // What scripts/build.mjs puts into dist/ as well.
  define: { CCO_VERSION: JSON.stringify(version) },
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/support/build-once.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 3,
  },
});
