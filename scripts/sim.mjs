// Runs the simulator: `npm run sim -- --seed N --runs M`. Bundled first, because Node 20 runs no TypeScript.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

// Whoever reads the output may stop reading (`| head`).
process.stdout.on("error", (error) => process.exit(error.code === "EPIPE" ? 0 : 1));

async function loadSimulator() {
  const folder = mkdtempSync(join(tmpdir(), "cco-sim-"));
  try {
    const outfile = join(folder, "sim.mjs");
    await bundle(outfile);
    return await import(pathToFileURL(outfile).href);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function bundle(outfile) {
  return build({
    entryPoints: [fileURLToPath(new URL("../sim/main.ts", import.meta.url))],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20.19",
    sourcemap: "inline",
    logLevel: "error",
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  });
}

process.setSourceMapsEnabled(true);
try {
  const { runSimulator } = await loadSimulator();
  process.exitCode = await runSimulator(process.argv.slice(2), {
    line: (text) => process.stdout.write(`${text}\n`),
    note: (text) => process.stderr.write(`${text}\n`),
  });
} catch (error) {
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
