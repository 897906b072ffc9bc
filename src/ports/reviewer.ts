import type { CcoError } from "../kernel/errors.ts";
import type { Result } from "../kernel/result.ts";
import type { Envelope } from "../model/envelope.ts";
import type { Failure, Usage } from "../model/outcome.ts";
import type { Findings } from "../model/review.ts";

/** One question to the reviewer. It reads `cwd` and can change nothing. */
export interface ReviewOrder {
  readonly task: string;
  /** Attempt whose work is reviewed. */
  readonly attempt: number;
  readonly round: number;
  /** Folder of the review, absolute; prompt and raw answer are kept there. */
  readonly dir: string;
  readonly cwd: string;
  /** What the work is judged against: goal, criteria, contract, checklist, scope. */
  readonly envelope: Envelope;
  /** The whole change as a unified diff. Untrusted; the adapter puts it between delimiters. */
  readonly diff: string;
  /** Claims that earlier rounds have settled, with their ruling in words; they are not to be raised again. */
  readonly priorClaims: readonly string[];
  readonly model: string;
  readonly timeoutMs: number;
  readonly usd: number;
}

/** The reviewer's answer with what it cost. */
export interface ReviewAnswer {
  readonly findings: Findings;
  readonly usage: Usage;
  readonly model: string;
}

/**
 * A review that yielded nothing, with what it cost all the same (0 where a killed reviewer could not say it).
 * `retryAt` set: the same order may succeed from then on; null: a person has to change something first.
 */
export interface ReviewFailure extends Failure {
  readonly usage: Usage;
  readonly model: string;
}

/** What is installed. `login`: null when there is none. */
export interface ReviewerReadiness {
  readonly path: string;
  readonly version: string;
  readonly login: string | null;
}

/** A model of another family that reads a change and challenges it. */
export interface Reviewer {
  readiness(): Promise<Result<ReviewerReadiness, CcoError>>;
  review(order: ReviewOrder, signal: AbortSignal): Promise<Result<ReviewAnswer, ReviewFailure>>;
}
