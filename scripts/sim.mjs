// Runs the simulator: `npm run sim -- --seed N --runs M`. Bundled first, because Node 20 runs no TypeScript.
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { build } from "esbuild";

/** Each thread has the whole program in memory. */
const MOST_THREADS = 8;

// Whoever reads the output may stop reading (`| head`).
process.stdout.on("error", (error) => process.exit(error.code === "EPIPE" ? 0 : 1));

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

/** Plays one part in a thread of its own; `print` takes its lines as they come. */
function playThread(module, order, print) {
  return new Promise((resolve, reject) => {
    const thread = new Worker(fileURLToPath(import.meta.url), { workerData: { module, order } });
    thread.on("message", ({ text, tally }) => (tally === undefined ? print(text) : resolve(tally)));
    thread.on("error", reject);
    thread.on("exit", (code) => reject(new Error(`a thread ended with ${code} and said nothing`)));
  });
}

/** Parts side by side; what they print is kept until it is their turn. */
async function playThreads(module, orders) {
  const parts = orders.map((order) => {
    const lines = [];
    return { lines, ended: playThread(module, order, (text) => lines.push(text)) };
  });
  const tallies = await Promise.all(parts.map(({ ended }) => ended));
  for (const text of parts.flatMap(({ lines }) => lines)) process.stdout.write(`${text}\n`);
  return tallies;
}

async function main() {
  const folder = mkdtempSync(join(tmpdir(), "cco-sim-"));
  try {
    const outfile = join(folder, "sim.mjs");
    await bundle(outfile);
    const module = pathToFileURL(outfile).href;
    const { runSimulator } = await import(module);
    const out = {
      line: (text) => process.stdout.write(`${text}\n`),
      note: (text) => process.stderr.write(`${text}\n`),
    };
    const count = Math.min(availableParallelism(), MOST_THREADS);
    const threads = { count, play: (orders) => playThreads(module, orders) };
    process.exitCode = await runSimulator(process.argv.slice(2), out, count > 1 ? { threads } : {});
  } catch (error) {
    process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 2;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

process.setSourceMapsEnabled(true);
if (isMainThread) await main();
else {
  const { playSeeds } = await import(workerData.module);
  const tell = (message) => {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- A thread has no origin.
    parentPort.postMessage(message);
  };
  tell({ tally: await playSeeds(workerData.order, (text) => tell({ text })) });
}
