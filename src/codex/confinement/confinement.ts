import { isAbsolute, relative } from "node:path";
import { tomlText, type TomlValue } from "../toml-text.ts";

/** Name of the permission profile that workers and checks run under. */
export const PROFILE = "cco-worker";

/**
 * How a Codex version writes permission profiles. `deny`: 0.134 and later. `none`: up to 0.128, without `extends`, and
 * denied files read as empty. `none-roots`: the same with another word for the work tree (0.131). `legacy`: no profiles,
 * only sandbox modes. The order is the order of asking: each form is refused by the versions of the others.
 */
export const DIALECTS = ["deny", "none", "none-roots", "legacy"] as const;
export type Dialect = (typeof DIALECTS)[number];

/** What may be reached over the network. `loopback`: servers that the command itself starts, and nothing else. */
export type NetworkReach = "off" | "loopback" | "on";

/** What a process is confined to. All paths absolute. */
export interface ConfinementOrder {
  readonly cwd: string;
  readonly readOnly: boolean;
  readonly network: NetworkReach;
  /** Files and folders that may not be read. */
  readonly denied: readonly string[];
  /** Files and folders outside of `cwd` that may be read but not written, wherever they lie. */
  readonly protected: readonly string[];
  /** Names inside `cwd` that may be read but not written, for example the blackboard. */
  readonly readOnlyInside: readonly string[];
}

const SECRET_PATTERNS = ["**/*.env", "**/.env"];

/** How deep patterns are looked for when a command starts; deeper trees cost time with every command. */
const GLOB_DEPTH = 4;

/** The profile as the value of `permissions.cco-worker`; null for the legacy dialect. */
export function permissionProfile(dialect: Dialect, order: ConfinementOrder): TomlValue | null {
  if (dialect === "legacy") return null;
  const denied = order.denied.filter((path) => !contains(path, order.cwd));
  return dialect === "deny" ? profileSince134(order, denied) : profileUpTo131(dialect, order, denied);
}

function profileSince134(order: ConfinementOrder, denied: readonly string[]): TomlValue {
  return {
    extends: order.readOnly ? ":read-only" : ":workspace",
    filesystem: {
      ...access(order.protected, "read"),
      ...access(denied, "deny"),
      glob_scan_max_depth: GLOB_DEPTH,
      ":workspace_roots": { ...access(SECRET_PATTERNS, "deny"), ...access(order.readOnlyInside, "read") },
    },
    network: { enabled: order.network !== "off" },
  };
}

/** Up to 0.128 a network that is on goes through a proxy of Codex, which has to be told to let everything pass. */
const OPEN_PROXY: TomlValue = { enabled: true, mode: "full", allow_local_binding: true, domains: { "**": "allow" } };

function profileUpTo131(dialect: Dialect, order: ConfinementOrder, denied: readonly string[]): TomlValue {
  const inside = order.readOnly ? {} : { ".": "write", ...access([".git", ".codex", ...order.readOnlyInside], "read") };
  const open = dialect === "none" ? OPEN_PROXY : { enabled: true };
  return {
    filesystem: {
      ":root": "read",
      ...(order.readOnly ? {} : access([":tmpdir", "/tmp"], "write")),
      ...access(order.protected, "read"),
      ...access(denied, "none"),
      glob_scan_max_depth: GLOB_DEPTH,
      [dialect === "none" ? ":project_roots" : ":workspace_roots"]: { ...inside, ...access(SECRET_PATTERNS, "none") },
    },
    network: order.network === "on" ? open : { enabled: false },
  };
}

function access(names: readonly string[], word: string): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, word]));
}

/**
 * Arguments that put the profile into force. `-s` is never given beside a profile: it would switch the profile off.
 * `network_access` says nothing to a version that has the profile; where profiles are unknown it is the switch.
 */
export function profileArgs(dialect: Dialect, order: ConfinementOrder): string[] {
  const profile = permissionProfile(dialect, order);
  const network = order.network === "on" ? ["-c", "sandbox_workspace_write.network_access=true"] : [];
  if (profile === null) return [...network];
  return [
    "-c",
    `default_permissions=${tomlText(PROFILE)}`,
    "-c",
    `permissions.${PROFILE}=${tomlText(profile)}`,
    ...network,
  ];
}

/** Arguments of `codex exec` for the confinement. */
export function execConfinementArgs(dialect: Dialect, order: ConfinementOrder): string[] {
  const legacy = dialect === "legacy" ? ["-s", order.readOnly ? "read-only" : "workspace-write"] : [];
  return [...legacy, ...profileArgs(dialect, order)];
}

/** Says in words what a dialect can hold, for people. `root`: the process runs as root; `strips`: the version drops capabilities. */
export function describeConfinement(dialect: Dialect, facts: { root: boolean; strips: boolean }): string {
  const reads = {
    deny: "secrets unreadable",
    none: "secrets read as empty",
    "none-roots": "secrets read as empty",
    legacy: "this version cannot hide files from the worker",
  }[dialect];
  const escape =
    facts.root && !facts.strips
      ? "; as root this version's sandbox can be left on purpose (update Codex or do not run as root)"
      : "";
  return `writes only in the work tree and in the temporary folder, network off, ${reads}${escape}`;
}

/** True when `inner` is `outer` or lies below it. */
export function contains(outer: string, inner: string): boolean {
  const way = relative(outer, inner);
  return way === "" || (!way.startsWith("..") && !isAbsolute(way));
}
