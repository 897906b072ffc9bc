import type { Failure } from "../../model/outcome.ts";
import type { Fact, Feedback } from "../../model/record.ts";
import type { ChunkCount, Task } from "../../model/task.ts";
import { answerAsk } from "../cards/asks.ts";
import { isLogic } from "./cures.ts";
import { chunkFeedback, feedbackFor } from "../feedback.ts";
import { amendments } from "../review/spec-challenge.ts";
import { isStuck, stuckFeedback } from "../limits/stuck-words.ts";
import { grantedFeedback, grantRound, NO_LOOP } from "../review/fold.ts";

/** A task that no session was cut of. */
export const NO_CHUNKS: ChunkCount = { line: 0, breaks: 0, idle: 0, last: null };

/** The fold of an answered card. */
export function answerCard(task: Task, fact: Extract<Fact, { type: "card.answered" }>, at: string): Task {
  if (task.state.at !== "blocked") return task;
  const { card, before, failure } = task.state;
  if (before.at === "running") return answerAsk(task, task.state, fact);
  const effect = card.options.find((option) => option.letter === fact.letter)?.effect ?? "give-up";
  const note = fact.note === "" ? null : ({ from: "user", text: fact.note } as const);
  if (effect === "retry") return openAgain(task, at, withCause(task, failure, note));
  if (effect === "one-more-round" && before.at === "reviewed") {
    return { ...openAgain(task, at, grantedFeedback(before.feedback, fact.note)), loop: grantRound(task) };
  }
  if (effect === "go-on" && before.at === "attempted") {
    const told = note ?? before.feedback;
    const feedback = isStuck(failure.code) ? stuckFeedback(task, failure, told) : chunkFeedback(before.left, told);
    const chunks = { ...task.chunks, line: task.chunks.line + 1, breaks: 0, idle: 0, last: before.left };
    return { ...openAgain(task, at, feedback), chunks };
  }
  if (effect === "accept-order") return openAgain(task, at, note);
  if (effect === "amend-order") {
    const text = amendments(task.spec?.challenges ?? []);
    return openAgain(task, at, { from: "user", text: fact.note === "" ? text : `${text}\n\n${fact.note}` });
  }
  if (effect === "keep-partial" && before.at === "attempted") {
    // What was spent is settled: it counts against no budget any more.
    const outcome = { ...before.outcome, failure: null };
    return { ...task, opened: task.attempts.length, state: { ...before, outcome } };
  }
  const candidate = "candidate" in before ? before.candidate : null;
  if (effect === "give-up" || candidate === null || !("attempt" in before)) {
    return { ...task, state: { at: "given-up", failure } };
  }
  const kept = { attempt: before.attempt, candidate };
  if (effect === "accept-change") return { ...task, state: { at: "sealed", ...kept, failure: null } };
  if (effect === "review-again") return { ...task, state: { at: "verified", ...kept, failure: null } };
  if (effect === "keep-branch") {
    const outcome = { kind: "kept", commit: candidate.commit, why: "left on its branch by decision" } as const;
    return { ...task, state: { at: "merged", ...kept, outcome } };
  }
  return { ...task, state: { at: "reviewed", ...kept, feedback: null, failure: null } };
}

/** The fold of a retry that a person asked for. */
export function reopen(task: Task, fact: Extract<Fact, { type: "task.reopened" }>, at: string): Task {
  if (task.state.at !== "ended" && task.state.at !== "blocked" && task.state.at !== "dead") return task;
  const feedback = task.left === null ? fact.feedback : chunkFeedback(task.left, fact.feedback);
  const { session } = fact;
  const fresh = { rounds: [], loop: NO_LOOP, verification: [] };
  return { ...openAgain(task, at, feedback), ...fresh, session, cancelRequested: false };
}

/** A person lets the task have another go: what was counted against its limits is forgotten. */
function openAgain(task: Task, at: string, feedback: Feedback | null): Task {
  return {
    ...task,
    retries: {},
    chunks: { ...NO_CHUNKS, last: task.chunks.last },
    opened: task.attempts.length,
    spec: task.spec === null ? null : { ...task.spec, decided: true },
    parked: null,
    state: { at: "queued", notBefore: at, feedback },
  };
}

/** A note of a person together with what was wrong with the work that it is about. */
function withCause(task: Task, failure: Failure, note: Feedback | null): Feedback | null {
  const cause = isLogic(failure.code) ? feedbackFor(task, failure, "normal") : null;
  if (note === null || cause === null) return note ?? cause;
  return { ...note, before: { from: cause.from, text: cause.text } };
}
