import * as z from "zod";
import { CAP_NAMES, CAP_SCOPES } from "./cap.ts";

/** What a task may use: the parts of its envelope's budget. `minutes`: time at work. `tokens`: uncached input and output. */
export const BUDGET_KINDS = ["toolCalls", "tokens", "usd", "minutes"] as const;
export type BudgetKind = (typeof BUDGET_KINDS)[number];

/** One part of the budget of a task. */
const taskBudgetSchema = z.strictObject({
  task: z.string(),
  status: z.string(),
  kind: z.enum(BUDGET_KINDS),
  /** null: the envelope sets none. */
  limit: z.number().nullable(),
  /** By all sessions that count against it, the one under way included as far as it has told. */
  used: z.number(),
  /** Whole percent of the limit; null without one. */
  percent: z.number().nullable(),
  /** What half of such tasks use; null where nothing is expected of it. */
  estimate: z.number().nullable(),
});

/** A cap, or what was spent where none is set. */
const capSchema = z.strictObject({
  /** `user`: over all projects of this user. */
  scope: z.enum(CAP_SCOPES),
  name: z.enum(CAP_NAMES),
  /** With what was granted for this day or week; null: no cap. */
  limit: z.number().nullable(),
  /** Part of the limit that was granted for this day or week. */
  raised: z.number(),
  spent: z.number(),
  /** Whole percent of the limit; null without one. */
  percent: z.number().nullable(),
  /** ISO 8601. */
  resetsAt: z.string(),
  /** Open card about it. */
  card: z.string().nullable(),
});

/** `cco.budget/1`. */
export const budgetResultSchema = z.strictObject({
  schema: z.literal("cco.budget/1"),
  caps: z.array(capSchema),
  tasks: z.array(taskBudgetSchema),
});

export type BudgetResult = z.infer<typeof budgetResultSchema>;
export type TaskBudget = z.infer<typeof taskBudgetSchema>;
export type CapLine = z.infer<typeof capSchema>;
