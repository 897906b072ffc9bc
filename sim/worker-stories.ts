import type { ErrorCode } from "../src/kernel/error-table.ts";
import { makeFailure } from "../src/model/failure.ts";
import type { AttemptOutcome, ExitRecord, Failure, Report, Usage } from "../src/model/outcome.ts";
import type { AttemptOrder } from "../src/ports/worker.ts";

/** How a simulated worker ends. `says`: code of a turn that failed; `report` null: its last message follows no protocol. */
export type Ending =
  | {
      readonly by: "exit";
      readonly code: number;
      readonly says?: ErrorCode;
      readonly turn?: false;
      readonly sidecar?: false;
      readonly report: Report["status"] | null;
    }
  | { readonly by: "silence" | "never" | "stuck" | "signal" | "supervisor-death" | "supervisor-death-alone" };

/** What a simulated worker does: the work it leaves, and its end. `work`: in its own file, nothing, or outside its scope as well. */
export interface Story {
  readonly work: "good" | "bad" | "half" | "none" | "stray";
  readonly ending: Ending;
  /** True: it ends within a second or two, before it has done anything long. */
  readonly quick?: true;
}

const completed: Ending = { by: "exit", code: 0, report: "COMPLETED" };
const turnFailed = (says: ErrorCode): Ending => ({ by: "exit", code: 1, says, sidecar: false, report: null });

/** Everything a worker is known to do, by name. */
export const STORIES = {
  good: { work: "good", ending: completed },
  lie: { work: "bad", ending: completed },
  idle: { work: "none", ending: completed },
  stray: { work: "stray", ending: completed },
  wordless: { work: "good", ending: { by: "exit", code: 0, report: null } },
  "no-sidecar": { work: "good", ending: { by: "exit", code: 0, sidecar: false, report: "COMPLETED" } },
  "no-turn": { work: "good", ending: { by: "exit", code: 0, turn: false, report: "COMPLETED" } },
  "bad-exit": { work: "good", ending: { by: "exit", code: 3, report: "COMPLETED" } },
  "says-failed": { work: "half", ending: { by: "exit", code: 0, report: "FAILED" } },
  "says-blocked": { work: "half", ending: { by: "exit", code: 0, report: "BLOCKED" } },
  silent: { work: "half", ending: { by: "silence" } },
  endless: { work: "half", ending: { by: "never" } },
  stuck: { work: "half", ending: { by: "stuck" } },
  killed: { work: "half", ending: { by: "signal" } },
  lost: { work: "half", ending: { by: "supervisor-death" } },
  orphaned: { work: "half", ending: { by: "supervisor-death-alone" } },
  cut: { work: "half", ending: turnFailed("CODEX_STREAM_CUT") },
  unavailable: { work: "none", ending: turnFailed("CODEX_UNAVAILABLE"), quick: true },
  network: { work: "none", ending: turnFailed("CODEX_NETWORK"), quick: true },
  auth: { work: "none", ending: turnFailed("CODEX_AUTH"), quick: true },
  "rate-limited": { work: "none", ending: turnFailed("CODEX_RATE_LIMITED"), quick: true },
  "usage-limit": { work: "half", ending: turnFailed("CODEX_USAGE_LIMIT"), quick: true },
  "cloud-failed": { work: "none", ending: turnFailed("CLOUD_TASK_FAILED") },
  "cloud-gone": { work: "half", ending: turnFailed("CLOUD_TASK_GONE") },
} as const satisfies Readonly<Record<string, Story>>;

export type StoryName = keyof typeof STORIES;

/** What is known of an ended attempt. `told` null: the worker was ended before it came to its last words. */
export interface Ended {
  readonly order: AttemptOrder;
  readonly exit: ExitRecord;
  readonly told: Extract<Ending, { by: "exit" }> | null;
  readonly usage: Usage;
  /** ISO 8601, for an attempt that met a used-up credit window. */
  readonly resetsAt: string | null;
}

/** Signals, report and failure of an ended attempt, by the rules that hold for the real worker. */
export function judge(ended: Ended): AttemptOutcome {
  const { exit, told, order, usage } = ended;
  const signals = {
    exit: exit.reason === "completed" && exit.code === 0,
    turn: told !== null && told.says === undefined && told.turn !== false,
    sidecar: told !== null && told.sidecar !== false,
  };
  const said = told !== null && told.sidecar !== false ? told.report : null;
  return {
    signals,
    report: said === null ? null : { status: said, summary: `attempt ${order.attempt} of ${order.task}` },
    usage,
    exit,
    threadId: told === null ? null : `thread of ${order.dir}`,
    model: "simulated",
    version: "0.0.0",
    toolCalls: 1,
    failure: failureOf(ended, signals),
    notes: [],
  };
}

function failureOf(ended: Ended, signals: AttemptOutcome["signals"]): Failure | null {
  const code = endedFromOutside(ended.exit) ?? codeOf(ended, signals);
  if (code === null) return null;
  const { order, resetsAt } = ended;
  return makeFailure(code, `${code} in ${order.dir}`, {
    attempt: order.attempt,
    task: order.task,
    retryAt: code === "CODEX_USAGE_LIMIT" ? resetsAt : null,
  });
}

function codeOf({ told, order }: Ended, signals: AttemptOutcome["signals"]): ErrorCode | null {
  if (told?.says !== undefined) return told.says;
  if (!signals.exit) return "CODEX_BAD_EXIT";
  if (!signals.turn) return "CODEX_NO_TURN";
  if (!signals.sidecar) return order.lane === "cloud" ? "CLOUD_NO_CHANGE" : "CODEX_NO_SIDECAR";
  if (told === null || told.report === null) return order.lane === "cloud" ? null : "REPORT_MISSING";
  if (told.report === "COMPLETED") return null;
  return told.report === "FAILED" ? "REPORT_FAILED" : "REPORT_BLOCKED";
}

function endedFromOutside(exit: ExitRecord): ErrorCode | null {
  switch (exit.reason) {
    case "completed":
    case "exit-code":
      return null;
    case "signal":
      return "CODEX_KILLED";
    case "deadline":
      return "CODEX_DEADLINE";
    case "soft-limit":
      return "CODEX_SOFT_LIMIT";
    case "silent":
      return "CODEX_SILENT";
    case "cancelled":
      return "TASK_CANCELLED";
    case "output-flood":
      return "CODEX_OUTPUT_FLOOD";
    case "budget":
      return "BUDGET_TOKENS";
    case "stuck":
      return "WORKER_STUCK";
    case "spawn-failed":
      return "CODEX_START_FAILED";
    case "lost":
      return "CODEX_LOST";
  }
}
