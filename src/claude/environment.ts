/** A set of environment variables as Node gives it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Variables that any program of the user may need to reach its files and the network. */
const COMMON = new Set(
  (
    "PATH HOME USER LOGNAME LANG TZ TERM TMPDIR NODE_EXTRA_CA_CERTS DISABLE_TELEMETRY DISABLE_ERROR_REPORTING DO_NOT_TRACK " +
    "HTTP_PROXY HTTPS_PROXY NO_PROXY ALL_PROXY http_proxy https_proxy no_proxy all_proxy"
  ).split(" "),
);
const COMMON_PREFIXES = ["LC_", "XDG_", "SSL_", "ANTHROPIC_", "CLAUDE_"];

/** Credentials of a cloud reach the reviewer only when the user sends Claude Code through that cloud. */
const CLOUDS = [
  { switchedBy: "CLAUDE_CODE_USE_BEDROCK", prefixes: ["AWS_"] },
  { switchedBy: "CLAUDE_CODE_USE_VERTEX", prefixes: ["GOOGLE_", "CLOUD_ML_", "VERTEX_"] },
];

/**
 * What a running Claude Code session hands to its children (measured on 2.1.330, and the families around it). They
 * would tie the reviewer to the session that started the engine, load its plugins, or switch it to a mode without
 * login and search tools (`SIMPLE`, `SAFE_MODE`).
 */
const SESSION_VARIABLES = new Set(
  (
    "CLAUDE_CODE_ENTRYPOINT CLAUDE_CODE_EXECPATH CLAUDE_CODE_SSE_PORT CLAUDE_CODE_SIMPLE CLAUDE_CODE_SAFE_MODE " +
    "CLAUDE_CODE_MAX_TURNS CLAUDE_CODE_REMOTE CLAUDE_CODE_COORDINATOR_MODE CLAUDE_CODE_TASK_LIST_ID CLAUDE_CODE_TOOL_USE_ID " +
    "CLAUDE_CODE_UPFRONT_TOOLS CLAUDE_CODE_TERMINAL_MCP_TOOLS CLAUDE_CODE_AGENT CLAUDE_CODE_PROCESS_WRAPPER " +
    "CLAUDE_PROJECT_DIR CLAUDE_ENV_FILE CLAUDE_PID CLAUDE_EFFORT CLAUDE_JOB_DIR CLAUDE_SKILL_DIR CLAUDE_AGENT"
  ).split(" "),
);
const SESSION_PREFIXES = [
  "CLAUDE_CODE_SESSION_",
  "CLAUDE_CODE_MESSAGING_",
  "CLAUDE_CODE_CHILD_",
  "CLAUDE_CODE_PLUGIN_",
  "CLAUDE_CODE_BRIDGE_",
  "CLAUDE_CODE_REMOTE_",
  "CLAUDE_CODE_RESUME_",
  "CLAUDE_CODE_RELAUNCH_",
  "CLAUDE_CODE_SDK_",
  "CLAUDE_CODE_SHELL_",
  "CLAUDE_CODE_SYNC_",
  "CLAUDE_AGENT_",
  "CLAUDE_BG_",
  "CLAUDE_BRIDGE_",
  "CLAUDE_INTERNAL_",
  "CLAUDE_PLUGIN_",
  "CLAUDE_PTY_",
  "CLAUDE_RUNNER_",
  "CLAUDE_SESSION_",
];

/** Retries inside Claude Code; its own default of 10 needs three minutes to say that a key is wrong. */
const MAX_RETRIES = "3";

/**
 * Set for every review, whatever the user has set.
 * The byte watchdog ends a stream that stalls; without it a stall lasts 300 s.
 * Attachments and mentions: `@path` or `@"any text"` in a diff would be expanded by Claude Code outside of our
 * delimiters, partly into a system message. Git instructions: names of files and branches would stand there as well.
 */
const FIXED: Readonly<Record<string, string>> = {
  API_TIMEOUT_MS: "120000",
  CLAUDE_ENABLE_BYTE_WATCHDOG: "1",
  CLAUDE_BYTE_STREAM_IDLE_TIMEOUT_MS: "60000",
  CLAUDE_CODE_DISABLE_ATTACHMENTS: "1",
  CLAUDE_CODE_DISABLE_FILE_MENTIONS: "1",
  CLAUDE_CODE_DISABLE_GIT_INSTRUCTIONS: "1",
  CLAUDE_CODE_DISABLE_ULTRATHINK: "1",
  DISABLE_AUTOUPDATER: "1",
  CCO_REVIEWER: "1",
};

/**
 * The whole environment of the reviewer, made from the user's. Login and settings of Claude Code pass; those of the
 * worker's family never do.
 */
export function reviewerEnvironment(source: Environment): Record<string, string> {
  const clouds = CLOUDS.filter((cloud) => isOn(source[cloud.switchedBy])).flatMap((cloud) => cloud.prefixes);
  const prefixes = [...COMMON_PREFIXES, ...clouds];
  const passed: Record<string, string> = { CLAUDE_CODE_MAX_RETRIES: MAX_RETRIES };
  for (const [name, value] of Object.entries(source)) {
    if (value === undefined || isOfSession(name)) continue;
    if (COMMON.has(name) || prefixes.some((prefix) => name.startsWith(prefix))) passed[name] = value;
  }
  return { ...passed, ...FIXED };
}

function isOfSession(name: string): boolean {
  return SESSION_VARIABLES.has(name) || SESSION_PREFIXES.some((prefix) => name.startsWith(prefix));
}

/** How Claude Code reads a switch. */
export function isOn(value: string | undefined): boolean {
  return value !== undefined && ["1", "true", "yes", "on"].includes(value.trim().toLowerCase());
}

const SECRET_NAME = /KEY|TOKEN|SECRET|PASSWORD|PASSPHRASE|CREDENTIAL|HEADERS/;
/** Shorter values are placeholders ("none", "test") and would mangle the text. */
const SECRET_LENGTH = 16;

/** Removes from a text the values of all variables that hold secrets, so that the text may be kept on disk. */
export function withoutSecretValues(text: string, environment: Environment): string {
  let clean = text;
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined || value.length < SECRET_LENGTH) continue;
    const isProxyLogin = /_PROXY$/i.test(name) && value.includes("@");
    if (SECRET_NAME.test(name) || isProxyLogin) clean = clean.replaceAll(value, `[value of ${name}]`);
  }
  return clean;
}
