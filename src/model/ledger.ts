import * as z from "zod";
import { usageSchema } from "./outcome.ts";

const CALL_ROLES = ["worker", "reviewer", "judge", "expert", "planner"] as const;

/**
 * One call of a model that is no attempt, as facts keep it. `usage.usd` is what the called program itself reports.
 * `outcome`: `ok`, or the code of the error.
 */
export const callSchema = z.strictObject({
  role: z.enum(CALL_ROLES),
  model: z.string().nullable(),
  effort: z.string().nullable().optional(),
  usage: usageSchema,
  outcome: z.string(),
});

/** Place of a line that is derived from the journal: number of the journal line, and number among its lines. */
const place = { seq: z.int().nonnegative(), part: z.int().nonnegative() };

/** One row of `.cco/ledger.jsonl` (contract, `cco.ledger/1`): one call of a model. Tokens of a killed call are those that are known. */
export const ledgerRowSchema = z.object({
  ...place,
  at: z.string(),
  run: z.string().nullable(),
  task: z.string().nullable(),
  attempt: z.number().nullable(),
  role: z.enum(CALL_ROLES),
  model: z.string().nullable(),
  effort: z.string().nullable(),
  inputTokens: z.number(),
  cachedInputTokens: z.number(),
  outputTokens: z.number(),
  /** Part of `outputTokens`. */
  reasoningTokens: z.number(),
  /** null: nobody knows a price. */
  usd: z.number().nullable(),
  outcome: z.string(),
  /** Row of the price table that was used: `model@date`; null where the called program reported the cost or there is no price. */
  price: z.string().nullable(),
  /** True for an attempt after one that did not succeed; the next chunk of long work is none. */
  retry: z.boolean(),
  /** Working time; null where it is not known. */
  ms: z.number().nullable(),
  /** Size of the rendered prompt; `tokens` is an estimate. */
  prompt: z.object({ bytes: z.number(), tokens: z.number() }).nullable(),
});

/** One row of `.cco/outcomes.jsonl`: a task that has ended, with everything that was spent on it. */
export const taskOutcomeSchema = z.object({
  ...place,
  at: z.string(),
  run: z.string(),
  task: z.string(),
  status: z.string(),
  /** Error code of a task that was not accepted. */
  code: z.string().nullable(),
  /** Kind of work in the decision matrix of routing; history is compared within a kind. */
  kind: z.string(),
  /** Effort of each attempt, in order. */
  efforts: z.array(z.string()),
  inputTokens: z.number(),
  cachedInputTokens: z.number(),
  outputTokens: z.number(),
  /** Sum of what is known to have cost money. */
  usd: z.number(),
  /** Working time of all attempts. */
  ms: z.number(),
  /** Calls of tools of all attempts, without those that only waited. */
  toolCalls: z.number().optional(),
});

const spentSchema = z.object({
  calls: z.number(),
  inputTokens: z.number(),
  cachedInputTokens: z.number(),
  outputTokens: z.number(),
  reasoningTokens: z.number(),
  /** Of the calls that have a price. */
  usd: z.number(),
  /** Calls without a price. */
  unpriced: z.number(),
});

/** `cco.ledger/1`. */
export const ledgerResultSchema = z.object({
  schema: z.literal("cco.ledger/1"),
  /** `project`: its root, where rows of several are listed. */
  rows: z.array(ledgerRowSchema.extend({ project: z.string().optional() })),
  by: z.string(),
  groups: z.array(spentSchema.extend({ key: z.string() })),
  total: spentSchema,
  shares: z.array(z.object({ name: z.string(), percent: z.number(), target: z.number() })),
  /** What the shares are parts of. */
  sharesOf: z.enum(["usd", "tokens"]),
  perAccepted: z.object({ tasks: z.number(), tokens: z.number(), usd: z.number() }).nullable(),
});

export type Call = z.infer<typeof callSchema>;
export type LedgerRow = z.infer<typeof ledgerRowSchema>;
export type TaskOutcome = z.infer<typeof taskOutcomeSchema>;
