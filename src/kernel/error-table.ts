import { CODEX_ERRORS } from "./codex-errors.ts";
import type { ErrorRow } from "./error-row.ts";

/** Every error a user can see. `docs/errors.md` is generated from this table. */
export const ERROR_TABLE = {
  ...CODEX_ERRORS,
  // Report of the worker
  REPORT_MISSING: {
    class: "logic",
    why: "The first line of the last message is not COMPLETED:, FAILED: or BLOCKED:.",
    hint: "cco result TASK, then cco retry TASK",
  },
  REPORT_FAILED: {
    class: "logic",
    why: "The worker itself says that it failed.",
    hint: "cco result TASK, then change the envelope",
  },
  REPORT_BLOCKED: {
    class: "logic",
    why: "The worker says that it cannot go on without a decision.",
    hint: "cco decide",
  },
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
  SECRET_FOUND: {
    class: "logic",
    why: "A secret would have been written.",
    hint: "remove the secret and pass a path instead",
    exit: 2,
  },
  VALIDATION_RETREAT: {
    class: "logic",
    why: "Tests or thresholds were weakened without the envelope asking for it.",
    hint: "cco diff TASK",
  },
  // Review
  SPEC_CHALLENGED: {
    class: "logic",
    why: "Claude found open points in the order before anybody worked on it; each quotes the words it is about.",
    hint: "cco decide, or edit the envelope, cco lint --challenge, and dispatch it again",
  },
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
  REPO_NOT_FOUND: {
    class: "environment",
    why: "This folder is not inside a git repository.",
    hint: "git init && git commit, or cd into the repository",
    exit: 2,
  },
  REPO_EMPTY: {
    class: "environment",
    why: "The repository has no commit to start from.",
    hint: "git commit first",
    exit: 2,
  },
  REPO_DIRTY: {
    class: "state",
    why: "The local lane works in place and the work tree has changes of yours.",
    hint: "commit or stash them, use --lane worktree, or pass --allow-dirty",
    exit: 4,
  },
  WINDOW_CLOSED: {
    class: "transient",
    why: "The run would take a credit window beyond its reserve, and --no-wait-window says not to wait.",
    hint: "leave --no-wait-window out: the work then waits for the reset (cco window)",
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
  ENVELOPE_NOT_FOUND: {
    class: "request",
    why: "The envelope file cannot be read.",
    hint: "cco new envelope ID",
    exit: 2,
  },
  ENVELOPE_INVALID: { class: "request", why: "The envelope has errors.", hint: "cco lint FILE", exit: 2 },
  ENVELOPE_CYCLE: {
    class: "request",
    why: "The tasks wait for each other in a circle.",
    hint: "remove one entry of after",
    exit: 2,
  },
  ENVELOPE_UNKNOWN_AFTER: {
    class: "request",
    why: "after names a task that nobody knows.",
    hint: "fix the id in after",
    exit: 2,
  },
  ENVELOPE_DUPLICATE: {
    class: "request",
    why: "The id of the task is taken.",
    hint: "choose another id, or cco retry TASK",
    exit: 2,
  },
  // Configuration and usage
  CONFIG_INVALID: { class: "request", why: "A settings file is not valid.", hint: "cco config", exit: 2 },
  CONFIG_UNKNOWN_KEY: { class: "request", why: "There is no such setting.", hint: "cco config", exit: 2 },
  USAGE: { class: "request", why: "The command line is not valid.", hint: "cco --help", exit: 2 },
  TASK_UNKNOWN: { class: "request", why: "There is no such task on this blackboard.", hint: "cco status", exit: 2 },
  TASK_ENDED: { class: "request", why: "The task has ended already.", hint: "cco status TASK", exit: 2 },
  DEAD_UNKNOWN: { class: "request", why: "The task is not parked as a dead letter.", hint: "cco dead", exit: 2 },
  BREAKER_UNKNOWN: { class: "request", why: "There is no breaker of this name.", hint: "cco breaker", exit: 2 },
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
  BOARD_CORRUPT: {
    class: "state",
    why: "A file of the blackboard holds something that cannot be read.",
    hint: "keep a copy of .cco and read the named file",
    exit: 1,
  },
  BOARD_VERSION: {
    class: "state",
    why: "The blackboard was written by a newer cco.",
    hint: "npm install -g cc-orchestrator@latest",
    exit: 2,
  },
  BOARD_LOCKED: { class: "state", why: "Another engine works on this blackboard.", hint: "cco status", exit: 1 },
  BOARD_WRITE: {
    class: "environment",
    why: "A file of the blackboard cannot be written.",
    hint: "check free space and permissions of .cco",
    exit: 7,
  },
  ENGINE_START: { class: "environment", why: "The engine did not start.", hint: "cco engine --foreground", exit: 7 },
  WORKER_ASKS: {
    class: "logic",
    why: "The attached worker asks for something that only a person may allow, and waits.",
    hint: "cco decide",
  },
  TASK_NOT_ATTACHED: {
    class: "request",
    why: "Only a worker that is at work in the attached lane can be told something.",
    hint: "cco retry TASK --feedback TEXT once it has ended, or dispatch it with --lane attached",
    exit: 2,
  },
  TASK_GROWING: {
    class: "logic",
    why: "The task has used as many sessions as were planned and is not done.",
    hint: "cco decide",
  },
  TASK_SILENT: {
    class: "catastrophic",
    why: "Nothing was heard of the task by the time at which every part of it has to have ended.",
    hint: "cco logs TASK, then cco cancel TASK",
  },
  TASK_CANCELLED: { class: "state", why: "The task was cancelled.", hint: "cco retry TASK", exit: 5 },
  TASK_DEPENDENCY: {
    class: "state",
    why: "A task that this one waits for did not succeed.",
    hint: "cco retry the failed task",
  },
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
