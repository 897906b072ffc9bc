import { tailOf } from "../../kernel/text.ts";
import { addUsage } from "../../model/outcome.ts";
import type { Fact, Feedback } from "../../model/record.ts";
import type { ReviewLoop, Task } from "../../model/task.ts";
import { FEEDBACK_LIMIT } from "../feedback.ts";

type FactOf<T extends Fact["type"]> = Extract<Fact, { type: T }>;

/** The loop of a task that was not reviewed yet. */
export const NO_LOOP: ReviewLoop = { until: 0, diagnosed: null, diagnosis: null };

/** A round ended. One that ended after a cancel was paid for all the same. */
export function endReview(task: Task, fact: FactOf<"review.ended">): Task {
  const { state } = task;
  const usage = addUsage(task.usage, fact.usage);
  if (state.at !== "sealed" && state.at !== "verified") return { ...task, usage };
  const candidate = fact.candidate ?? state.candidate;
  const { feedback, failure } = fact;
  return {
    ...task,
    candidate,
    rounds: fact.round === null ? task.rounds : [...task.rounds, fact.round],
    usage,
    state: { at: "reviewed", attempt: state.attempt, candidate, feedback, failure },
  };
}

/** An expert was asked, with or without an answer; it is asked once per opening of the loop. */
export function endDiagnosis(task: Task, fact: FactOf<"diagnosis.ended">): Task {
  const paid = { ...task, usage: addUsage(task.usage, fact.usage) };
  if (task.state.at !== "reviewed") return paid;
  return { ...paid, loop: { ...task.loop, diagnosed: fact.round, diagnosis: fact.diagnosis } };
}

/** A person allows one more round. */
export function grantRound(task: Task): ReviewLoop {
  return { ...task.loop, until: task.rounds.length + 1 };
}

/** What the attempt of that round is told: the person's words first, then what still fails. */
export function grantedFeedback(open: string | null, note: string): Feedback | null {
  const text = [note, open ?? ""].filter((part) => part !== "").join("\n\n");
  if (text === "") return null;
  return { from: note === "" ? "review" : "user", text: tailOf(text, FEEDBACK_LIMIT) };
}

/** The order was attacked, with or without an answer. Open points wait for a person. */
export function noteSpec(task: Task, fact: FactOf<"spec.challenged">): Task {
  const { spec } = fact;
  const usage = addUsage(task.usage, fact.usage);
  return { ...task, usage, spec: { ...spec, decided: spec.challenges.length === 0 } };
}
