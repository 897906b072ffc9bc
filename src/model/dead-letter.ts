import * as z from "zod";
import { failureSchema } from "./outcome.ts";

/** How soon a dead letter is tried again: `high` others wait for it, `low` it is small and nobody waits. */
export const DEAD_PRIORITIES = ["high", "medium", "low"] as const;
export type DeadPriority = (typeof DEAD_PRIORITIES)[number];

/** `dead-letters/<task>.json`: a task that is parked for a later retry. Times are ISO 8601. */
export const deadLetterSchema = z.strictObject({
  schema: z.literal("cco.dead-letter/1"),
  task: z.string(),
  priority: z.enum(DEAD_PRIORITIES),
  /** When it was parked first; what comes after the last retry that a person asked for. */
  parkedAt: z.string(),
  /** When it is tried again by itself. */
  retryAfter: z.string(),
  /** Worker processes so far. */
  attempts: z.int().nonnegative(),
  failure: failureSchema,
  /** What was tried, how far it came and what a retry starts from. */
  summary: z.string(),
});

export type DeadLetter = z.infer<typeof deadLetterSchema>;
