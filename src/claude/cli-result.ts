import * as z from "zod";
import { roundUsd, type Usage } from "../model/outcome.ts";
import { parseJson } from "../kernel/json.ts";

const count = z.number().catch(0).default(0);
const modelUsageSchema = z.looseObject({
  inputTokens: count,
  outputTokens: count,
  cacheReadInputTokens: count,
  cacheCreationInputTokens: count,
  thinkingTokens: count,
  costUSD: count,
});

/** The one JSON document of `--output-format json`, read as far as it is needed. `subtype` is "success" for API failures too. */
const cliResultSchema = z.looseObject({
  type: z.literal("result"),
  subtype: z.string().catch("").default(""),
  is_error: z.boolean(),
  api_error_status: z.number().nullable().catch(null).default(null),
  api_error: z.string().nullable().catch(null).default(null),
  terminal_reason: z.string().nullable().catch(null).default(null),
  stop_reason: z.string().nullable().catch(null).default(null),
  result: z.string().catch("").default(""),
  errors: z.array(z.string()).catch([]).default([]),
  structured_output: z.unknown().optional(),
  total_cost_usd: count,
  modelUsage: z.record(z.string(), modelUsageSchema).catch({}).default({}),
});

export type CliResult = z.infer<typeof cliResultSchema>;

/** The result document on stdout, or null: a killed or misused Claude Code prints none. Other lines before it are skipped. */
export function readCliResult(stdout: string): CliResult | null {
  const lines = stdout.split("\n").filter((line) => line.trimStart().startsWith("{"));
  for (const text of [stdout, ...lines.reverse()]) {
    const parsed = cliResultSchema.safeParse(parseJson(text));
    if (parsed.success) return parsed.data;
  }
  return null;
}

/** What the session said of itself in words: the text of a success or an API failure, the errors of the other endings. */
export function wordsOf(result: CliResult): string {
  return result.errors.length > 0 ? result.errors.join("; ") : result.result;
}

/** Tokens of all models together; input counts cache reads and writes. Money is Claude Code's own estimate at list prices. */
export function usageOf(result: CliResult): Usage {
  const sum = {
    inputTokens: 0,
    cachedInputTokens: 0,
    outputTokens: 0,
    reasoningTokens: 0,
    usd: roundUsd(result.total_cost_usd),
  };
  for (const model of Object.values(result.modelUsage)) {
    sum.inputTokens += model.inputTokens + model.cacheReadInputTokens + model.cacheCreationInputTokens;
    sum.cachedInputTokens += model.cacheReadInputTokens;
    sum.outputTokens += model.outputTokens;
    sum.reasoningTokens += model.thinkingTokens;
  }
  return sum;
}

/** The model that did most of the work, by money and then by output; null when none answered. */
export function mainModelOf(result: CliResult): string | null {
  const models = Object.entries(result.modelUsage);
  models.sort(([, a], [, b]) => b.costUSD - a.costUSD || b.outputTokens - a.outputTokens);
  return models[0]?.[0] ?? null;
}
