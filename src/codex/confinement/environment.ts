import { join } from "node:path";
import { ATTEMPT_MARKER } from "../../process/attempt-files.ts";
import type { CodexHost } from "../installed/host.ts";

/** Variables that a shell of the worker may see. Names ending in `*` match a prefix. */
const SHELL_NAMES = [
  ["PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "LC_*", "TZ", "TERM", "TMPDIR", "TMP", "TEMP"],
  ["XDG_*", "SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS"],
  // Marks every process of the attempt, so that none is left behind.
  [ATTEMPT_MARKER],
].flat();

/** Proxies may carry a password, so a shell gets them only together with the network. */
const PROXY_NAMES = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"].flatMap((name) => [
  name,
  name.toLowerCase(),
]);

/** Variables for Codex itself. Never `ANTHROPIC_*`, `CLAUDE_*`, cloud or forge tokens. */
const CODEX_NAMES = [...SHELL_NAMES, ...PROXY_NAMES, "CODEX_*", "OPENAI_*"];

/** Marks of a Codex session around us; Codex would take them for its own. */
const SESSION_MARKS = [
  ["CODEX_CI", "CODEX_SANDBOX", "CODEX_SANDBOX_*", "CODEX_THREAD_ID", "CODEX_SESSION_ID", "CODEX_TOOL_CALL_ID"],
  ["CODEX_VERSION", "CODEX_PERMISSION_PROFILE", "CODEX_NETWORK_*", "CODEX_MANAGED_*"],
].flat();

/** Names of the variables that the worker process gets, out of those that are set. `keyNames`: of the user's provider. */
export function workerVariables(env: Readonly<Record<string, string>>, keyNames: readonly string[]): string[] {
  const allowed = [...CODEX_NAMES, ...keyNames.filter((name) => !isForeign(name))];
  return Object.keys(env)
    .filter((name) => matches(allowed, name) && !matches(SESSION_MARKS, name))
    .toSorted();
}

/** A provider key may have any name, but the reviewer's variables never reach the worker. */
function isForeign(name: string): boolean {
  return matches(["ANTHROPIC_*", "CLAUDE_*"], name);
}

/** Environment of a command that the engine runs in the sandbox: what a shell of the worker gets, with values. */
export function checkEnvironment(host: CodexHost, network: boolean): Record<string, string> {
  const allowed = network ? [...SHELL_NAMES, ...PROXY_NAMES] : SHELL_NAMES;
  const kept = Object.entries(host.env).filter(([name]) => matches(allowed, name));
  return { ...Object.fromEntries(kept), ...scratchCaches(host, network) };
}

/**
 * Caches that tools insist on writing outside of the work tree; npm and go end with an error without them. npm keeps the
 * user's own cache when there is no network, because it may hold what cannot be fetched.
 */
function scratchCaches(host: CodexHost, network: boolean): Record<string, string> {
  const folder = join(host.tmp, "cco-cache");
  return { GOCACHE: join(folder, "go-build"), ...(network ? { npm_config_cache: join(folder, "npm") } : {}) };
}

/** Value of Codex's `shell_environment_policy` for the commands of the worker. */
export function shellPolicy(
  host: CodexHost,
  network: boolean,
): Record<string, string | string[] | Record<string, string>> {
  const caches = scratchCaches(host, network);
  // bash reads ~/.bashrc when its input is a socket and SHLVL is below 2; what is exported there would reach the worker.
  const set = { SHLVL: "2", ...caches };
  const names = network ? [...SHELL_NAMES, ...PROXY_NAMES] : SHELL_NAMES;
  return { inherit: "all", set, include_only: [...names, ...Object.keys(set)] };
}

function matches(patterns: readonly string[], name: string): boolean {
  return patterns.some((pattern) => (pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : pattern === name));
}
