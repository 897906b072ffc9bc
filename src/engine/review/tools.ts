import type { Config } from "../../model/config.ts";
import type { Envelope } from "../../model/envelope.ts";
import type { Place } from "../../model/record.ts";
import type { ChangedFile } from "../../model/verification.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Repo } from "../../ports/repo.ts";
import type { Reviewer } from "../../ports/reviewer.ts";
import type { Sandbox } from "../../ports/sandbox.ts";

/** What a review needs of the world. It knows no task and no journal: any change in any repository can be reviewed. */
export interface ReviewTools {
  readonly repo: Pick<
    Repo,
    | "openScratch"
    | "dropScratch"
    | "writeScratchFile"
    | "readScratchFile"
    | "scratchEdits"
    | "thinScratch"
    | "writeDiff"
  >;
  readonly sandbox: Sandbox;
  readonly reviewer: Reviewer;
  readonly clock: Clock;
  /** Removes secrets from a log that a command has written. */
  cleanLog(path: string): Promise<void>;
  /** Aborts the review; whatever is under way throws. */
  readonly signal: AbortSignal;
}

/** A change under review: base commit, candidate commit, and what it is judged against. */
export interface ReviewSubject {
  /** Name in prompts and results. */
  readonly task: string;
  readonly attempt: number;
  readonly envelope: Envelope;
  /** A work tree in which the candidate is checked out; reviewer and judge read it. */
  readonly place: Place;
  readonly base: string;
  readonly commit: string;
  readonly files: readonly ChangedFile[];
  /** Path in front of `~1`, `~2`: where scratch copies are opened. Absolute. */
  readonly scratch: string;
}

/** Limits of one round. Times in ms. */
export interface ReviewLimits {
  readonly model: string;
  /** Time for all questions of a round together. */
  readonly askMs: number;
  /** Money for all questions of a round together. */
  readonly usd: number;
  /** One run of a piece of evidence. */
  readonly runMs: number;
  /** All evidence of a round. */
  readonly evidenceMs: number;
  readonly killGraceMs: number;
}

/** Least time of one run of evidence, and how many times as long as the slowest check of the task it may take. */
const RUN_MS = 45_000;
const TIMES_THE_CHECKS = 10;
/** Time after which the rest of a round's evidence is left to a person. */
const EVIDENCE_MS = 30 * 60_000;

/** The limits of a round by the settings. `slowestCheckMs`: how long the slowest check of the change took, 0 when unknown. */
export function reviewLimits({ review, verify, worker }: Config, slowestCheckMs: number): ReviewLimits {
  const askMs = review.minutes * 60_000;
  return {
    model: review.model,
    askMs,
    usd: review.usd,
    runMs: Math.min(askMs, verify.minutes * 60_000, Math.max(RUN_MS, slowestCheckMs * TIMES_THE_CHECKS)),
    evidenceMs: EVIDENCE_MS,
    killGraceMs: worker.killGraceSeconds * 1000,
  };
}
