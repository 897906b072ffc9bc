// What history costs: boards with 100, 1,000 and 10,000 finished tasks and 100 open ones, side by side.
//   node bench/scale.mjs [--sizes 100,1000,10000] [--runs N] [--keep]
// Start: from the start of the engine's process until its pages are written. Status: over `node -e 0`, medians.
import { spawn, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const option = (name, other) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? other : process.argv[at + 1];
};
const sizes = option("--sizes", "100,1000,10000").split(",").map(Number);
const runs = Number(option("--runs", "9"));
const OPEN = 100;
const FIRST_OPEN = [1_000_000, 1_500_000];
const ADDED = 30;
const IDLE_MS = 11_000;

const dir = mkdtempSync(join(existsSync("/var/tmp") ? "/var/tmp" : tmpdir(), "cco-scale-"));
const env = { PATH: process.env.PATH, HOME: dir, XDG_STATE_HOME: join(dir, "state") };
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

async function loadBuilder() {
  const outfile = join(dir, "board.mjs");
  await build({
    entryPoints: [join(root, "bench/scale/board.ts")],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20.19",
    logLevel: "error",
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  });
  return await import(pathToFileURL(outfile).href);
}

function run(argv, cwd) {
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync(argv[0], argv.slice(1), { cwd, env, maxBuffer: 1 << 30 });
  const ms = performance.now() - started;
  if (status !== 0) throw new Error(`${argv.join(" ")} ended with ${status}: ${stderr}`);
  return { ms, stdout };
}

const numberIn = (text, pattern) => Number(pattern.exec(text)?.[1] ?? NaN);
const memory = (pid, key) =>
  numberIn(readFileSync(`/proc/${pid}/status`, "utf8"), new RegExp(`${key}:\\s+(\\d+)`)) / 1024;
/** Milliseconds of computing time; Linux counts in ticks of 10 ms. */
const cpuMs = (pid) => {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").pop().split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
};

/** Starts the engine and waits for its first pages. */
async function startEngine(project) {
  const page = join(project, ".cco/status.md");
  rmSync(page, { force: true });
  const started = performance.now();
  const child = spawn(process.execPath, [join(root, "dist/engine.cjs"), "--project", project], {
    cwd: project,
    env,
    stdio: "ignore",
  });
  while (!existsSync(page)) {
    if (child.exitCode !== null) throw new Error(`the engine ended with ${child.exitCode}`);
    await sleep(1);
  }
  const ms = performance.now() - started;
  const end = async () => {
    const closed = new Promise((resolve) => child.once("close", resolve));
    child.kill("SIGTERM");
    await closed;
  };
  return { child, ms, end };
}

function bytesBelow(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.reduce((sum, file) => sum + statSync(join(file.parentPath, file.name)).size, 0);
}

/** What is told of a command, over bare Node: both are run in turns. */
function commandMs(argv, project) {
  const over = [];
  for (let n = 0; n <= runs; n += 1) {
    const bare = run([process.execPath, "-e", "0"], project).ms;
    const { ms } = run([process.execPath, join(root, "bin/cco.js"), ...argv], project);
    if (n > 0) over.push(ms - bare);
  }
  return median(over);
}

/** The open tasks have their branches, as after every real attempt. */
function makeRepository(project) {
  const git = (...args) => run(["git", "-c", "user.name=b", "-c", "user.email=b@b.invalid", ...args], project).stdout;
  git("init", "-q");
  git("commit", "-q", "--allow-empty", "-m", "begin");
  const head = String(git("rev-parse", "HEAD"));
  mkdirSync(join(project, ".git/refs/heads/cco"));
  for (let n = 0; n < OPEN / 2; n += 1) {
    for (const from of FIRST_OPEN) writeFileSync(join(project, `.git/refs/heads/cco/task-${from + n}`), head);
  }
}

async function measure(builder, size) {
  const project = join(dir, `board-${size}`);
  const board = join(project, ".cco");
  mkdirSync(project);
  makeRepository(project);
  const add = (from, count, kind, durable) => builder.addTasks({ root: board, version, from, count, kind, durable });
  // Open tasks come first, in the middle and last: what is old is not always finished.
  await add(FIRST_OPEN[0], OPEN / 2, "open", false);
  await add(0, size, "finished", false);
  await add(FIRST_OPEN[1], OPEN / 2, "open", false);
  const added = await add(size, ADDED, "finished", true);
  const starts = [];
  for (let n = 0; n < 5; n += 1) {
    const engine = await startEngine(project);
    starts.push(engine.ms);
    await engine.end();
  }
  const engine = await startEngine(project);
  const status = commandMs(["status"], project);
  const json = commandMs(["status", "--json"], project);
  const document = JSON.parse(run([process.execPath, join(root, "bin/cco.js"), "status", "--json"], project).stdout);
  // The latest thousand that ended, and all that are open.
  const least = Math.min(size + ADDED, 1000) + OPEN;
  if (document.tasks.length < least) throw new Error(`${document.tasks.length} tasks are shown`);
  await sleep(1000);
  const before = cpuMs(engine.child.pid);
  await sleep(IDLE_MS);
  const idle = cpuMs(engine.child.pid) - before;
  const rss = memory(engine.child.pid, "VmRSS");
  const peak = memory(engine.child.pid, "VmHWM");
  await engine.end();
  const live = readdirSync(join(board, "journal")).filter((name) => name.endsWith(".jsonl"));
  return {
    "engine start, ms": median(starts),
    "cco status over node, ms": status,
    "cco status --json over node, ms": json,
    "engine RSS idle, MB": rss,
    "engine RSS peak, MB": peak,
    [`engine CPU idle for ${IDLE_MS / 1000} s, ms`]: idle,
    "one more task, ms": added.ms / ADDED,
    "one more task, CPU ms": added.cpuMs / ADDED,
    "status.md, kB": statSync(join(board, "status.md")).size / 1024,
    "checkpoint.json, kB": statSync(join(board, "checkpoint.json")).size / 1024,
    "live journal, MB": live.reduce((sum, name) => sum + statSync(join(board, "journal", name)).size, 0) / 2 ** 20,
    "whole journal with archive, MB": bytesBelow(join(board, "journal")) / 2 ** 20,
  };
}

try {
  const builder = await loadBuilder();
  const columns = [];
  for (const size of sizes) columns.push(await measure(builder, size));
  const cells = (values) => values.map((value) => value.padStart(10)).join("");
  console.log(`${"finished tasks (100 open)".padEnd(36)}${cells(sizes.map(String))}${"last/first".padStart(12)}`);
  for (const name of Object.keys(columns[0])) {
    const values = columns.map((column) => column[name]);
    const ratio = values.at(-1) / values[0];
    const shown = Number.isFinite(ratio) ? ratio.toFixed(2) : "-";
    console.log(`${name.padEnd(36)}${cells(values.map((value) => value.toFixed(1)))}${shown.padStart(12)}`);
  }
} finally {
  if (process.argv.includes("--keep")) console.log(dir);
  else rmSync(dir, { recursive: true, force: true });
}
