import type { AttemptBudget } from "../ports/worker.ts";
import type { TokenRate } from "../kernel/token-cost.ts";
import type { CallMarks } from "./call-watch.ts";
import type { MeterMarks, Place } from "./meter.ts";

// By hand, like the rest of command.json: the supervisor does without the weight of a schema library.

/** The meter of command.json: undefined when it is absent, null when it is not of the form. */
export function parseMeter(given: unknown): MeterMarks | null | undefined {
  if (given === undefined) return undefined;
  if (!isObject(given) || typeof given["prefix"] !== "string") return null;
  const { prefix, call, totals, names } = given;
  const model = parsePlace(given["model"]);
  const places = Array.isArray(totals) ? totals.map(parsePlace) : [null];
  if (!isObject(call) || !isObject(names) || model === null) return null;
  const { all, none } = call;
  const { input, cached, output } = names;
  if (!isTexts(all) || !isTexts(none) || !isTexts([input, cached, output])) return null;
  const found = places.filter((place) => place !== null);
  const calls = parseCalls(given["calls"]);
  if (found.length < places.length || calls === null) return null;
  return {
    prefix,
    call: { all, none },
    totals: found,
    model,
    names: { input: String(input), cached: String(cached), output: String(output) },
    ...(calls === undefined ? {} : { calls }),
  };
}

function parseCalls(given: unknown): CallMarks | null | undefined {
  if (given === undefined) return undefined;
  if (!isObject(given) || !isObject(given["result"])) return null;
  const { all, none } = given["result"];
  const { id, tool, given: keys, came, waits, pauses, sleeps, aside, noise, fresh, over } = given;
  if (!isTexts(all) || !isTexts(none) || !isTexts(id) || !isTexts(tool) || !isTexts(came)) return null;
  if (!Array.isArray(keys) || !keys.every(isTexts) || typeof over !== "string") return null;
  if (!isTexts(pauses) || !isTexts(sleeps) || !sleeps.every(isPattern)) return null;
  if (!isTexts(waits) || !isTexts(aside) || !isTexts(fresh) || !isTexts(noise) || !noise.every(isPattern)) return null;
  return { result: { all, none }, id, tool, given: keys, came, waits, pauses, sleeps, aside, noise, fresh, over };
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text, "gm").flags === "gm";
  } catch {
    // Not of the syntax.
    return false;
  }
}

/** The budget of its limits: undefined when it is absent, null when it is not of the form. */
export function parseBudget(given: unknown): AttemptBudget | null | undefined {
  if (given === undefined) return undefined;
  if (!isObject(given)) return null;
  const [toolCalls, tokens, usd] = [given["toolCalls"], given["tokens"], given["usd"]].map(parsePart);
  const rates = parseRates(given["rates"]);
  if (toolCalls === null || tokens === null || usd === null || rates === null) return null;
  return {
    ...(toolCalls === undefined ? {} : { toolCalls }),
    ...(tokens === undefined ? {} : { tokens }),
    ...(usd === undefined ? {} : { usd }),
    ...(rates === undefined ? {} : { rates }),
  };
}

function parsePart(given: unknown): { left: number; of: number } | null | undefined {
  if (given === undefined) return undefined;
  if (!isObject(given)) return null;
  const { left, of } = given;
  return isNumber(left) && isNumber(of) ? { left, of } : null;
}

export function parseRates(given: unknown): Record<string, TokenRate> | null | undefined {
  if (given === undefined) return undefined;
  if (!isObject(given)) return null;
  const rates: Record<string, TokenRate> = {};
  for (const [name, rate] of Object.entries(given)) {
    if (!isObject(rate)) return null;
    const { input, cachedInput, output } = rate;
    if (!isNumber(input) || !isNumber(output)) return null;
    rates[name] = { input, output, ...(isNumber(cachedInput) ? { cachedInput } : {}) };
  }
  return rates;
}

function parsePlace(given: unknown): Place | null {
  if (!isObject(given)) return null;
  const { line, at } = given;
  return typeof line === "string" && isTexts(at) ? { line, at } : null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}
