import * as z from "zod";
import { repeatedSchema } from "./stuck.ts";
import { windowsReportSchema } from "./window.ts";

/** The three signals that make a success (mission, lesson 3). */
export const signalsSchema = z.strictObject({ exit: z.boolean(), turn: z.boolean(), sidecar: z.boolean() });

/** What the worker says of itself; null status = its first line follows no protocol. */
export const reportSchema = z.strictObject({
  status: z.enum(["COMPLETED", "FAILED", "BLOCKED"]),
  summary: z.string(),
});

/** Tokens and money of one call or of many added up. `usd` is 0 where no price is known. */
export const usageSchema = z.strictObject({
  inputTokens: z.number(),
  cachedInputTokens: z.number(),
  outputTokens: z.number(),
  reasoningTokens: z.number(),
  usd: z.number(),
});

/** Why something did not succeed, as it is shown in results (contract, `error`). Times are ISO 8601. */
export const failureSchema = z.strictObject({
  class: z.string(),
  code: z.string(),
  message: z.string(),
  /** The line or path that proves it. */
  evidence: z.string().nullable(),
  attempt: z.number().nullable(),
  retryAt: z.string().nullable(),
  next: z.string(),
});

/** How a worker process ended; the first reason wins (written once by the supervisor as exit.json). */
export const EXIT_REASONS = [
  "completed",
  "exit-code",
  "signal",
  "deadline",
  "soft-limit",
  "silent",
  "cancelled",
  "output-flood",
  "budget",
  "stuck",
  "spawn-failed",
  "lost",
] as const;

export const exitRecordSchema = z.strictObject({
  v: z.literal(1),
  reason: z.enum(EXIT_REASONS),
  code: z.number().nullable(),
  signal: z.string().nullable(),
  /** One sentence of detail, for example the system error of a failed spawn. */
  detail: z.string(),
  startedAt: z.string(),
  endedAt: z.string(),
  /** How much of the time between them questions to people were open, in ms: that was no work. Absent: none. */
  waitedMs: z.number().nonnegative().optional(),
});

/** Everything the engine knows of an attempt when its worker has ended (outcome.json). */
export const attemptOutcomeSchema = z.strictObject({
  signals: signalsSchema,
  report: reportSchema.nullable(),
  usage: usageSchema,
  exit: exitRecordSchema,
  threadId: z.string().nullable(),
  /** What the session itself says it ran with; null where it left no trace. */
  model: z.string().nullable(),
  effort: z.string().nullable().optional(),
  version: z.string().nullable(),
  toolCalls: z.number(),
  /** null = the three signals stand and the worker says COMPLETED, or in the cloud says nothing. */
  failure: failureSchema.nullable(),
  /** Warnings that did not decide anything: reconnects, denied commands the worker recovered from. */
  notes: z.array(z.string()),
  /** Row of the price table behind `usage.usd`, as `model@date`; null: the model has no price. */
  price: z.string().nullable().optional(),
  /** Size of the rendered prompt; `tokens` is an estimate on the safe side. */
  prompt: z.strictObject({ bytes: z.number(), tokens: z.number() }).optional(),
  /** What the provider said last of the account's credit windows; absent where it said nothing. */
  windows: windowsReportSchema.optional(),
  /** Calls without those that only waited or changed the worker's plan; absent where there is no session file. */
  workCalls: z.number().optional(),
  /** What it was stopped for doing again and again. */
  repeated: repeatedSchema.optional(),
});

export type Signals = z.infer<typeof signalsSchema>;
export type Report = z.infer<typeof reportSchema>;
export type Usage = z.infer<typeof usageSchema>;
export type Failure = z.infer<typeof failureSchema>;
export type ExitReason = (typeof EXIT_REASONS)[number];
export type ExitRecord = z.infer<typeof exitRecordSchema>;
export type AttemptOutcome = z.infer<typeof attemptOutcomeSchema>;

/** Nothing spent. */
export const NO_USAGE: Usage = { inputTokens: 0, cachedInputTokens: 0, outputTokens: 0, reasoningTokens: 0, usd: 0 };

/** US dollars without the noise of decimal fractions behind the eighth digit. */
export function roundUsd(usd: number): number {
  return Number(usd.toFixed(8));
}

/** Input and output tokens that were not read from a cache: what budgets count and what credits are spent on. */
export function freshTokens(usage: Pick<Usage, "inputTokens" | "cachedInputTokens" | "outputTokens">): number {
  return Math.max(0, usage.inputTokens - usage.cachedInputTokens) + usage.outputTokens;
}

/** Sum of two usages. */
export function addUsage(a: Usage, b: Usage): Usage {
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    cachedInputTokens: a.cachedInputTokens + b.cachedInputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    reasoningTokens: a.reasoningTokens + b.reasoningTokens,
    usd: roundUsd(a.usd + b.usd),
  };
}
