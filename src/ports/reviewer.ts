import type { CcoError } from "../kernel/errors.ts";
import type { Result } from "../kernel/result.ts";
import type { Envelope } from "../model/envelope.ts";
import type { Diagnosis, Judgment, Reading } from "../model/judgment.ts";
import type { Failure, Usage } from "../model/outcome.ts";
import type { Challenge, Findings } from "../model/review.ts";
import type { SpecFindings } from "../model/spec-challenge.ts";

/** What every question to the other model has in common. It reads `cwd` and can change nothing. */
export interface Question {
  readonly task: string;
  /** Attempt whose work it is about. */
  readonly attempt: number;
  readonly round: number;
  /** Folder of the review, absolute; prompts and raw answers are kept there. */
  readonly dir: string;
  readonly cwd: string;
  /** What the work is judged against: goal, criteria, contract, checklist, scope. */
  readonly envelope: Envelope;
  /** The change as a unified diff. Untrusted; the adapter puts it between delimiters. */
  readonly diff: string;
  readonly model: string;
  readonly timeoutMs: number;
  readonly usd: number;
}

/** Which part of a long change a question is about; `overview` lists all its files. Untrusted, as the diff is. */
export interface ReviewPart {
  readonly number: number;
  readonly of: number;
  readonly overview: string;
}

/** One question to a reviewer. */
export interface ReviewOrder extends Question {
  /** Claims that earlier rounds have settled, with their ruling in words; they are not to be raised again. */
  readonly priorClaims: readonly string[];
  /** Absent: the whole change. */
  readonly part?: ReviewPart;
  /** Names of generated and lock files that are not in the diff. */
  readonly leftOut?: readonly string[];
  /** 2: a second reviewer, who is not told what the first one said. */
  readonly reviewer?: 1 | 2;
  /** The round before was mostly noise: exactly three concrete failures are asked for, each with a test. */
  readonly concrete?: boolean;
}

/** The second question to a judge, who has read the work before: only challenges that could not be executed. */
export interface JudgeOrder extends Question {
  readonly reading: Reading;
  readonly challenges: readonly Challenge[];
}

/** A question to an expert about a review that does not move. `history`: what failed round by round. Untrusted. */
export interface DiagnoseOrder extends Question {
  readonly history: string;
}

/** An attack on the order itself, before there is any change: `diff` is empty. */
export type SpecOrder = Question;

/** An answer with what it cost. */
export interface Answer<T> {
  readonly value: T;
  readonly usage: Usage;
  readonly model: string;
}

/**
 * A question that yielded nothing, with what it cost all the same (0 where a killed reviewer could not say it).
 * `retryAt` set: the same order may succeed from then on; null: a person has to change something first.
 */
export interface ReviewFailure extends Failure {
  readonly usage: Usage;
  readonly model: string;
}

export type Asked<T> = Promise<Result<Answer<T>, ReviewFailure>>;

/** What is installed. `login`: null when there is none. */
export interface ReviewerReadiness {
  readonly path: string;
  readonly version: string;
  readonly login: string | null;
}

/** A model of another family that reads a change and challenges it, judges challenges, or finds out why a fix does not come. */
export interface Reviewer {
  readiness(): Promise<Result<ReviewerReadiness, CcoError>>;
  review(order: ReviewOrder, signal: AbortSignal): Asked<Findings>;
  /** The judge's own reading; it comes before every `judge` and is told no challenge. */
  read(order: Question, signal: AbortSignal): Asked<Reading>;
  judge(order: JudgeOrder, signal: AbortSignal): Asked<Judgment>;
  diagnose(order: DiagnoseOrder, signal: AbortSignal): Asked<Diagnosis>;
  attack(order: SpecOrder, signal: AbortSignal): Asked<SpecFindings>;
}
