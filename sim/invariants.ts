/** What has to hold in every world, whatever goes wrong in it. */
export const INVARIANTS = {
  "task-lost":
    "every submitted task ends, is blocked with an open card or paused by a dependency once the faults are over",
  "command-lost": "every command that was put into the inbox is in the journal",
  "run-twice": "a task never has two workers at once, and no work tree has",
  "started-twice": "the worker of an attempt folder is started at most once",
  "over-cap": "there are never more workers than the cap, over all projects",
  "one-probe": "while a breaker is half-open nobody but its probe starts a worker",
  "tree-gone": "a worker's work tree is there as long as the worker works",
  "merged-twice": "the work of a task reaches the base in one move of the branch",
  "told-twice": "an engine tells nobody the same event twice, and writes none twice",
  "event-lost": "every event that follows from the journal is on the board",
  "merge-missing": "what was accepted and merged is in the base, with its content",
  "merged-unaccepted": "nothing reaches the base that is not accepted in the end",
  "base-red": "the checks of a task are green on the very commit that reaches the base",
  "base-rewound": "a branch of the user never loses a commit",
  blamed: "nobody is blamed for files that others have changed",
  "accepted-red": "what is accepted passes its checks",
  "card-lost": "an open card is on the board until it is answered, and not after that",
  "answered-twice": "a worker is never given two answers to a question, nor one to a question that it has not asked",
  "told-out-of-order": "a worker is told every word once, in order",
  "worker-left": "a task that has ended has no worker left",
  "spent-unrecorded": "the tokens of every worker that was started are in the journal once",
  ledger: "the usage of a task is the sum of its attempts and reviews, in the fold and on the board",
  attempts: "attempts are bounded",
  projection: "the status files agree with the fold within one round of the engine",
  journal: "the journal can be read at every point and holds whatever it said it holds",
  snapshot: "a snapshot, the lines after it and the tasks that have left the world say what the whole journal says",
  "left-work": "an engine that ends by itself leaves nothing to do and no slot taken",
  "two-engines": "a project never has two engines that write its journal",
  rest: "the world comes to rest",
  "engine-failed": "an engine ends for known reasons only, and no task ends for a bug of ours",
} as const;

export type Invariant = keyof typeof INVARIANTS;

/** One violation. `subject`: the project and task it is about. `atMs`: ms since the start of the world. */
export interface Finding {
  readonly invariant: Invariant;
  readonly subject: string;
  readonly detail: string;
  readonly atMs: number;
}

/** Collects violations; one per invariant and subject, the first. */
export interface Findings {
  readonly all: readonly Finding[];
  add(invariant: Invariant, subject: string, detail: string): void;
  /** Adds a violation unless the condition holds. */
  expect(holds: boolean, invariant: Invariant, subject: string, detail: () => string): void;
}

/** No violations yet. `elapsed`: ms since the start of the world. */
export function makeFindings(elapsed: () => number, note: (text: string) => void): Findings {
  const all: Finding[] = [];
  const seen = new Set<string>();
  const add = (invariant: Invariant, subject: string, detail: string): void => {
    const key = `${invariant} ${subject}`;
    if (seen.has(key)) return;
    seen.add(key);
    all.push({ invariant, subject, detail, atMs: elapsed() });
    note(`VIOLATION ${key}: ${detail}`);
  };
  return {
    all,
    add,
    expect(holds, invariant, subject, detail) {
      if (!holds) add(invariant, subject, detail());
    },
  };
}
