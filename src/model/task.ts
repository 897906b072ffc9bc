import type { Talk } from "./ask.ts";
import type { Card } from "./card.ts";
import type { DeadPriority } from "./dead-letter.ts";
import type { Effort, Envelope } from "./envelope.ts";
import type { Notices } from "./event.ts";
import type { Step } from "./step.ts";
import type { Diagnosis } from "./judgment.ts";
import type { Leftover } from "./leftover.ts";
import type { Base, DispatchOptions } from "./options.ts";
import type { AttemptOutcome, Failure, Usage } from "./outcome.ts";
import type { EndStatus, Feedback, MergeOutcome, Place } from "./record.ts";
import type { ReviewRound } from "./review.ts";
import type { SpecCheck } from "./spec-challenge.ts";
import type { Candidate, VerifyResult } from "./verification.ts";

/** Where a task stands. Each state carries only what it has; `decide` says what comes next. Times are ISO 8601. */
export type TaskState =
  | { readonly at: "queued"; readonly notBefore: string; readonly feedback: Feedback | null }
  | { readonly at: "running"; readonly attempt: number; readonly place: Place; readonly feedback: Feedback | null }
  | {
      readonly at: "attempted";
      readonly attempt: number;
      readonly outcome: AttemptOutcome;
      /** What it was told, so that a session that goes on with it is told the same. */
      readonly feedback: Feedback | null;
      readonly left: Leftover | null;
    }
  | { readonly at: "sealed"; readonly attempt: number; readonly candidate: Candidate; readonly failure: Failure | null }
  | {
      readonly at: "verified";
      readonly attempt: number;
      readonly candidate: Candidate;
      readonly failure: Failure | null;
      /** The reviewer is not asked before; absent: now. */
      readonly postponed?: { readonly notBefore: string; readonly why: string; readonly by: "retry" | "breaker" };
    }
  | {
      readonly at: "reviewed";
      readonly attempt: number;
      readonly candidate: Candidate;
      /** What a fix has to deal with; null = no VALID challenge. */
      readonly feedback: string | null;
      readonly failure: Failure | null;
    }
  | { readonly at: "merging"; readonly attempt: number; readonly candidate: Candidate }
  | { readonly at: "merged"; readonly attempt: number; readonly candidate: Candidate; readonly outcome: MergeOutcome }
  | { readonly at: "blocked"; readonly card: Card; readonly failure: Failure; readonly before: TaskState }
  | { readonly at: "given-up"; readonly failure: Failure }
  | {
      /** A dead letter: parked for a later retry. */
      readonly at: "dead";
      readonly failure: Failure;
      /** What its next session is told. */
      readonly feedback: Feedback | null;
      readonly priority: DeadPriority;
      readonly parkedAt: string;
      readonly retryAfter: string;
    }
  | { readonly at: "ended"; readonly status: EndStatus; readonly failure: Failure | null; readonly summary: string };

/** One decision about a failure, in words. */
export interface Tried {
  readonly at: string;
  /** Attempts there were by then. */
  readonly attempt: number;
  readonly what: string;
}

/** One attempt as history remembers it. `failure` is the last thing that spoke against it. */
export interface AttemptHistory {
  readonly attempt: number;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly outcome: AttemptOutcome | null;
  readonly failure: Failure | null;
  /** Effort it was started with; absent in journals that did not note it. */
  readonly effort?: Effort;
}

/** How far a task is that takes more than one session. */
export interface ChunkCount {
  /** Chunks of the present line of work: 1 for a session that nothing has cut yet, 0 before the first one. */
  readonly line: number;
  /** Sessions that ended at the soft limit since the task was opened. */
  readonly breaks: number;
  /** How many of them, the last ones in a row, had moved nothing. */
  readonly idle: number;
  /** What was there at the last break; null before the first one. */
  readonly last: Leftover | null;
}

/** How the challenge loop of a task stands, beyond its rounds. */
export interface ReviewLoop {
  /** Round after which a person is asked again, when one has allowed more; 0 when the configured caps count. */
  readonly until: number;
  /** Rounds there were when an expert was asked; null when none was. */
  readonly diagnosed: number | null;
  /** What the expert said; null when it was not asked or had no answer. */
  readonly diagnosis: Diagnosis | null;
}

/** A task: its order and all that happened to it. */
export interface Task {
  readonly id: string;
  readonly run: string;
  /** The Claude Code session that last asked for it, when one did. */
  readonly session?: string | undefined;
  readonly envelope: Envelope;
  readonly options: DispatchOptions;
  readonly base: Base;
  readonly submittedAt: string;
  readonly updatedAt: string;
  readonly state: TaskState;
  readonly place: Place | null;
  /** Commit against which the change is measured; null before the first attempt. */
  readonly workBase: string | null;
  readonly attempts: readonly AttemptHistory[];
  readonly verification: readonly VerifyResult[];
  readonly rounds: readonly ReviewRound[];
  readonly loop: ReviewLoop;
  /** How the order stood an attack before the first attempt; null when none was made. `decided`: nobody has to be asked about it. */
  readonly spec: (SpecCheck & { readonly decided: boolean }) | null;
  /** Tokens and money of workers and reviewers together. */
  readonly usage: Usage;
  readonly candidate: Candidate | null;
  readonly cancelRequested: boolean;
  /** Retries spent since the task was (re)opened, by the code that caused them. */
  readonly retries: Readonly<Record<string, number>>;
  readonly chunks: ChunkCount;
  /** What the last attempt left when it was cut short; null after one that ended by itself. */
  readonly left: Leftover | null;
  /** Attempts before the task was last opened: submitted, retried or allowed to go on by a person. Limits count from there. */
  readonly opened: number;
  /** When it became a dead letter first and how often since a person last asked for more; null when it never did. */
  readonly parked: { readonly since: string; readonly times: number; readonly priority: DeadPriority } | null;
  /** What was tried and why, the latest last. */
  readonly tried: readonly Tried[];
  /** Number of cards opened so far; makes card ids unique. */
  readonly cards: number;
  /** The talk with the attached worker of the latest attempt; absent when there was none. */
  readonly talk?: Talk | undefined;
  /** Where the worker of the latest attempt was last seen in its plan; absent when it made none. */
  readonly step?: (Step & { readonly k: number }) | undefined;
  /** Branch that has the work; absent before the merge, and when it was left where it is. */
  readonly mergedInto?: string;
  /** The week that counts the task for the escalation rate; absent before it first ended or needed a person. */
  readonly counted?: { readonly week: string; readonly gated: boolean };
}

/** The fold of the journal: the state of the world. Owned and updated in place by the fold, read-only for all others. */
export interface World {
  seq: number;
  /** Every open task, those they wait for, and the latest that have ended; all others lie in `tasks/<id>/task.json`. */
  readonly tasks: Map<string, Task>;
  /** Ids of tasks that have not ended, in the order of submission: what a decision has to look at. */
  readonly open: Set<string>;
  /** Commands from the inbox that are in the journal; a file that a crash left behind is not done twice. */
  readonly commands: Set<string>;
  /** What is to be told, bounded; see `decide/notices.ts`. */
  readonly notices: Notices;
}

/** The world before the first line. */
export function emptyWorld(): World {
  return {
    seq: 0,
    tasks: new Map(),
    open: new Set(),
    commands: new Set(),
    notices: { events: [], answers: [], weeks: [] },
  };
}
