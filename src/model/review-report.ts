import type { Challenge, ReviewRound } from "./review.ts";

/** A review on its own: rulings as in `cco.review/1`, and what a page about them needs besides. */
export interface ReviewReport {
  /** What was reviewed, in words. */
  readonly subject: string;
  readonly rounds: readonly ReviewRound[];
  readonly converged: boolean;
  /** Summaries of the reviewers, one per round. */
  readonly summaries: readonly string[];
  /** The challenges as they were raised, by round and id. */
  readonly raised: readonly (readonly Challenge[])[];
  /** Folder with prompts, evidence, logs and the page; absolute. */
  readonly dir: string;
  readonly usd: number;
}
