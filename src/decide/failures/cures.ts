import { errorClass } from "../../kernel/errors.ts";
import { isErrorCode } from "../../kernel/error-table.ts";

/**
 * What the next session of a failed task is, from the cheapest to the dearest (mission C3). `normal`: the same order again, with what
 * was wrong; `repair`: a small session that adds only what is missing; `reduced`, `minimal`: less of the order; `restart`: fresh, from
 * the digest of the session before; `person`: nobody tries on without a decision.
 */
export const PYRAMID = ["normal", "repair", "reduced", "minimal", "restart", "person"] as const;
export type Layer = (typeof PYRAMID)[number];

/** How long a session waits for its turn. `doubling`: 1, 2, 4 × base; `linear`: so many seconds × the number of the retry × base. */
export type Wait =
  | { readonly kind: "none" }
  | { readonly kind: "doubling" }
  | { readonly kind: "linear"; readonly seconds: number };

/** What is done about a failure: further sessions in this order, and what follows when they are used up. */
export interface Cure {
  readonly layers: readonly Layer[];
  readonly wait: Wait;
  /** `park`: a dead letter; `fail`: the task ends. A last layer `person` asks instead. */
  readonly after: "park" | "fail";
}

const NONE: Wait = { kind: "none" };
const cure = (layers: readonly Layer[], after: Cure["after"] = "fail", wait: Wait = NONE): Cure => ({
  layers,
  wait,
  after,
});
const provider = (times: number, wait: Wait): Cure =>
  cure(
    Array.from({ length: times }, () => "normal"),
    "park",
    wait,
  );

/** Waits of timeouts and of resets (mission C2: linear 30 s/10 s, at most 2 retries). */
const TIMEOUT: Wait = { kind: "linear", seconds: 30 };
const RESET: Wait = { kind: "linear", seconds: 10 };
const LINEAR_RETRIES = 2;

/** Fresh sessions that failures of the work itself are worth, of all kinds together (mission C2); one for each kind. */
export const LOGIC_RETRIES = 2;

/** A task that failed this often through its own work, since it was submitted, is not tried on without a person (mission B2). */
export const GATE_FAILURES = 3;

const LOGIC = cure(["normal"]);
const REPAIR = cure(["repair"]);
const RESTART = cure(["restart"]);

/** Codes whose cure is another than that of their class. */
const BY_CODE: Readonly<Record<string, Cure>> = {
  VERIFY_FAILED: LOGIC,
  VERIFY_NOTHING_CHANGED: LOGIC,
  SCOPE_VIOLATION: LOGIC,
  // Told once to put them back; the second time a card asks.
  VALIDATION_RETREAT: LOGIC,
  REPORT_MISSING: REPAIR,
  CODEX_NO_SIDECAR: REPAIR,
  CODEX_NO_TURN: RESTART,
  CODEX_BAD_EXIT: RESTART,
  CODEX_KILLED: RESTART,
  CODEX_LOST: RESTART,
  CLOUD_TASK_FAILED: RESTART,
  CLOUD_TASK_GONE: RESTART,
  CLOUD_NO_CHANGE: LOGIC,
  CLOUD_CHANGE_REFUSED: LOGIC,
  CODEX_CONTEXT_OVERFLOW: cure(["reduced", "minimal", "restart", "person"]),
  CODEX_SILENT: provider(LINEAR_RETRIES, TIMEOUT),
  CODEX_NETWORK: provider(LINEAR_RETRIES, RESET),
  CODEX_STREAM_CUT: provider(LINEAR_RETRIES, RESET),
};

/** The cure of a failure code. `retries`: `retry.max` of the settings, a ceiling for everything that only waits. */
export function cureOf(code: string, retries: number): Cure {
  const known = BY_CODE[code];
  if (known !== undefined) return known.after === "park" ? { ...known, layers: known.layers.slice(0, retries) } : known;
  switch (isErrorCode(code) ? errorClass(code) : "logic") {
    case "transient":
      return provider(retries, { kind: "doubling" });
    case "auth":
      return cure([], "park");
    default:
      return cure([]);
  }
}

/** True for failures of the work itself: what counts against a task. The rounds of a review have limits of their own. */
export function isOwnFailure(code: string): boolean {
  return code !== "REVIEW_UNRESOLVED" && isErrorCode(code) && errorClass(code) === "logic";
}

/** True when the sessions of this code together count as those of all others like it. */
export function isLogic(code: string): boolean {
  return BY_CODE[code] === LOGIC;
}

/** True for failures of the provider, whose retries are counted together; waiting for a credit window is none of them. */
export function isTransient(code: string): boolean {
  return code !== "CODEX_USAGE_LIMIT" && isErrorCode(code) && errorClass(code) === "transient";
}

/** The counts of retries without those of the provider's failures. */
export function withoutTransient(retries: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(retries).filter(([code]) => !isTransient(code)));
}
