// Reviewers that are right, wrong, flaky and malicious, on small repositories with seeded bugs and correct changes: every
// challenge has a ruling that is due, and the number of wrong ones has to be 0. Real git, the real sandbox of Codex, scripted models.
//   node bench/review.mjs [--only TEXT] [--verbose] [--codex PATH]
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const require = createRequire(import.meta.url);
const flag = (name) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? null : (process.argv[at + 1] ?? null);
};

const folder = mkdtempSync(join(tmpdir(), "cco-review-bench-"));
try {
  const outfile = join(folder, "bench.mjs");
  await build({
    entryPoints: [fileURLToPath(new URL("review/main.ts", import.meta.url))],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20.19",
    logLevel: "error",
    banner: {
      js: 'import { createRequire as makeRequire } from "node:module"; const require = makeRequire(import.meta.url);',
    },
  });
  const { runReviewBench } = await import(pathToFileURL(outfile).href);
  const wrong = await runReviewBench({
    codex: flag("codex") ?? join(dirname(require.resolve("@openai/codex/package.json")), "bin/codex.js"),
    only: flag("only"),
    verbose: process.argv.includes("--verbose"),
    line: (text) => process.stdout.write(`${text}\n`),
  });
  process.exitCode = wrong === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
