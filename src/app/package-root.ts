import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Root folder of this package, wherever the build put the code that asks. */
export function packageRoot(): string {
  for (let at = dirname(fileURLToPath(import.meta.url)); ; at = dirname(at)) {
    if (existsSync(join(at, "package.json")) || dirname(at) === at) return at;
  }
}

/** The `cco` program itself. */
export function ccoProgram(): string {
  return join(packageRoot(), "bin", "cco.js");
}

/** The engine as a program of its own. */
export function engineProgram(): string {
  return join(packageRoot(), "dist", "engine.cjs");
}
