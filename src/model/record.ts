import * as z from "zod";
import { askReplySchema, askSchema } from "./ask.ts";
import { cardSchema } from "./card.ts";
import { DEAD_PRIORITIES } from "./dead-letter.ts";
import { EFFORTS, envelopeSchema } from "./envelope.ts";
import { callSchema } from "./ledger.ts";
import { diagnosisSchema } from "./judgment.ts";
import { leftoverSchema } from "./leftover.ts";
import { baseSchema, dispatchOptionsSchema, sessionSchema } from "./options.ts";
import { attemptOutcomeSchema, failureSchema, usageSchema } from "./outcome.ts";
import { reviewRoundSchema } from "./review.ts";
import { specCheckSchema } from "./spec-challenge.ts";
import { candidateSchema, verifyResultSchema } from "./verification.ts";

/**
 * Where feedback comes from. `chunk`: the session before ended at its soft limit; `interrupted`: it was cut off by something else; `stuck`: it
 * was stopped because it got nowhere. Those go on with the work; the others begin a new line of it.
 */
const FEEDBACK_SOURCES = [
  "verification",
  "review",
  "scope",
  "retreat",
  "nothing-changed",
  "report",
  "user",
  "failure",
  "chunk",
  "interrupted",
  "overflow",
  "stuck",
] as const;

/** How much of the order a session gets that is to need less than the ones before it; absent: all. */
const ORDER_PARTS = ["repair", "reduced", "minimal"] as const;

const feedbackPart = { from: z.enum(FEEDBACK_SOURCES), text: z.string() };

/**
 * What a fresh attempt is told about the one before it; `text` is bounded and goes into the prompt verbatim. `before`: what its line of
 * work was told at its beginning and still has to deal with, when sessions were cut since.
 */
export const feedbackSchema = z.strictObject({
  ...feedbackPart,
  before: z.strictObject(feedbackPart).optional(),
  order: z.enum(ORDER_PARTS).optional(),
});

/** Where an attempt works: absolute path of the work tree; branch is null in the local lane. */
export const placeSchema = z.strictObject({ path: z.string(), branch: z.string().nullable() });

const task = z.string();
const attempt = z.int().positive();

/** How a merge ended. `kept`: left on its branch on purpose (--no-merge, local lane, detached HEAD). */
export const mergeOutcomeSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("merged"), commit: z.string(), branch: z.string() }),
  z.strictObject({ kind: z.literal("kept"), commit: z.string(), why: z.string() }),
  z.strictObject({
    kind: z.literal("blocked"),
    commit: z.string(),
    files: z.array(z.string()),
    failure: failureSchema,
  }),
  z.strictObject({ kind: z.literal("failed"), failure: failureSchema }),
]);

export const END_STATUSES = ["accepted", "failed", "cancelled", "dead"] as const;

/** The body of a journal line: one fact, past tense. Unknown types stop the fold (BOARD_VERSION). */
export const factSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("engine.started"), pid: z.number(), version: z.string() }),
  z.strictObject({ type: z.literal("engine.stopped"), pid: z.number(), why: z.string() }),
  z.strictObject({ type: z.literal("command.done"), command: z.string() }),
  z.strictObject({ type: z.literal("command.refused"), command: z.string(), code: z.string(), message: z.string() }),
  z.strictObject({
    type: z.literal("task.submitted"),
    task,
    run: z.string(),
    envelope: envelopeSchema,
    options: dispatchOptionsSchema,
    base: baseSchema,
    session: sessionSchema,
  }),
  z.strictObject({
    type: z.literal("attempt.started"),
    task,
    attempt,
    place: placeSchema,
    /** Commit against which the change is measured. */
    base: z.string(),
    feedback: feedbackSchema.nullable(),
    /** Effort that the worker is started with, and the reasons for it in words. */
    effort: z.enum(EFFORTS).optional(),
    reasons: z.array(z.string()).optional(),
  }),
  z.strictObject({
    type: z.literal("attempt.ended"),
    task,
    attempt,
    outcome: attemptOutcomeSchema,
    /** Only of an attempt that was cut short. */
    left: leftoverSchema.optional(),
  }),
  z.strictObject({
    type: z.literal("chunk.ended"),
    task,
    attempt,
    /** Number of the chunk in its line of work. */
    chunk: z.int().positive(),
    /** False when neither the work tree nor the worker's plan had moved since the chunk before. */
    progress: z.boolean(),
    feedback: feedbackSchema,
  }),
  z.strictObject({
    type: z.literal("candidate.sealed"),
    task,
    attempt,
    candidate: candidateSchema,
    failure: failureSchema.nullable(),
  }),
  z.strictObject({
    type: z.literal("verification.ended"),
    task,
    attempt,
    commit: z.string(),
    results: z.array(verifyResultSchema),
    failure: failureSchema.nullable(),
  }),
  z.strictObject({
    type: z.literal("review.ended"),
    task,
    attempt,
    round: reviewRoundSchema.nullable(),
    feedback: z.string().nullable(),
    /** Sum of `calls`. */
    usage: usageSchema,
    failure: failureSchema.nullable(),
    /** Every call of a model that the review made: reviewer, judge, expert. */
    calls: z.array(callSchema).optional(),
    /** The change with the reviewer's tests in it, where they stay as regression tests. */
    candidate: candidateSchema.optional(),
  }),
  z.strictObject({
    type: z.literal("diagnosis.ended"),
    task,
    attempt,
    /** Round that led to it. */
    round: z.int().positive(),
    /** null when the expert had no answer; `failure` says why. */
    diagnosis: diagnosisSchema.nullable(),
    usage: usageSchema,
    failure: failureSchema.nullable(),
    calls: z.array(callSchema).optional(),
  }),
  /** A call that belongs to no attempt and no review of a task: a plan, a review of a change that cco did not make. `about`: a task, or null. */
  z.strictObject({ type: z.literal("call.noted"), about: z.string().nullable(), call: callSchema }),
  z.strictObject({
    type: z.literal("spec.challenged"),
    task,
    spec: specCheckSchema,
    usage: usageSchema,
    calls: z.array(callSchema),
  }),
  z.strictObject({ type: z.literal("merge.started"), task, attempt, commit: z.string() }),
  z.strictObject({
    type: z.literal("merge.ended"),
    task,
    attempt,
    outcome: mergeOutcomeSchema,
    /** The change after a rebase; null when the base had not moved. */
    candidate: candidateSchema.nullable(),
    /** Results of the checks after the rebase; empty when the base had not moved. */
    results: z.array(verifyResultSchema),
  }),
  z.strictObject({
    type: z.literal("retry.decided"),
    task,
    /** Earliest start, ISO 8601. */
    notBefore: z.string(),
    feedback: feedbackSchema.nullable(),
    /** Code that caused it; retries are counted per code. */
    cause: z.string(),
    why: z.string(),
  }),
  /** The worker is at step `n` of `of` of its own plan; `k` counts what was seen of the plan in this attempt. */
  z.strictObject({
    type: z.literal("step.reached"),
    task,
    attempt,
    k: z.int().positive(),
    n: z.int().positive(),
    of: z.int().positive(),
    text: z.string(),
  }),
  /** Nothing was heard of a task by the time at which something had to be. `at`: state it hangs in. */
  z.strictObject({ type: z.literal("event.missing"), task, state: z.string(), why: z.string() }),
  /** The breaker of the workers' account opened or closed, as this project first saw it. */
  z.strictObject({ type: z.literal("breaker.turned"), open: z.boolean(), why: z.string() }),
  z.strictObject({
    type: z.literal("review.postponed"),
    task,
    attempt,
    /** When the reviewer is asked again at the earliest, ISO 8601. */
    notBefore: z.string(),
    /** Code that caused it and is counted; `breaker`: it was not asked at all, which spends nothing. */
    cause: z.string(),
    why: z.string(),
  }),
  z.strictObject({
    type: z.literal("task.parked"),
    task,
    failure: failureSchema,
    feedback: feedbackSchema.nullable(),
    priority: z.enum(DEAD_PRIORITIES),
    /** When it is tried again by itself, ISO 8601. */
    retryAfter: z.string(),
    why: z.string(),
  }),
  /** A cap is spent to half, or further, as it was told once; `keys`: what is not told again. */
  z.strictObject({ type: z.literal("cap.told"), keys: z.array(z.string()), why: z.string() }),
  /** A cap that is used up holds work up, and a person is asked. `by`: what the card's option A grants. Answered by `card.answered` without a task. */
  z.strictObject({ type: z.literal("cap.asked"), key: z.string(), by: z.number(), card: cardSchema }),
  /** What waited for a cap was cancelled, as its card said. */
  z.strictObject({ type: z.literal("cap.cancelled"), key: z.string() }),
  z.strictObject({ type: z.literal("task.swept"), task, why: z.string() }),
  z.strictObject({ type: z.literal("card.opened"), card: cardSchema, failure: failureSchema }),
  z.strictObject({
    type: z.literal("card.answered"),
    card: z.string(),
    task,
    letter: z.string(),
    by: z.string(),
    note: z.string(),
  }),
  /** An attached worker asked something, and how that was answered where no card was needed. */
  z.strictObject({ type: z.literal("worker.asked"), task, attempt, ask: askSchema }),
  z.strictObject({ type: z.literal("ask.answered"), task, attempt, n: z.int().positive(), reply: askReplySchema }),
  /** Somebody told the worker something, as the `k`th time in this attempt. */
  z.strictObject({
    type: z.literal("steer.requested"),
    task,
    attempt,
    k: z.int().positive(),
    text: z.string(),
    by: z.string(),
  }),
  z.strictObject({ type: z.literal("cancel.requested"), task, by: z.string() }),
  z.strictObject({
    type: z.literal("task.reopened"),
    task,
    feedback: feedbackSchema.nullable(),
    by: z.string(),
    session: sessionSchema,
  }),
  z.strictObject({
    type: z.literal("task.ended"),
    task,
    status: z.enum(END_STATUSES),
    failure: failureSchema.nullable(),
    summary: z.string(),
  }),
]);

/**
 * A journal line: a fact with its number (gapless from 1) and its time (ISO 8601). `more`: the next line belongs to the same batch;
 * a batch that a crash cut off counts for nothing.
 */
export const recordSchema = z.strictObject({
  v: z.literal(1),
  seq: z.int().positive(),
  at: z.string(),
  more: z.literal(true).optional(),
  fact: factSchema,
});

export type Fact = z.infer<typeof factSchema>;
export type JournalRecord = z.infer<typeof recordSchema>;
export type Feedback = z.infer<typeof feedbackSchema>;
export type Place = z.infer<typeof placeSchema>;
export type MergeOutcome = z.infer<typeof mergeOutcomeSchema>;
export type EndStatus = (typeof END_STATUSES)[number];
