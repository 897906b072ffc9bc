import type { ErrorRow } from "./error-row.ts";

/** Errors of the Codex CLI, its provider, its limits and its sandbox; a part of the error table. */
export const CODEX_ERRORS = {
  // Codex: finding and starting it
  CODEX_NOT_FOUND: {
    class: "environment",
    why: "No Codex CLI is on PATH, beside the package or named by CCO_CODEX_BIN.",
    hint: "npm install -g @openai/codex, then cco doctor",
  },
  CODEX_VERSION_UNSUPPORTED: {
    class: "environment",
    why: "This Codex CLI is older than 0.124.0 or does not answer like one.",
    hint: "npm install -g @openai/codex@latest, then cco doctor",
  },
  CODEX_NOT_LOGGED_IN: {
    class: "environment",
    why: "Codex has neither a login nor the key its provider asks for.",
    hint: "codex login, then cco doctor",
  },
  CODEX_CONFIG: {
    class: "environment",
    why: "Codex refused to start with its configuration.",
    hint: "fix $CODEX_HOME/config.toml as the message says, then cco doctor",
  },
  CODEX_START_FAILED: {
    class: "environment",
    why: "The Codex process could not be started.",
    hint: "cco doctor",
  },
  // Codex: the provider
  CODEX_AUTH: {
    class: "auth",
    why: "The model provider refused the login or the key.",
    hint: "codex login, then cco retry TASK",
  },
  CODEX_RATE_LIMITED: {
    class: "transient",
    why: "The model provider asked to slow down.",
    hint: "wait, then cco retry TASK",
  },
  CODEX_USAGE_LIMIT: {
    class: "transient",
    why: "A credit window of the account is used up.",
    hint: "wait for the reset, then cco retry TASK",
  },
  CODEX_UNAVAILABLE: {
    class: "transient",
    why: "The model provider had an error of its own.",
    hint: "wait, then cco retry TASK",
  },
  CODEX_NETWORK: {
    class: "transient",
    why: "The model provider could not be reached.",
    hint: "check the network and base_url, then cco retry TASK",
  },
  CODEX_STREAM_CUT: {
    class: "transient",
    why: "The answer of the model ended in the middle.",
    hint: "cco retry TASK",
  },
  CODEX_QUOTA: {
    class: "auth",
    why: "The account has no credit or plan for this.",
    hint: "check plan and billing of the account, then cco retry TASK",
  },
  CODEX_BAD_REQUEST: {
    class: "request",
    why: "The model provider rejected the request; sending it again cannot help.",
    hint: "cco logs TASK --raw, then change model or settings",
  },
  CODEX_MODEL_NOT_FOUND: {
    class: "request",
    why: "The model does not exist or the account may not use it.",
    hint: "set another model in $CODEX_HOME/config.toml, then cco retry TASK",
  },
  CODEX_CONTEXT_OVERFLOW: {
    class: "request",
    why: "The task did not fit into the context window of the model.",
    hint: "split the envelope, then cco dispatch",
  },
  CODEX_REFUSED: {
    class: "request",
    why: "The model or its provider refused the content of the request.",
    hint: "change the envelope, then cco dispatch",
  },
  // Codex: the three signals
  CODEX_TURN_FAILED: {
    class: "logic",
    why: "Codex reported a failed turn in words that no table of cco knows: an unknown error pattern.",
    hint: "cco decide; cco logs TASK --raw shows what Codex said",
  },
  CODEX_NO_TURN: {
    class: "logic",
    why: "Codex ended without saying that its turn was complete.",
    hint: "cco logs TASK --raw, then cco retry TASK",
  },
  CODEX_NO_SIDECAR: {
    class: "logic",
    why: "Codex left no last message behind: the file is missing or empty.",
    hint: "cco retry TASK",
  },
  CODEX_BAD_EXIT: {
    class: "logic",
    why: "The Codex process ended with an exit code that is not 0.",
    hint: "cco logs TASK --raw",
  },
  CODEX_KILLED: {
    class: "state",
    why: "The Codex process was ended by a signal from outside.",
    hint: "cco retry TASK",
  },
  CODEX_LOST: {
    class: "state",
    why: "The worker and its supervisor are gone and left no exit record.",
    hint: "cco retry TASK",
  },
  CODEX_THREAD_MISMATCH: {
    class: "state",
    why: "Codex worked in another session than the one that was asked for.",
    hint: "cco retry TASK",
  },
  // Codex cloud
  CLOUD_ENVIRONMENT: {
    class: "environment",
    why: "A task in the cloud needs an environment of Codex cloud: none is named, or the account has none of this name.",
    hint: "make one at chatgpt.com/codex/settings/environments, cco config --set cloud.environment=NAME, then cco doctor",
  },
  CLOUD_NOT_PUSHED: {
    class: "state",
    why: "Codex cloud works from a branch of the remote repository, and the commit that the task starts from is not in it.",
    hint: "git push, then cco dispatch or cco retry TASK; or use --lane worktree",
    exit: 4,
  },
  CLOUD_TASK_FAILED: {
    class: "logic",
    why: "Codex cloud says that the task ended with an error; it does not tell this program which.",
    hint: "open the page of the task that the message names, then cco retry TASK",
  },
  CLOUD_TASK_GONE: {
    class: "state",
    why: "Codex cloud does not know the task any more that it has taken on.",
    hint: "cco retry TASK",
  },
  CLOUD_NO_CHANGE: {
    class: "logic",
    why: "Codex cloud says READY and has neither a change nor a report.",
    hint: "open the page of the task that the message names, then cco retry TASK --feedback TEXT",
  },
  CLOUD_CHANGE_REFUSED: {
    class: "logic",
    why: "git does not apply the change of the cloud on the base of the task: it was made on other code, or reaches out of the work tree.",
    hint: "read the change in the file that the evidence names; git pull if the remote is ahead, then cco retry TASK --feedback TEXT",
  },
  // Limits of an attempt
  CODEX_SILENT: {
    class: "transient",
    why: "The worker gave no sign of life for longer than worker.silenceSeconds.",
    hint: "cco retry TASK, or raise worker.silenceSeconds",
  },
  CODEX_SOFT_LIMIT: {
    class: "state",
    why: "The session reached worker.softMinutes and was wound down; the work goes on in a fresh one.",
    hint: "nothing: the next session starts from its digest",
  },
  CODEX_NO_PROGRESS: {
    class: "logic",
    why: "Two sessions in a row ended at the soft limit and had changed nothing.",
    hint: "read digest.md of the last attempt, then cco retry TASK --feedback TEXT, or split the envelope",
  },
  CODEX_DEADLINE: {
    class: "logic",
    why: "The attempt reached worker.hardMinutes and was ended.",
    hint: "set worker.softMinutes below worker.hardMinutes so that the work goes on, or split the envelope",
  },
  CODEX_OUTPUT_FLOOD: {
    class: "logic",
    why: "The worker wrote more output than an attempt may.",
    hint: "cco logs TASK --raw, then change the envelope",
  },
  BUDGET_TOKENS: {
    class: "logic",
    why: "The attempt used up its tokens.",
    hint: "raise budget.tokens or split the envelope",
  },
  BUDGET_TOOL_CALLS: {
    class: "logic",
    why: "The attempt used up its tool calls.",
    hint: "raise budget.toolCalls or split the envelope",
  },
  BUDGET_USD: { class: "logic", why: "The attempt used up its money.", hint: "raise budget.usd or split the envelope" },
  BUDGET_MINUTES: {
    class: "logic",
    why: "The sessions of the task together used up its minutes.",
    hint: "raise budget.minutes or split the envelope",
  },
  WORKER_STUCK: {
    class: "logic",
    why: "The worker got nowhere: it repeated itself, or it took far more calls than were planned.",
    hint: "cco decide; cco logs TASK shows what it did",
  },
  TASK_OVER_ESTIMATE: {
    class: "logic",
    why: "The task took far more than work of its kind has taken before.",
    hint: "cco decide; cco diff TASK shows what is there",
  },
  // Sandbox
  SANDBOX_PATH: {
    class: "logic",
    why: "The sandbox denied a file access that the task needs.",
    hint: "widen write in the envelope or move the file into the work tree",
  },
  SANDBOX_NETWORK: {
    class: "logic",
    why: "The sandbox denied a network access that the task needs.",
    hint: "set network: true in the envelope",
  },
  SANDBOX_POLICY: {
    class: "logic",
    why: "A command rule of Codex denied a command that the task needs.",
    hint: "cco logs TASK, then change the envelope",
  },
  SANDBOX_BROKEN: {
    class: "environment",
    why: "The Codex sandbox cannot start on this machine, so nothing the worker ran really ran.",
    hint: "cco doctor",
  },
  CONFINEMENT_WEAKER: {
    class: "environment",
    why: "The worker ran with less confinement than cco asked for, so its result is not accepted.",
    hint: "cco doctor; remove sandbox settings from $CODEX_HOME/config.toml",
  },
} as const satisfies Record<string, ErrorRow>;
