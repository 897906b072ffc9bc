/** Classes of contract.md: what may be done about an error. */
export type ErrorClass = "transient" | "auth" | "request" | "logic" | "state" | "catastrophic" | "environment";

export interface ErrorRow {
  readonly class: ErrorClass;
  /** What it means, in one sentence. */
  readonly why: string;
  /** The next command or edit that helps. */
  readonly hint: string;
  /** Exit code when a command ends with it; absent: 7 for the environment class, else 1. */
  readonly exit?: number;
}

/** Every error a user can see. `docs/errors.md` is generated from this table. */
export const ERROR_TABLE = {
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
    class: "logic",
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
    why: "Codex reported a failed turn for a reason that is not in the table.",
    hint: "cco logs TASK --raw",
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
  // Limits of an attempt
  CODEX_SILENT: {
    class: "transient",
    why: "The worker gave no sign of life for longer than worker.silenceSeconds.",
    hint: "cco retry TASK, or raise worker.silenceSeconds",
  },
  CODEX_DEADLINE: {
    class: "logic",
    why: "The attempt reached its time limit and was ended.",
    hint: "split the envelope or raise budget.minutes, then cco retry TASK",
  },
  CODEX_OUTPUT_FLOOD: {
    class: "logic",
    why: "The worker wrote more output than an attempt may.",
    hint: "cco logs TASK --raw, then change the envelope",
  },
  BUDGET_TOKENS: { class: "logic", why: "The attempt used up its tokens.", hint: "raise budget.tokens or split the envelope" },
  BUDGET_TOOL_CALLS: {
    class: "logic",
    why: "The attempt used up its tool calls.",
    hint: "raise budget.toolCalls or split the envelope",
  },
  BUDGET_USD: { class: "logic", why: "The attempt used up its money.", hint: "raise budget.usd or split the envelope" },
  BUDGET_MINUTES: { class: "logic", why: "The attempt used up its minutes.", hint: "raise budget.minutes or split the envelope" },
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
  // Report of the worker
  REPORT_MISSING: {
    class: "logic",
    why: "The first line of the last message is not COMPLETED:, FAILED: or BLOCKED:.",
    hint: "cco result TASK, then cco retry TASK",
  },
  REPORT_FAILED: { class: "logic", why: "The worker itself says that it failed.", hint: "cco result TASK, then change the envelope" },
  REPORT_BLOCKED: { class: "logic", why: "The worker says that it cannot go on without a decision.", hint: "cco decide" },
  // Verification
  VERIFY_FAILED: {
    class: "logic",
    why: "A verify command of the envelope ended red in the engine's own run.",
    hint: "cco result TASK, then cco retry TASK --feedback TEXT",
  },
  VERIFY_CANNOT_RUN: {
    class: "environment",
    why: "A verify command could not be run in the sandbox.",
    hint: "cco doctor",
    exit: 1,
  },
  VERIFY_NOTHING_CHANGED: {
    class: "logic",
    why: "The worker says COMPLETED, but nothing changed where something had to.",
    hint: "cco logs TASK, then cco retry TASK --feedback TEXT",
  },
  // Guards
  SCOPE_VIOLATION: {
    class: "logic",
    why: "The change touches files outside the envelope's write scope.",
    hint: "widen write in the envelope, or cco retry TASK --feedback TEXT",
  },
  FORBIDDEN_COMMAND: { class: "logic", why: "The worker ran a command that is never allowed.", hint: "cco logs TASK" },
  SECRET_FOUND: { class: "logic", why: "A secret would have been written.", hint: "remove the secret and pass a path instead", exit: 2 },
  VALIDATION_RETREAT: {
    class: "logic",
    why: "Tests or thresholds were weakened without the envelope asking for it.",
    hint: "cco diff TASK",
  },
  // Review
  REVIEW_UNAVAILABLE: {
    class: "environment",
    why: "The reviewer could not be asked: Claude Code is missing, not logged in or did not answer.",
    hint: "cco doctor, or dispatch with --no-review",
  },
  REVIEW_UNRESOLVED: {
    class: "logic",
    why: "A challenge of the reviewer still fails after the fix.",
    hint: "cco result TASK, then cco retry TASK --feedback TEXT",
  },
  // Merge and repository
  MERGE_CONFLICT: {
    class: "logic",
    why: "The change does not apply on the moved base branch.",
    hint: "git rebase the branch by hand, or cco retry TASK",
  },
  MERGE_BLOCKED: {
    class: "state",
    why: "The base branch is checked out with local changes in the same files.",
    hint: "commit or stash those files, then git merge --ff-only the branch",
  },
  BASE_RED: {
    class: "logic",
    why: "The checks are red after the rebase on the moved base branch.",
    hint: "cco result TASK, then cco retry TASK",
  },
  REPO_NOT_FOUND: { class: "environment", why: "This folder is not inside a git repository.", hint: "git init && git commit, or cd into the repository", exit: 2 },
  REPO_EMPTY: { class: "environment", why: "The repository has no commit to start from.", hint: "git commit first", exit: 2 },
  REPO_DIRTY: {
    class: "state",
    why: "The local lane works in place and the work tree has changes of yours.",
    hint: "commit or stash them, use --lane worktree, or pass --allow-dirty",
    exit: 4,
  },
  REPO_BRANCH_TAKEN: {
    class: "state",
    why: "The branch of this task exists already and does not belong to it.",
    hint: "rename or delete the branch, or choose another task id",
    exit: 4,
  },
  REPO_SUBMODULES: {
    class: "environment",
    why: "A submodule of the repository cannot be made available in a work tree.",
    hint: "use --lane local",
    exit: 4,
  },
  REPO_GIT: { class: "state", why: "A git command failed.", hint: "read the message of git" },
  // Envelope
  ENVELOPE_NOT_FOUND: { class: "request", why: "The envelope file cannot be read.", hint: "cco new envelope ID", exit: 2 },
  ENVELOPE_INVALID: { class: "request", why: "The envelope has errors.", hint: "cco lint FILE", exit: 2 },
  ENVELOPE_CYCLE: { class: "request", why: "The tasks wait for each other in a circle.", hint: "remove one entry of after", exit: 2 },
  ENVELOPE_UNKNOWN_AFTER: { class: "request", why: "after names a task that nobody knows.", hint: "fix the id in after", exit: 2 },
  ENVELOPE_DUPLICATE: { class: "request", why: "The id of the task is taken.", hint: "choose another id, or cco retry TASK", exit: 2 },
  // Configuration and usage
  CONFIG_INVALID: { class: "request", why: "A settings file is not valid.", hint: "cco config", exit: 2 },
  CONFIG_UNKNOWN_KEY: { class: "request", why: "There is no such setting.", hint: "cco config", exit: 2 },
  USAGE: { class: "request", why: "The command line is not valid.", hint: "cco --help", exit: 2 },
  TASK_UNKNOWN: { class: "request", why: "There is no such task on this blackboard.", hint: "cco status", exit: 2 },
  TASK_ENDED: { class: "request", why: "The task has ended already.", hint: "cco status TASK", exit: 2 },
  CARD_UNKNOWN: { class: "request", why: "There is no such open card.", hint: "cco decide", exit: 2 },
  WAIT_TIMEOUT: { class: "state", why: "The time of --timeout is over; the work goes on.", hint: "cco wait", exit: 1 },
  // Rehearsal
  REHEARSAL_SCRIPT: {
    class: "request",
    why: "The script of the rehearsed models is not valid.",
    hint: "fix the named places of the script",
    exit: 2,
  },
  // Blackboard
  BOARD_CORRUPT: { class: "state", why: "A file of the blackboard holds something that cannot be read.", hint: "keep a copy of .cco and read the named file", exit: 1 },
  BOARD_VERSION: { class: "state", why: "The blackboard was written by a newer cco.", hint: "npm install -g cc-orchestrator@latest", exit: 2 },
  BOARD_LOCKED: { class: "state", why: "Another engine works on this blackboard.", hint: "cco status", exit: 1 },
  BOARD_WRITE: { class: "environment", why: "A file of the blackboard cannot be written.", hint: "check free space and permissions of .cco", exit: 7 },
  ENGINE_START: { class: "environment", why: "The engine did not start.", hint: "cco engine --foreground", exit: 7 },
  TASK_CANCELLED: { class: "state", why: "The task was cancelled.", hint: "cco retry TASK", exit: 5 },
  TASK_DEPENDENCY: { class: "state", why: "A task that this one waits for did not succeed.", hint: "cco retry the failed task" },
  INTERNAL: { class: "catastrophic", why: "This is a bug in cco.", hint: "read the report and file it", exit: 70 },
} as const satisfies Record<string, ErrorRow>;

/** Every error code there is. */
export type ErrorCode = keyof typeof ERROR_TABLE;

/** The row of a code, with its optional parts. */
export function errorRow(code: ErrorCode): ErrorRow {
  return ERROR_TABLE[code];
}

/** True for a text that is an error code of the table (codes read from disk may be of a newer version). */
export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(ERROR_TABLE, text);
}
