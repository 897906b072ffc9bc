import { firstLine } from "../kernel/text.ts";
import type { Fact } from "../model/record.ts";
import type { Task, Tried } from "../model/task.ts";

/** Most entries that a task keeps, the latest; what came before stands in the journal. */
const KEPT = 30;
const WORDS_CHARS = 240;

/** The task with a fact in its history, where the fact is a decision about a failure. */
export function noted(task: Task, fact: Fact, at: string): Task {
  const what = wordsOf(fact);
  if (what === null) return task;
  const entry: Tried = { at, attempt: task.attempts.length, what: firstLine(what, WORDS_CHARS) };
  return { ...task, tried: [...task.tried, entry].slice(-KEPT) };
}

/** What was tried or decided and why, in words; null for what is no such thing. */
function wordsOf(fact: Fact): string | null {
  switch (fact.type) {
    case "retry.decided":
    case "review.postponed":
      return fact.why;
    case "chunk.ended":
      return `the session reached its time limit: chunk ${fact.chunk + 1} goes on from its digest`;
    case "card.opened":
      return `a person was asked (${fact.card.id}): ${fact.card.context}`;
    case "card.answered":
      return `${fact.card} was answered ${fact.letter} by ${fact.by}`;
    case "task.parked":
      return `parked as a dead letter (${fact.why}); tried again at ${fact.retryAfter}${orSooner(fact.failure.class)}`;
    case "task.swept":
      return `taken up again: ${fact.why}`;
    case "task.reopened":
      return `tried again on request of ${fact.by}`;
    default:
      return null;
  }
}

/** What brings a dead letter back before its time. */
function orSooner(failureClass: string): string {
  return failureClass === "transient" ? " or when the breaker closes" : "";
}
