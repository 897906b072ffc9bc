import * as z from "zod";
import { talkSchema } from "./ask.ts";
import { cardSchema } from "./card.ts";
import { DEAD_PRIORITIES } from "./dead-letter.ts";
import { EFFORTS, envelopeSchema } from "./envelope.ts";
import { specCheckSchema } from "./spec-challenge.ts";
import { stepSchema } from "./step.ts";
import { diagnosisSchema } from "./judgment.ts";
import { leftoverSchema } from "./leftover.ts";
import { baseSchema, dispatchOptionsSchema, sessionSchema } from "./options.ts";
import { attemptOutcomeSchema, failureSchema, usageSchema } from "./outcome.ts";
import { END_STATUSES, feedbackSchema, mergeOutcomeSchema, placeSchema } from "./record.ts";
import { reviewRoundSchema } from "./review.ts";
import type { Task, TaskState } from "./task.ts";
import { candidateSchema, verifyResultSchema } from "./verification.ts";

const attempt = z.int().positive();
const failure = failureSchema.nullable();
const candidate = candidateSchema;

const taskStateSchema: z.ZodType<TaskState> = z.lazy(() =>
  z.discriminatedUnion("at", [
    z.strictObject({ at: z.literal("queued"), notBefore: z.string(), feedback: feedbackSchema.nullable() }),
    z.strictObject({ at: z.literal("running"), attempt, place: placeSchema, feedback: feedbackSchema.nullable() }),
    z.strictObject({
      at: z.literal("attempted"),
      attempt,
      outcome: attemptOutcomeSchema,
      feedback: feedbackSchema.nullable(),
      left: leftoverSchema.nullable(),
    }),
    z.strictObject({ at: z.literal("sealed"), attempt, candidate, failure }),
    z.strictObject({
      at: z.literal("verified"),
      attempt,
      candidate,
      failure,
      postponed: z.exactOptional(
        z.strictObject({ notBefore: z.string(), why: z.string(), by: z.enum(["retry", "breaker"]) }),
      ),
    }),
    z.strictObject({ at: z.literal("reviewed"), attempt, candidate, feedback: z.string().nullable(), failure }),
    z.strictObject({ at: z.literal("merging"), attempt, candidate }),
    z.strictObject({ at: z.literal("merged"), attempt, candidate, outcome: mergeOutcomeSchema }),
    z.strictObject({ at: z.literal("blocked"), card: cardSchema, failure: failureSchema, before: taskStateSchema }),
    z.strictObject({ at: z.literal("given-up"), failure: failureSchema }),
    z.strictObject({
      at: z.literal("dead"),
      failure: failureSchema,
      feedback: feedbackSchema.nullable(),
      priority: z.enum(DEAD_PRIORITIES),
      parkedAt: z.string(),
      retryAfter: z.string(),
    }),
    z.strictObject({ at: z.literal("ended"), status: z.enum(END_STATUSES), failure, summary: z.string() }),
  ]),
);

/** A task of the fold as it is kept on disk. */
export const taskSchema: z.ZodType<Task> = z.strictObject({
  id: z.string(),
  run: z.string(),
  session: sessionSchema,
  envelope: envelopeSchema,
  options: dispatchOptionsSchema,
  base: baseSchema,
  submittedAt: z.string(),
  updatedAt: z.string(),
  state: taskStateSchema,
  place: placeSchema.nullable(),
  workBase: z.string().nullable(),
  attempts: z.array(
    z.strictObject({
      attempt,
      startedAt: z.string(),
      endedAt: z.string().nullable(),
      outcome: attemptOutcomeSchema.nullable(),
      failure,
      effort: z.exactOptional(z.enum(EFFORTS)),
    }),
  ),
  verification: z.array(verifyResultSchema),
  rounds: z.array(reviewRoundSchema),
  loop: z.strictObject({
    until: z.number(),
    diagnosed: z.number().nullable(),
    diagnosis: diagnosisSchema.nullable(),
  }),
  usage: usageSchema,
  candidate: candidateSchema.nullable(),
  cancelRequested: z.boolean(),
  retries: z.record(z.string(), z.number()),
  chunks: z.strictObject({
    line: z.number(),
    breaks: z.number(),
    idle: z.number(),
    last: leftoverSchema.nullable(),
  }),
  left: leftoverSchema.nullable(),
  opened: z.number(),
  parked: z.strictObject({ since: z.string(), times: z.number(), priority: z.enum(DEAD_PRIORITIES) }).nullable(),
  tried: z.array(z.strictObject({ at: z.string(), attempt: z.number(), what: z.string() })),
  cards: z.number(),
  spec: z.strictObject({ ...specCheckSchema.shape, decided: z.boolean() }).nullable(),
  talk: talkSchema.optional(),
  step: stepSchema.extend({ k: z.number() }).optional(),
  mergedInto: z.exactOptional(z.string()),
  counted: z.exactOptional(z.strictObject({ week: z.string(), gated: z.boolean() })),
});
