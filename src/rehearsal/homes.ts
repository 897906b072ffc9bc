import { mkdir, writeFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";

/** Where the rehearsal runs. `dir` should not be under /tmp: workers may write there, and Codex warns about it. */
export interface RehearsalHomesOptions {
  readonly dir: string;
  /** Port of the scripted model. */
  readonly port: number;
  /** Model that Codex asks for; absent: the default of its version. */
  readonly codexModel?: string;
  /** Retries inside Codex, per request and per stream; default 0, so that every fault reaches the orchestrator. */
  readonly requestRetries?: number;
  readonly streamRetries?: number;
  /** Codex's own limit for a stream that says nothing; absent: its default of 300000. */
  readonly streamIdleTimeoutMs?: number;
  /** PATH of the children; default: the one of this process, with the folder of this node in front. */
  readonly path?: string;
}

/** The folders of a rehearsal, and the whole environment for everything that runs in it. */
export interface RehearsalHomes {
  readonly home: string;
  readonly codexHome: string;
  readonly claudeConfigDir: string;
  readonly env: Record<string, string>;
}

/** Creates the homes; running it again on the same folder refreshes them. Nothing else of the caller's environment is used. */
export async function writeRehearsalHomes(options: RehearsalHomesOptions): Promise<RehearsalHomes> {
  const home = join(options.dir, "home");
  const codexHome = join(options.dir, "codex-home");
  const claudeConfigDir = join(options.dir, "claude-config");
  for (const folder of [home, codexHome, claudeConfigDir]) await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(join(codexHome, "config.toml"), codexConfig(options));
  const gitConfig = join(home, ".gitconfig");
  await writeFile(gitConfig, GIT_CONFIG);
  const env = {
    PATH: options.path ?? [dirname(process.execPath), process.env["PATH"] ?? ""].join(delimiter),
    HOME: home,
    GIT_CONFIG_GLOBAL: gitConfig,
    GIT_CONFIG_NOSYSTEM: "1",
    CODEX_HOME: codexHome,
    CCO_REHEARSAL_KEY: "rehearsal",
    CLAUDE_CONFIG_DIR: claudeConfigDir,
    ANTHROPIC_API_KEY: "rehearsal",
    ANTHROPIC_BASE_URL: `http://127.0.0.1:${options.port}`,
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    DISABLE_TELEMETRY: "1",
    DISABLE_AUTOUPDATER: "1",
  };
  return { home, codexHome, claudeConfigDir, env };
}

const GIT_CONFIG = `[user]
	name = Rehearsal
	email = rehearsal@localhost
[init]
	defaultBranch = main
[commit]
	gpgSign = false
`;

/**
 * Without `plugins` and `apps` off, and the update check, Codex calls home on every run. `unbounded_connection_retries`
 * (0.149 and later) would wait for ever for a provider that is gone; older versions do not know it and say nothing.
 */
function codexConfig(options: RehearsalHomesOptions): string {
  const model = options.codexModel === undefined ? [] : [`model = ${JSON.stringify(options.codexModel)}`];
  const idle = options.streamIdleTimeoutMs;
  return [
    ...model,
    'model_provider = "rehearsal"',
    "check_for_update_on_startup = false",
    "[analytics]",
    "enabled = false",
    "[features]",
    "plugins = false",
    "apps = false",
    "unbounded_connection_retries = false",
    "[model_providers.rehearsal]",
    'name = "rehearsal"',
    `base_url = "http://127.0.0.1:${options.port}/v1"`,
    'wire_api = "responses"',
    'env_key = "CCO_REHEARSAL_KEY"',
    `request_max_retries = ${options.requestRetries ?? 0}`,
    `stream_max_retries = ${options.streamRetries ?? 0}`,
    ...(idle === undefined ? [] : [`stream_idle_timeout_ms = ${idle}`]),
    "",
  ].join("\n");
}
