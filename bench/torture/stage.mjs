// A repository, scripted models and the built cco in one temporary folder: what a round of torture happens in.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const require = createRequire(import.meta.url);

/** Runs a program to its end; what it printed and its exit code. */
export function run(argv, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(argv[0], argv.slice(1), { ...options, stdio: ["ignore", "pipe", "pipe"] });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (chunk) => (stdout += chunk));
    child.stderr.on("data", (chunk) => (stderr += chunk));
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

function write(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

async function startModel(dir, script) {
  write(join(dir, "script.json"), JSON.stringify(script));
  const program = join(root, "dist/rehearsal.js");
  const model = spawn(process.execPath, [program, join(dir, "script.json")], { stdio: ["pipe", "pipe", "inherit"] });
  const { port } = await new Promise((resolve) => {
    model.stdout.once("data", (line) => resolve(JSON.parse(line)));
  });
  return { port, stop: () => model.kill() };
}

function writeHomes(dir, port) {
  const home = join(dir, "home");
  write(join(home, ".gitconfig"), "[user]\nname = torture\nemail = torture@localhost\n[init]\ndefaultBranch = main\n");
  write(
    join(dir, "codex-home/config.toml"),
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
  mkdirSync(join(dir, "claude-config"), { recursive: true });
  return {
    PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
    HOME: home,
    CODEX_HOME: join(dir, "codex-home"),
    CLAUDE_CONFIG_DIR: join(dir, "claude-config"),
    XDG_STATE_HOME: join(dir, "state"),
    KEY: "scripted",
    ANTHROPIC_API_KEY: "scripted",
    ANTHROPIC_BASE_URL: `http://127.0.0.1:${port}`,
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    DISABLE_TELEMETRY: "1",
    DISABLE_AUTOUPDATER: "1",
    CCO_CODEX_BIN: codexBinary(),
    CCO_CLAUDE_BIN: claudeBinary(),
  };
}

/** The native binaries: the wrappers of the packages would hide the process that has to be killed. */
function codexBinary() {
  const wrapper = dirname(require.resolve("@openai/codex/package.json"));
  const vendor = join(wrapper, `../codex-${process.platform}-${process.arch}/vendor`);
  const targets = ["x86_64-unknown-linux-musl", "aarch64-unknown-linux-musl"];
  const found = targets.map((target) => join(vendor, target, "bin/codex")).find((file) => existsSync(file));
  return found ?? join(wrapper, "bin/codex.js");
}

function claudeBinary() {
  const wrapper = dirname(require.resolve("@anthropic-ai/claude-code/package.json"));
  return join(wrapper, `../claude-code-${process.platform}-${process.arch}/claude`);
}

/** Sets everything up; `close` removes it. */
export async function setStage(script, config) {
  const dir = mkdtempSync(join(existsSync("/var/tmp") ? "/var/tmp" : "/tmp", "torture-cco-"));
  const model = await startModel(dir, script);
  const env = writeHomes(dir, model.port);
  const repo = join(dir, "repo");
  write(join(repo, "README.md"), "# torture\n");
  for (const args of [
    ["init", "-q"],
    ["add", "-A"],
    ["commit", "-qm", "start"],
  ])
    await run(["git", ...args], { cwd: repo, env });
  write(join(repo, ".cco/.gitignore"), "*\n");
  write(join(repo, ".cco/config.yaml"), config);
  return {
    dir,
    repo,
    env,
    board: join(repo, ".cco"),
    cco: (...args) => run([process.execPath, join(root, "bin/cco.js"), ...args], { cwd: repo, env }),
    git: async (...args) => (await run(["git", ...args], { cwd: repo, env })).stdout.trim(),
    requests: async () => (await fetch(`http://127.0.0.1:${model.port}/rehearsal/requests`)).json(),
    write: (path, text) => write(join(dir, path), text),
    read: (path) => readFileSync(join(repo, path), "utf8"),
    close(keep) {
      model.stop();
      if (!keep) rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
