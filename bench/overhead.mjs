// What cco costs on top of `codex exec`: the same scripted turn, bare and dispatched, alternating in one run.
//   node bench/overhead.mjs [--runs N] [--codex PATH]
// Wall: until the command returns. CPU: user + system of everything that it started, detached processes included,
// by cgroup accounting (Linux, root); "-" where that is not to be had.
import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";

const root = fileURLToPath(new URL("..", import.meta.url));
const cco = join(root, "bin/cco.js");
const require = createRequire(import.meta.url);
const flag = (name, fallback) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : process.argv[at + 1];
};
const runs = Number(flag("runs", "10"));
const wrapper = join(dirname(require.resolve("@openai/codex/package.json")), "bin/codex.js");
const codexBin = flag("codex", wrapper);

const dir = mkdtempSync(join(existsSync("/var/tmp") ? "/var/tmp" : "/tmp", "cco-bench-"));
const script = {
  worker: [{ steps: [{ run: "echo done > out.txt" }, { final: "COMPLETED: wrote out.txt" }] }],
  claude: [],
};
writeFileSync(join(dir, "script.json"), JSON.stringify(script));

const model = spawn(process.execPath, [join(root, "dist/rehearsal.js"), join(dir, "script.json")], {
  stdio: ["pipe", "pipe", "inherit"],
});
const port = await new Promise((resolve) => model.stdout.once("data", (line) => resolve(JSON.parse(line).port)));

const home = join(dir, "home");
const codexHome = join(home, ".codex");
mkdirSync(codexHome, { recursive: true });
writeFileSync(
  join(codexHome, "config.toml"),
  `model = "gpt-5.5"
model_provider = "local"
check_for_update_on_startup = false
[analytics]
enabled = false
[features]
plugins = false
apps = false
[model_providers.local]
name = "local"
base_url = "http://127.0.0.1:${port}/v1"
wire_api = "responses"
env_key = "KEY"
request_max_retries = 0
stream_max_retries = 0
`,
);
writeFileSync(
  join(home, ".gitconfig"),
  "[user]\nname = bench\nemail = bench@localhost\n[init]\ndefaultBranch = main\n",
);
const env = {
  PATH: process.env.PATH,
  HOME: home,
  CODEX_HOME: codexHome,
  XDG_STATE_HOME: join(dir, "state"),
  KEY: "scripted",
  CCO_CODEX_BIN: codexBin,
};

function account() {
  for (const [base, file, scale] of [
    ["/sys/fs/cgroup/cpuacct", "cpuacct.usage", 1e6],
    ["/sys/fs/cgroup", "cpu.stat", null],
  ]) {
    const folder = join(base, `cco-bench-${process.pid}`);
    if (!existsSync(join(base, "cgroup.procs"))) continue;
    try {
      mkdirSync(folder);
    } catch (error) {
      console.error(`no CPU accounting in ${base}: ${error.message}`);
      continue;
    }
    const read = () => {
      const text = readFileSync(join(folder, file), "utf8");
      return scale === null ? Number(/usage_usec (\d+)/.exec(text)?.[1]) / 1000 : Number(text) / scale;
    };
    const members = () => readFileSync(join(folder, "cgroup.procs"), "utf8").trim();
    return { folder, read, members };
  }
  return null;
}
const group = account();

/** Runs a command in the accounting group; wall until it ends, CPU when everything it started has ended. */
async function measure(argv, cwd, stdin) {
  const enter =
    group === null ? argv : ["/bin/sh", "-c", 'echo $$ > "$0/cgroup.procs" && exec "$@"', group.folder, ...argv];
  const before = group?.read() ?? 0;
  const started = performance.now();
  const child = spawn(enter[0], enter.slice(1), { cwd, env, stdio: ["pipe", "ignore", "pipe"] });
  let stderr = "";
  child.stderr.on("data", (chunk) => (stderr += chunk));
  child.stdin.end(stdin);
  const code = await new Promise((resolve) => child.once("close", resolve));
  const wall = performance.now() - started;
  if (code !== 0) throw new Error(`${argv.join(" ")} ended with ${code}: ${stderr}`);
  while (group !== null && group.members() !== "") await sleep(20);
  return { wall, cpu: group === null ? null : group.read() - before };
}

async function run(argv, cwd) {
  const child = spawn(argv[0], argv.slice(1), { cwd, env, stdio: "ignore" });
  await new Promise((resolve) => child.once("close", resolve));
}

const seed = join(dir, "seed");
mkdirSync(seed);
writeFileSync(join(seed, "README.md"), "# bench\n");
for (const args of [
  ["init", "-q"],
  ["add", "-A"],
  ["commit", "-qm", "start"],
])
  await run(["git", ...args], seed);

const envelope = (task) => `---
task: ${task}
goal: Write out.txt.
size: light
inputs: none
output: { path: out.txt }
stop: ["it is impossible"]
---
`;

function repository(name) {
  const repo = join(dir, name);
  cpSync(seed, repo, { recursive: true });
  mkdirSync(join(repo, ".cco"));
  writeFileSync(join(repo, ".cco/.gitignore"), "*\n");
  writeFileSync(join(repo, ".cco/config.yaml"), "engine: { idleSeconds: 0 }\n");
  return repo;
}

const bareArgs = (repo) => ["exec", "--json", "-s", "workspace-write", "-C", repo, "-o", join(dir, "last.md"), "-"];
const contestants = {
  bare: (n) => {
    const repo = repository(`bare-${n}`);
    const argv = codexBin.endsWith(".js") ? [process.execPath, codexBin] : [codexBin];
    return measure([...argv, ...bareArgs(repo)], repo, `Task: t\nAttempt: 1\nWrite out.txt.\n`);
  },
  cco: (n) => {
    const repo = repository(`cco-${n}`);
    const file = join(dir, `t${n}.md`);
    writeFileSync(file, envelope(`t${n}`));
    return measure([process.execPath, cco, "dispatch", file, "--no-review", "--quiet"], repo, "");
  },
};

/** `codex exec` with the very arguments that cco gave it: what the confinement costs by itself. */
contestants.confined = (n) => {
  const repo = repository(`confined-${n}`);
  const { argv } = JSON.parse(readFileSync(join(dir, `cco-${n}/.cco/tasks/t${n}/attempts/01/command.json`), "utf8"));
  const worktree = join(dir, `cco-${n}/.cco/worktrees/t${n}`);
  const places = new Map([
    [worktree, repo],
    [argv[argv.indexOf("-o") + 1], join(dir, "last.md")],
  ]);
  const here = argv.map((word) => places.get(word) ?? word);
  return measure(here, repo, `Task: t\nAttempt: 1\nWrite out.txt.\n`);
};

const results = { bare: [], cco: [], confined: [] };
for (let n = 0; n <= runs; n += 1) {
  for (const [name, contestant] of Object.entries(contestants)) {
    const result = await contestant(n);
    if (n > 0) results[name].push(result);
  }
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const show = (value) => (value === null || Number.isNaN(value) ? "-" : value.toFixed(0));
const summary = {};
for (const [name, list] of Object.entries(results)) {
  summary[name] = {
    wall: median(list.map((r) => r.wall)),
    cpu: group === null ? null : median(list.map((r) => r.cpu)),
  };
  console.log(
    `${name.padEnd(8)} wall ${show(summary[name].wall)} ms   CPU ${show(summary[name].cpu)} ms   (median of ${runs})`,
  );
}
for (const against of ["bare", "confined"]) {
  const ratio = (key) => median(results.cco.map((r, i) => r[key] / results[against][i][key]));
  const cpu = group === null ? "-" : ratio("cpu").toFixed(2);
  console.log(`ratio cco / ${against}: wall ${ratio("wall").toFixed(2)}, CPU ${cpu} (median of the pairs)`);
}

model.kill();
if (group !== null) rmdirSync(group.folder);
if (!process.argv.includes("--keep")) rmSync(dir, { recursive: true, force: true });
else console.log(dir);
