import * as z from "zod";
import { failureSchema } from "./outcome.ts";
import { stepSchema } from "./step.ts";

export const TASK_STATUSES = ["accepted", "failed", "blocked", "dead", "cancelled", "running", "waiting"] as const;

/** One task in results (contract, "Result of a dispatch"). `usd` and tokens are sums over all attempts and reviews. */
export const taskResultSchema = z.strictObject({
  id: z.string(),
  status: z.enum(TASK_STATUSES),
  lane: z.string(),
  effort: z.string(),
  branch: z.string().nullable(),
  commit: z.string().nullable(),
  /** Commit against which the change is measured. */
  base: z.string().nullable(),
  attempts: z.number(),
  chunks: z.number(),
  signals: z.strictObject({ exit: z.boolean(), turn: z.boolean(), sidecar: z.boolean() }).nullable(),
  report: z.strictObject({ status: z.string(), summary: z.string() }).nullable(),
  verification: z.array(
    z.strictObject({
      criterion: z.string(),
      command: z.string(),
      exitCode: z.number().nullable(),
      durationMs: z.number(),
    }),
  ),
  review: z
    .strictObject({
      rounds: z.number(),
      valid: z.number(),
      partial: z.number(),
      noise: z.number(),
      converged: z.boolean(),
      /** (VALID + PARTIAL) / all of the last round in which reviewers were asked; under 0.2 their prompt is the likely fault. */
      substantiveRate: z.number().optional(),
    })
    .nullable(),
  error: failureSchema.nullable(),
  usage: z.strictObject({
    inputTokens: z.number(),
    cachedInputTokens: z.number(),
    outputTokens: z.number(),
    usd: z.number(),
  }),
  summary: z.string(),
  paths: z.strictObject({
    task: z.string(),
    lastMessage: z.string().nullable(),
    diff: z.string().nullable(),
    worktree: z.string().nullable(),
  }),
  /** What the task is doing now: `waiting`, `running`, `verifying`, `reviewing`, `merging`, `ended` … */
  phase: z.string(),
  waitingFor: z.string().optional(),
  /** True when it waits for something that does not change by itself: a failed dependency. */
  paused: z.boolean().optional(),
  card: z.string().optional(),
  /** Where the worker is in its own plan, while it works. */
  step: stepSchema.optional(),
  /** What was tried when something failed and what was decided, the latest last. */
  tried: z.array(z.strictObject({ at: z.string(), attempt: z.number(), what: z.string() })).optional(),
  run: z.string(),
  /** The Claude Code session that last asked for it, when one did. */
  session: z.string().optional(),
  startedAt: z.string(),
  updatedAt: z.string(),
});

/** `cco.result/1`. */
export const dispatchResultSchema = z.strictObject({
  schema: z.literal("cco.result/1"),
  run: z.string(),
  tasks: z.array(taskResultSchema),
});

export type TaskResult = z.infer<typeof taskResultSchema>;
export type TaskStatus = (typeof TASK_STATUSES)[number];
