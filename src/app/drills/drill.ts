import type { ErrorCode } from "../../kernel/error-table.ts";
import type { WorkerStep } from "../../rehearsal/script.ts";

/** A number, or the least and the most. */
export type Count = number | readonly [number, number];

/** How a drill has to end. Attempts and requests are promises too: nothing is spent on what cannot help. */
export interface Expectation {
  readonly status: "accepted" | "failed" | "dead" | "blocked" | "refused";
  readonly code: ErrorCode | null;
  readonly attempts: Count;
  readonly requests: Count;
}

/** One fault, played to the installed Codex by a scripted model, and what cco has to make of it. */
export interface Drill {
  /** In words, for the table. */
  readonly fault: string;
  /** What the model does in every attempt; of the time the drill starts where a reset lies in the future. */
  readonly steps: readonly WorkerStep[] | ((nowSeconds: number) => readonly WorkerStep[]);
  /** What the first attempt sees instead. */
  readonly first?: readonly WorkerStep[] | ((nowSeconds: number) => readonly WorkerStep[]);
  /** The check of the envelope; default: the file is there. */
  readonly verify?: string;
  readonly expect: Expectation;
  /** Differences up to this minor version of Codex 0.x. */
  readonly upTo?: readonly [minor: number, expect: Partial<Expectation>];
  /** Settings of the project besides `DRILL_SETTINGS`, as `section.key`. */
  readonly settings?: Readonly<Record<string, number>>;
  /** Lines for Codex's config.toml, in front of its tables. */
  readonly codexConfig?: string;
  /** Retries that Codex may make of a stream itself (default 0, so that every fault arrives). */
  readonly streamRetries?: number;
  /**
   * Shell text in place of `codex exec`, with the real program in `$CODEX`. Linux only where it looks into /proc.
   */
  readonly inPlaceOfExec?: string;
  /** Name and shell text of a program in front of PATH. */
  readonly program?: readonly [name: string, text: string];
  /** `gone`: nobody listens. `no-key`: the variable that holds the key is not set. */
  readonly provider?: "gone" | "no-key";
}

/** Short times, so that a drill takes seconds; what is decided is the same as with the real ones. */
export const DRILL_SETTINGS: Readonly<Record<string, number>> = {
  "engine.idleSeconds": 0,
  "worker.killGraceSeconds": 1,
  "worker.silenceSeconds": 40,
  "worker.softMinutes": 1,
  "worker.hardMinutes": 1,
  "retry.max": 1,
  "retry.baseSeconds": 0.1,
  "retry.jitterSeconds": 0,
  "breaker.cooldownSeconds": 0.2,
  "breaker.maxCooldownSeconds": 0.4,
};

/** The work of a healthy attempt. */
export const WRITE: WorkerStep = { write: { path: "src/a.txt", content: "hello\n" } };
export const DONE: WorkerStep = { final: "COMPLETED: wrote src/a.txt" };

/** Ends with this code after one attempt and one request: trying again cannot help. */
export function atOnce(code: ErrorCode): Expectation {
  return { status: "failed", code, attempts: 1, requests: 1 };
}

/** An account that is refused: a person has to act, the task is parked and nothing more is spent. */
export function parked(code: ErrorCode): Expectation {
  return { status: "dead", code, attempts: 1, requests: 1 };
}

/** A transient cause that does not go away: one retry here, then the task is parked for later. */
export function transient(code: ErrorCode): Expectation {
  return { status: "dead", code, attempts: 2, requests: 2 };
}

/** A task that does not fit: less context, least context, a fresh start, then a person. */
export const OVERFLOW: Expectation = {
  status: "blocked",
  code: "CODEX_CONTEXT_OVERFLOW",
  attempts: 4,
  requests: 4,
};

/** A cause that gets one fresh attempt. */
export function oneMore(code: ErrorCode, requests: Count = 2): Expectation {
  return { status: "failed", code, attempts: 2, requests };
}

/** A task that is accepted. */
export function accepted(requests: Count, attempts: Count = 1): Expectation {
  return { status: "accepted", code: null, attempts, requests };
}

/** Name of the one task of a drill. */
export const DRILL_TASK = "drill";
