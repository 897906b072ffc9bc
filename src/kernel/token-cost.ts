/** What tokens cost, in USD per million. `cachedInput` absent: it costs as much as other input. */
export interface TokenRate {
  readonly input: number;
  readonly cachedInput?: number | undefined;
  readonly output: number;
}

/** Tokens of one or many answers. Cached input is part of the input. */
export interface TokenCount {
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  readonly outputTokens: number;
}

/** USD that tokens cost at a rate, unrounded. */
export function tokenCost(count: TokenCount, rate: TokenRate): number {
  const cached = Math.min(count.cachedInputTokens, count.inputTokens);
  const micro =
    (count.inputTokens - cached) * rate.input +
    cached * (rate.cachedInput ?? rate.input) +
    count.outputTokens * rate.output;
  return micro / 1e6;
}

/** Name by which a model is found in a price table: without a provider in front (`openai/…`) or the day of a snapshot behind. */
export function pricedName(model: string): string {
  return model
    .toLowerCase()
    .replace(/^[^/]*\//, "")
    .replace(/-\d{4}-\d{2}-\d{2}$/, "");
}
