import * as z from "zod";

/** A file or folder that has to be there to go on: absolute, or relative to the blackboard. `commit`: what its branch holds. */
const artifactSchema = z.strictObject({ path: z.string(), commit: z.string().optional() });

/**
 * `tasks/<id>/checkpoint.json`: where a task stands, for whoever starts cold. One per task, rewritten at the end of each phase
 * and chunk, removed when the task ends. The journal decides; this says the same in few lines. Times are ISO 8601.
 */
export const checkpointSchema = z.strictObject({
  v: z.literal(1),
  task: z.string(),
  /** The attempt that was the last when it was written. */
  attempt: z.int().nonnegative(),
  /** What comes next. */
  phase: z.enum(["working", "verifying", "reviewing", "merging"]),
  /** How far the phase is, in words. */
  step: z.string(),
  completed: z.array(z.string()),
  next: z.string(),
  artifacts: z.array(artifactSchema),
  /** What the next session is told of the one before; null when that one ended by itself. */
  digest: z.string().nullable(),
  /** Spent so far by workers and reviewers. */
  cost: z.strictObject({
    inputTokens: z.number(),
    cachedInputTokens: z.number(),
    outputTokens: z.number(),
    usd: z.number(),
  }),
  updatedAt: z.string(),
});

export type Checkpoint = z.infer<typeof checkpointSchema>;
