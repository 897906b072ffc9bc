import { isoTime } from "../../kernel/durations.ts";
import { firstLine } from "../../kernel/text.ts";
import type { Card } from "../../model/card.ts";
import type { Config } from "../../model/config.ts";
import type { Failure } from "../../model/outcome.ts";
import type { Task } from "../../model/task.ts";
import { BUDGET_CARD, type CardPlan, ESTIMATE_CARD, GIVE_UP, STUCK_CARD } from "./card-plan.ts";

const REVIEW_CARD: CardPlan = {
  options: [
    {
      text: "Ask the reviewer again",
      pros: "the change gets its review",
      cons: "needs a working Claude Code",
      effect: "review-again",
    },
    {
      text: "Accept without a review",
      pros: "all checks are green already",
      cons: "no second pair of eyes",
      effect: "accept-without-review",
    },
    GIVE_UP,
  ],
  recommended: "A",
  reason: "a review costs little once Claude Code works (cco doctor)",
  risk: "B lets a change in that only its own tests have seen",
  fallback: "C",
};

const MERGE_CARD: CardPlan = {
  options: [
    {
      text: "Merge now (after you committed or stashed the files)",
      pros: "the work lands",
      cons: "needs those files clean",
      effect: "merge-again",
    },
    {
      text: "Keep it on its branch",
      pros: "nothing of yours is touched",
      cons: "you merge by hand",
      effect: "keep-branch",
    },
  ],
  recommended: "A",
  reason: "the change is verified and only your local edits are in its way",
  risk: "none: your files are never touched",
  fallback: "B",
};

const BLOCKED_CARD: CardPlan = {
  options: [
    {
      text: "Try again with your note (--note TEXT)",
      pros: "the worker learns what it asked for",
      cons: "one more attempt",
      effect: "retry",
    },
    GIVE_UP,
  ],
  recommended: "A",
  reason: "the worker names what it needs",
  risk: "without a note it will ask the same again",
  fallback: "B",
};

const GROWING_CARD: CardPlan = {
  options: [
    {
      text: "Go on: as many sessions again",
      pros: "the work that is there is finished",
      cons: "costs as much again",
      effect: "go-on",
    },
    GIVE_UP,
  ],
  recommended: "A",
  reason: "the sessions have moved the work on; two in a row that had not would have ended the task",
  risk: "a task that grows beyond its plan may be more than one task",
  fallback: "B",
};

const SPEC_CARD: CardPlan = {
  options: [
    {
      text: "Go on with the proposed changes of the order",
      pros: "the worker is told what to read instead",
      cons: "the envelope file itself stays as it is",
      effect: "amend-order",
    },
    {
      text: "Go on with the order as it is written",
      pros: "nothing changes",
      cons: "what is open stays open",
      effect: "accept-order",
    },
    GIVE_UP,
  ],
  recommended: "C",
  reason:
    "an order is cheapest to change before the work: edit the envelope (status.md has the proposals) and dispatch it again",
  risk: "A and B spend an attempt on an order that may be read in two ways",
  fallback: "C",
};

const RETREAT_CARD: CardPlan = {
  options: [
    {
      text: "Try again with your note (--note TEXT)",
      pros: "the checks stay as they were",
      cons: "one more attempt",
      effect: "retry",
    },
    {
      text: "Go on with this change: its checks were meant to change",
      pros: "no work is thrown away",
      cons: "what the old checks held is no longer held by anything",
      effect: "accept-change",
    },
    GIVE_UP,
  ],
  recommended: "A",
  reason: "two attempts made the checks easier instead of passing them",
  risk: "B lets a change in whose tests were bent to fit it; look at cco diff first",
  fallback: "C",
};

const UNKNOWN_CARD: CardPlan = {
  options: [
    {
      text: "Try again, with your note if you have one (--note TEXT)",
      pros: "what was a passing fault is over",
      cons: "one more attempt that may end the same way",
      effect: "retry",
    },
    GIVE_UP,
  ],
  recommended: "A",
  reason: "nobody has seen this error before, so nothing can be said about the next attempt",
  risk: "A spends one attempt on an error that may stay",
  fallback: "B",
};

const UNRESOLVED_CARD: CardPlan = {
  options: [
    {
      text: "Accept it as it is",
      pros: "the work lands now; all checks of the order are green",
      cons: "what the evidence shows stays wrong",
      effect: "accept-as-is",
    },
    {
      text: "One more round, with your note (--note TEXT)",
      pros: "your words may be what was missing",
      cons: "one more attempt and one more review",
      effect: "one-more-round",
    },
    GIVE_UP,
  ],
  recommended: "B",
  reason: "a note from somebody who knows what is wanted often settles what models do not",
  risk: "A merges a change that fails when the evidence is run",
  fallback: "C",
};

const FAILED_AGAIN_CARD: CardPlan = {
  options: [
    {
      text: "Try again with your note (--note TEXT)",
      pros: "the worker learns what it could not find out",
      cons: "one more attempt, and as many fixes again",
      effect: "retry",
    },
    GIVE_UP,
  ],
  recommended: "A",
  reason: "three tries by itself were not enough, a hint may be (cco result TASK shows what was tried)",
  risk: "without a note it is likely to fail the same way",
  fallback: "B",
};

const TOO_LARGE_CARD: CardPlan = {
  options: [
    {
      text: "Try again with your note (--note TEXT)",
      pros: "the work that is there stays",
      cons: "shorter orders did not fit either",
      effect: "retry",
    },
    GIVE_UP,
  ],
  recommended: "B",
  reason: "the task does not fit into one session: split the envelope and dispatch the parts",
  risk: "A overflows again unless the note says what to leave out",
  fallback: "B",
};

/** Failures that a person decides about instead of ending the task, and what they may choose. */
const PLANS: Readonly<Record<string, CardPlan>> = {
  REVIEW_UNAVAILABLE: REVIEW_CARD,
  REVIEW_UNRESOLVED: UNRESOLVED_CARD,
  MERGE_BLOCKED: MERGE_CARD,
  REPORT_BLOCKED: BLOCKED_CARD,
  TASK_GROWING: GROWING_CARD,
  VALIDATION_RETREAT: RETREAT_CARD,
  SPEC_CHALLENGED: SPEC_CARD,
  CODEX_TURN_FAILED: UNKNOWN_CARD,
  BUDGET_TOOL_CALLS: BUDGET_CARD,
  BUDGET_TOKENS: BUDGET_CARD,
  BUDGET_USD: BUDGET_CARD,
  BUDGET_MINUTES: BUDGET_CARD,
  WORKER_STUCK: STUCK_CARD,
  TASK_OVER_ESTIMATE: ESTIMATE_CARD,
};

/** Name of the nth card of a task, counted from 1. */
export function cardId(task: string, n: number): string {
  return `D-${task}-${n}`;
}

/** The card for a failure, or null when it needs none. `context` is what happened, in one sentence. */
export function cardFor(task: Task, failure: Failure, config: Config, nowMs: number): Card | null {
  const plan = PLANS[failure.code];
  if (plan === undefined) return null;
  // The first time it is told to put them back.
  if (plan === RETREAT_CARD && (task.retries[failure.code] ?? 0) === 0) return null;
  const context = plan === UNKNOWN_CARD ? `unknown error pattern: ${failure.message}` : failure.message;
  return makeCard(task, { plan, context }, config, nowMs);
}

/** The card for a failure that was tried again as often as it may be (mission B2: gate). `why`: how often, in words. */
export function escalationCard(
  task: Task,
  failure: Failure,
  { config, nowMs }: { readonly config: Config; readonly nowMs: number },
  why: string,
): Card {
  const plan = failure.code === "CODEX_CONTEXT_OVERFLOW" ? TOO_LARGE_CARD : FAILED_AGAIN_CARD;
  return makeCard(task, { plan, context: `${why}: ${firstLine(failure.message)}` }, config, nowMs);
}

function makeCard(
  task: Task,
  { plan, context }: { plan: CardPlan; context: string },
  config: Config,
  nowMs: number,
): Card {
  return {
    id: cardId(task.id, task.cards + 1),
    task: task.id,
    tier: "gate",
    context,
    options: plan.options.map((option, i) => ({ letter: "ABCD".charAt(i), ...option })),
    recommended: plan.recommended,
    reason: plan.reason,
    risk: plan.risk,
    cost: `${task.usage.inputTokens + task.usage.outputTokens} tokens so far`,
    default: plan.fallback,
    deadline: isoTime(nowMs + config.cards.deadlineHours * 3_600_000),
  };
}
