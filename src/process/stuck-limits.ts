import type { EstimatePart, StuckLimits } from "../model/stuck.ts";
import { parseRates } from "./meter-marks.ts";

// By hand, like the rest of command.json: the supervisor does without the weight of a schema library.

/** `stuck` of the limits in command.json: undefined when it is absent, null when it is not of the form. */
export function parseStuck(given: unknown): StuckLimits | null | undefined {
  if (given === undefined) return undefined;
  if (!isObject(given)) return null;
  const repeats = given["repeats"];
  const [calls, growing] = [numbersIn(given["calls"], CALLS), numbersIn(given["growing"], GROWING)];
  const estimate = parseEstimate(given["estimate"]);
  if ((repeats !== undefined && !isNumber(repeats)) || calls === null || growing === null || estimate === null)
    return null;
  return {
    ...(repeats === undefined ? {} : { repeats }),
    ...(calls === undefined ? {} : { calls }),
    ...(growing === undefined ? {} : { growing }),
    ...(estimate === undefined ? {} : { estimate }),
  };
}

const CALLS = ["before", "plan", "most"] as const;
const GROWING = ["before", "plan", "idle"] as const;
const PART = ["expected", "before", "left"] as const satisfies readonly (keyof EstimatePart)[];

function parseEstimate(given: unknown): StuckLimits["estimate"] | null {
  if (given === undefined) return undefined;
  if (!isObject(given) || !isNumber(given["tasks"])) return null;
  const [tokens, usd, minutes] = [given["tokens"], given["usd"], given["minutes"]].map((part) => numbersIn(part, PART));
  const rates = parseRates(given["rates"]);
  if (tokens === null || usd === null || minutes === null || rates === null) return null;
  return {
    tasks: given["tasks"],
    ...(tokens === undefined ? {} : { tokens }),
    ...(usd === undefined ? {} : { usd }),
    ...(minutes === undefined ? {} : { minutes }),
    ...(rates === undefined ? {} : { rates }),
  };
}

/** An object of numbers under these names: undefined when it is absent, null when one is missing. */
function numbersIn<K extends string>(given: unknown, names: readonly K[]): Record<K, number> | null | undefined {
  if (given === undefined) return undefined;
  if (!isObject(given)) return null;
  const found: Partial<Record<K, number>> = {};
  for (const name of names) {
    const value = given[name];
    if (!isNumber(value)) return null;
    found[name] = value;
  }
  return isWhole(found, names) ? found : null;
}

function isWhole<K extends string>(found: Partial<Record<K, number>>, names: readonly K[]): found is Record<K, number> {
  return names.every((name) => found[name] !== undefined);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}
