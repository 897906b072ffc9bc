import { basename } from "node:path";
import { pricedName, tokenCost } from "../kernel/token-cost.ts";
import type { AttemptBudget } from "../ports/worker.ts";
import type { CallMarks, CallWatch } from "./call-watch.ts";
import { openFiles, readFrom } from "./own-record.ts";
import type { ProcessRow } from "./process-table.ts";

/** Where a program notes in its own record, in lines of JSON, what it has used. Texts are looked for as they stand in a line. */
export interface MeterMarks {
  /** Beginning of the name of the record's file, which the program holds open while it works. */
  readonly prefix: string;
  /** A line with all of these and none of those is a call of a tool. */
  readonly call: { readonly all: readonly string[]; readonly none: readonly string[] };
  /** Lines with this text hold sums of tokens since the beginning, under these keys. */
  readonly totals: readonly Place[];
  /** Lines with this text name the model. */
  readonly model: Place;
  /** Names of the sums. */
  readonly names: { readonly input: string; readonly cached: string; readonly output: string };
  /** Absent: nothing is known of calls but their number. */
  readonly calls?: CallMarks;
}

/** A value in a line: the text that the line has, and the keys that lead to it. */
export interface Place {
  readonly line: string;
  readonly at: readonly string[];
}

/** What was used so far. `tokens`: uncached input and output. `usd` null: the model has no price. */
export interface MeterReading {
  readonly toolCalls: number;
  readonly tokens: number;
  readonly usd: number | null;
}

/** Reads what a program has used, each time from where it stopped before. */
export interface Meter {
  read(nowMs: number): MeterReading;
}

/** Read at one look at most, in bytes; the rest at the next one. */
const LOOK_BYTES = 8 * 1024 * 1024;
/** Time between two searches for the record: it is there soon after the start, or never. */
const SEARCH_MS = { soon: 500, later: 5000, soonFor: 60_000 };

interface Sums {
  input: number;
  cached: number;
  output: number;
}

/** What a meter needs besides its marks. `members`: the worker's processes; `calls`: told of every line that is read. */
export interface MeterDeps {
  readonly rates: AttemptBudget["rates"];
  readonly members: () => readonly ProcessRow[];
  readonly calls?: CallWatch;
}

/** A meter of a worker. Where open files cannot be seen (no /proc) it stays at nothing. */
export function makeMeter(marks: MeterMarks, { rates, members, calls }: MeterDeps): Meter {
  let path: string | undefined;
  let offset = 0;
  let rest = "";
  let searchedMs = -Infinity;
  let begunMs: number | null = null;
  let toolCalls = 0;
  let model: string | null = null;
  const sums: Sums = { input: 0, cached: 0, output: 0 };

  function search(nowMs: number): void {
    begunMs ??= nowMs;
    const everyMs = nowMs - begunMs < SEARCH_MS.soonFor ? SEARCH_MS.soon : SEARCH_MS.later;
    if (path !== undefined || nowMs - searchedMs < everyMs) return;
    searchedMs = nowMs;
    path = members()
      .flatMap((row) => openFiles(row.pid))
      .find((file) => basename(file).startsWith(marks.prefix));
  }

  function take(line: string): void {
    const { all, none } = marks.call;
    if (all.every((text) => line.includes(text)) && !none.some((text) => line.includes(text))) {
      toolCalls += 1;
      calls?.call(line);
    } else calls?.other(line);
    const totals = marks.totals.find((place) => line.includes(place.line));
    if (totals !== undefined) takeSums(sums, valueAt(line, totals.at), marks.names);
    if (!line.includes(marks.model.line)) return;
    const named = valueAt(line, marks.model.at);
    if (typeof named === "string") model = named;
  }

  return {
    read(nowMs) {
      search(nowMs);
      const from = offset;
      const part = path === undefined ? null : readFrom(path, () => from, LOOK_BYTES);
      if (part !== null && part.length > 0) {
        offset += part.length;
        const lines = `${rest}${part.text}`.split("\n");
        rest = lines.pop() ?? "";
        // No line of a sum is that long: what has to be bounded is what a tool has printed.
        if (rest.length > LOOK_BYTES) rest = "";
        for (const line of lines) take(line);
      }
      const count = { inputTokens: sums.input, cachedInputTokens: sums.cached, outputTokens: sums.output };
      const rate = model === null ? undefined : rates?.[pricedName(model)];
      return {
        toolCalls,
        tokens: Math.max(0, sums.input - sums.cached) + sums.output,
        usd: rate === undefined ? null : tokenCost(count, rate),
      };
    },
  };
}

/** Sums only grow; the larger of two is the newer one. */
function takeSums(sums: Sums, found: unknown, names: MeterMarks["names"]): void {
  const [input, cached, output] = [names.input, names.cached, names.output].map((name) => numberAt(found, name));
  if (input === undefined || output === undefined || input + output < sums.input + sums.output) return;
  Object.assign(sums, { input, cached: cached ?? 0, output });
}

function numberAt(found: unknown, name: string): number | undefined {
  const value = keyOf(found, name);
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

function valueAt(line: string, keys: readonly string[]): unknown {
  try {
    return keys.reduce<unknown>(keyOf, JSON.parse(line));
  } catch {
    // A line that is not JSON says nothing.
    return undefined;
  }
}

function keyOf(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}

/** Which part of the budget is used up, in words that begin with its code; null while something is left. */
export function brokenBudget({ toolCalls, tokens, usd }: MeterReading, budget: AttemptBudget): string | null {
  if (budget.toolCalls !== undefined && toolCalls > budget.toolCalls.left)
    return `BUDGET_TOOL_CALLS: ${toolCalls} tool calls${ofBudget(budget.toolCalls, String)}`;
  if (budget.tokens !== undefined && tokens > budget.tokens.left)
    return `BUDGET_TOKENS: ${tokens} uncached input and output tokens${ofBudget(budget.tokens, String)}`;
  if (budget.usd !== undefined && usd !== null && usd > budget.usd.left)
    return `BUDGET_USD: ${money(usd)}${ofBudget(budget.usd, money)}`;
  return null;
}

function ofBudget(
  { left, of }: { readonly left: number; readonly of: number },
  say: (value: number) => string,
): string {
  return left >= of
    ? `, the budget is ${say(of)}`
    : ` in this session, ${say(Math.max(0, left))} were left of the budget of ${say(of)}`;
}

function money(usd: number): string {
  return `$${Number(usd.toFixed(4))}`;
}
