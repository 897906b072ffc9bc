// What a command costs before it does anything: wall time over `node -e 0`, alternating in one run.
//   node bench/startup.mjs [--runs N]
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const cco = fileURLToPath(new URL("../bin/cco.js", import.meta.url));
const at = process.argv.indexOf("--runs");
const runs = at < 0 ? 20 : Number(process.argv[at + 1]);

const dir = mkdtempSync(join(existsSync("/var/tmp") ? "/var/tmp" : "/tmp", "cco-bench-"));
const env = { PATH: process.env.PATH, HOME: dir, XDG_STATE_HOME: join(dir, "state") };
const project = join(dir, "project");
mkdirSync(project);
writeFileSync(
  join(dir, "task.md"),
  `---
task: t
goal: Write out.txt.
size: light
inputs: none
output: { path: out.txt }
stop: ["it is impossible"]
---
`,
);

function run(argv) {
  const started = performance.now();
  const { status, stderr } = spawnSync(argv[0], argv.slice(1), {
    cwd: project,
    env,
    input: JSON.stringify({ session_id: "s", cwd: project, tool_input: { command: "cd a && codex --version" } }),
    stdio: ["pipe", "ignore", "pipe"],
  });
  const wall = performance.now() - started;
  if (status !== 0) throw new Error(`${argv.join(" ")} ended with ${status}: ${stderr}`);
  return wall;
}

run(["git", "init", "-q"]);
const contestants = {
  "node -e 0": [process.execPath, "-e", "0"],
  "cco --version": [process.execPath, cco, "--version"],
  "cco --help": [process.execPath, cco, "--help"],
  "cco status": [process.execPath, cco, "status", "--json"],
  "cco lint": [process.execPath, cco, "lint", join(dir, "task.md")],
  "hook Stop": [process.execPath, cco, "hook", "Stop"],
  "hook Bash": [process.execPath, cco, "hook", "PreToolUse"],
};
const results = Object.fromEntries(Object.keys(contestants).map((name) => [name, []]));
// The first round warms the file cache, and makes what V8 keeps between runs.
for (let n = 0; n <= runs; n += 1) {
  for (const [name, argv] of Object.entries(contestants)) {
    const wall = run(argv);
    if (n > 0) results[name].push(wall);
  }
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const bare = results["node -e 0"];
for (const [name, walls] of Object.entries(results)) {
  const over = median(walls.map((wall, i) => wall - bare[i]));
  const ratio = median(walls.map((wall, i) => wall / bare[i]));
  const figures = `${median(walls).toFixed(0).padStart(5)} ms   over node ${over.toFixed(0).padStart(4)} ms   ratio ${ratio.toFixed(2)}`;
  console.log(`${name.padEnd(14)} ${figures}   (medians of ${runs})`);
}
rmSync(dir, { recursive: true, force: true });
