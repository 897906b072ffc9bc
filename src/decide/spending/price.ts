import { pricedName, tokenCost, type TokenRate } from "../../kernel/token-cost.ts";
import { roundUsd, type Usage } from "../../model/outcome.ts";
import type { Price } from "../../model/prices.ts";

/**
 * The price of a model on a day (ISO 8601), null when the table does not have it: a price is never guessed from a similar name. A name
 * with a provider in front (`openai/…`) or a snapshot's day behind (`…-2026-04-23`) is the same model. A day before all of its dates
 * takes the earliest: the date says when the price was read, not since when it holds.
 */
export function priceOf(prices: readonly Price[], model: string, at: string): Price | null {
  const name = pricedName(model);
  const own = prices.filter((price) => price.model.toLowerCase() === name);
  const sorted = own.toSorted((a, b) => a.date.localeCompare(b.date));
  return sorted.findLast((price) => price.date <= at.slice(0, 10)) ?? sorted[0] ?? null;
}

/** What tokens cost at a price, in USD. `cachedInputTokens` are part of the input, reasoning tokens part of the output. */
export function costOf(usage: Usage, price: Price): number {
  return roundUsd(tokenCost(usage, price));
}

/** Own prices over others: a model that has an own row has no other. */
export function mergePrices(own: readonly Price[], others: readonly Price[]): Price[] {
  const named = new Set(own.map((price) => price.model.toLowerCase()));
  return [...own, ...others.filter((price) => !named.has(price.model.toLowerCase()))];
}

/** The prices of a day by plain model name, for whoever counts while a session goes on. */
export function ratesOf(prices: readonly Price[], at: string): Record<string, TokenRate> {
  const rates: Record<string, TokenRate> = {};
  for (const { model } of prices) {
    const price = priceOf(prices, model, at);
    if (price === null) continue;
    const { input, cachedInput, output } = price;
    rates[pricedName(model)] = { input, output, ...(cachedInput === undefined ? {} : { cachedInput }) };
  }
  return rates;
}
