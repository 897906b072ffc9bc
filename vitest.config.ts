import { readFileSync } from "node:fs";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { defineConfig } from "vitest/config";

const version = /"version": *"([^"]+)"/.exec(readFileSync("package.json", "utf8"))?.[1] ?? "";

/** Folders of tests that drive real programs, slowest first; what is not named takes moments. */
const SLOW = ["/test/e2e/", "/test/crash/", "/test/contract/", "/test/unit/sim-"];

/** Slow files first: short ones fill the time in which the last long ones end. */
class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = SLOW.findIndex((folder) => moduleId.includes(folder));
      return at === -1 ? SLOW.length : at;
    };
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}

const PURE = ["test/unit/**/*.test.ts", "test/pins/**/*.test.ts"];

// Tests drive real programs: generous limits for slow machines, never a reason to wait.
export default defineConfig({
  // What scripts/build.mjs puts into dist/ as well.
  define: { CCO_VERSION: JSON.stringify(version) },
  test: {
    globalSetup: ["test/support/build-once.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 3,
    sequence: { sequencer: SlowFirst },
    projects: [
      {
        extends: true,
        test: { name: "real", include: ["test/**/*.test.ts"], exclude: [...PURE, "**/node_modules/**"] },
      },
      // Pure code leaves nothing behind: one process loads the modules once for many files, at half the computing time.
      { extends: true, test: { name: "pure", include: PURE, isolate: false } },
    ],
  },
});
