import type { Effort } from "../model/envelope.ts";
import { execConfinementArgs, profileArgs, type ConfinementOrder } from "./confinement/confinement.ts";
import { shellPolicy } from "./confinement/environment.ts";
import type { CodexHost } from "./installed/host.ts";
import { knowsFeature, type Capabilities } from "./installed/probe.ts";
import { tomlText, type TomlValue } from "./toml-text.ts";
import { atLeast, SENDS_EFFORT } from "./installed/version.ts";

/**
 * Features that a headless worker runs without. Naming one that a version does not know ends it at once, so each is
 * switched off only where `features list` has it.
 */
const UNWANTED_FEATURES = [
  // Waits for ever for a provider that cannot be reached (0.149 and later).
  "unbounded_connection_retries",
  // Brings variables back that shell_environment_policy took away (up to 0.155).
  "shell_snapshot",
  // Programs that run outside of the sandbox; they were called codex_hooks up to 0.128.
  "hooks",
  "codex_hooks",
  // A worker does not delegate.
  "multi_agent",
  "multi_agent_v2",
  // Connectors and plugins reach the network around the sandbox and call home at every start.
  "apps",
  "plugins",
];

/** Without it a worker that may ask has a tool for questions that says it is not available (0.169). */
const QUESTIONS_FEATURE = "default_mode_request_user_input";

/** The arguments that switch them off, of those that this version knows. */
export function disableArgs(capabilities: Capabilities): string[] {
  return UNWANTED_FEATURES.filter((feature) => knowsFeature(capabilities, feature)).flatMap((name) => [
    "--disable",
    name,
  ]);
}

/** What both ways to run a worker need. */
export interface WorkerOrder {
  readonly binary: string;
  readonly confinement: ConfinementOrder;
  readonly effort: Effort;
  /** Say of the model that it takes an effort, where Codex would leave the effort out with a model that it does not know. */
  readonly vouch: boolean;
  /** There is a guide for agents in the work tree (AGENTS.md) that Codex has to look for. */
  readonly guide: boolean;
  /** Arguments of `distrustArgs`. */
  readonly distrust: readonly string[];
}

/** One `codex exec`. */
export interface ExecOrder extends WorkerOrder {
  /** File for the last message, absolute; must not exist before. */
  readonly sidecar: string;
}

/**
 * The whole command line of a worker; the prompt goes in on stdin. Approval needs no argument: `exec` forces `never`
 * (it is named all the same, so that it can be read). `--ignore-rules`: an allow rule runs commands outside of the
 * sandbox, whoever wrote it.
 */
export function execArgv(host: CodexHost, capabilities: Capabilities, order: ExecOrder): string[] {
  const { confinement } = order;
  const flag = (name: string): string[] => (capabilities.execFlags.includes(name) ? [`--${name}`] : []);
  return [
    order.binary,
    "exec",
    "--json",
    ...flag("skip-git-repo-check"),
    ...flag("ignore-rules"),
    "-o",
    order.sidecar,
    "-C",
    confinement.cwd,
    ...setting("approval_policy", "never"),
    ...execConfinementArgs(capabilities.dialect, confinement),
    ...settingArgs(host, capabilities, order),
    "-",
  ];
}

/**
 * The command line of a worker that is talked to. It may ask; a person answers, never a model in that place. Nothing here ignores
 * rules, which may run commands outside of the sandbox: the Codex folder that it gets has none.
 */
export function appServerArgv(host: CodexHost, capabilities: Capabilities, order: WorkerOrder): string[] {
  return [
    order.binary,
    "app-server",
    ...setting("approval_policy", "on-request"),
    ...setting("approvals_reviewer", "user"),
    ...profileArgs(capabilities.dialect, order.confinement),
    ...settingArgs(host, capabilities, order),
    ...(knowsFeature(capabilities, QUESTIONS_FEATURE) ? ["--enable", QUESTIONS_FEATURE] : []),
  ];
}

function settingArgs(host: CodexHost, capabilities: Capabilities, order: WorkerOrder): string[] {
  const { confinement } = order;
  return [
    ...order.distrust,
    ...setting("shell_environment_policy", shellPolicy(host, confinement.network === "on")),
    // Without the tool there is no plan to tell steps from: off by default since 0.150, and a key that older versions pass over.
    ...setting("tools.update_plan.enabled", true),
    // A login shell would read the user's profile, which may export secrets and resets PATH.
    ...setting("allow_login_shell", false),
    // Under a profile that hides files Codex looks for a guide in a sandboxed process of its own, 200 ms for nothing.
    ...(order.guide ? [] : setting("project_doc_max_bytes", 0)),
    ...effortArgs(capabilities, order),
    ...disableArgs(capabilities),
  ];
}

function effortArgs({ version }: Capabilities, { effort, vouch }: WorkerOrder): string[] {
  if (effort === "auto") return [];
  const known = vouch && !atLeast(version, SENDS_EFFORT) ? setting("model_supports_reasoning_summaries", true) : [];
  return [...setting("model_reasoning_effort", effort), ...known];
}

function setting(key: string, value: TomlValue): string[] {
  return ["-c", `${key}=${tomlText(value)}`];
}
