import type { Criterion } from "../model/envelope.ts";

/** A path with an optional note, written as one text: `src/a.ts — what it is`. */
export interface InlineInput {
  readonly path: string;
  readonly note?: string;
}

/** True for the words that stand for "there is none". */
export function isNone(text: string): boolean {
  return /^(?:none|n\/a|-|—|nothing)\.?$/i.test(text.trim());
}

/** The text without the backticks or quotes around the whole of it. */
export function bare(text: string): string {
  const trimmed = text.trim();
  const first = trimmed.charAt(0);
  const wrapped = trimmed.length > 1 && "`\"'".includes(first) && trimmed.endsWith(first);
  return wrapped && !trimmed.slice(1, -1).includes(first) ? trimmed.slice(1, -1).trim() : trimmed;
}

/** Splits at any of the separators that stand outside backticks, quotes and brackets; empty parts are left out. */
export function splitOutside(text: string, separators: string): string[] {
  const parts: string[] = [];
  let part = "";
  let quote = "";
  let depth = 0;
  for (const char of text) {
    if (quote !== "") quote = char === quote ? "" : quote;
    else if (char === "`" || char === '"') quote = char;
    else if ("([{".includes(char)) depth += 1;
    else if (")]}".includes(char)) depth = Math.max(0, depth - 1);
    if (quote === "" && depth === 0 && separators.includes(char)) {
      parts.push(part);
      part = "";
    } else part += char;
  }
  return [...parts, part].map((each) => each.trim()).filter((each) => each !== "");
}

const NOTE_MARKS = [" — ", " – ", " -- ", " - ", ": "];

/** Reads `path — note`, with or without backticks around the path; `path (note)` is the same. */
export function parseInput(text: string): InlineInput {
  const trimmed = text.trim();
  const close = trimmed.startsWith("`") ? trimmed.indexOf("`", 1) : -1;
  if (close > 0) return makeInput(trimmed.slice(1, close), trimmed.slice(close + 1));
  const marks = NOTE_MARKS.map((mark) => trimmed.indexOf(mark)).filter((at) => at > 0);
  const bracket = /^\S+ \(/.exec(trimmed);
  const end = Math.min(...marks, bracket === null ? Number.POSITIVE_INFINITY : bracket[0].length - 2);
  return end === Number.POSITIVE_INFINITY
    ? { path: bare(trimmed) }
    : makeInput(trimmed.slice(0, end), trimmed.slice(end));
}

function makeInput(path: string, rest: string): InlineInput {
  let note = rest
    .trim()
    .replace(/^(?:--|[—–:-])/, "")
    .trim();
  if (note.startsWith("(") && note.endsWith(")")) note = note.slice(1, -1).trim();
  return { path: bare(path), ...(note === "" ? {} : { note }) };
}

const VERIFY_MARK = /(?:^|[\s([—–;,.-])(\*{0,2}verify\*{0,2}\s{0,3}:\*{0,2}\s{0,3})/i;

/** Reads a criterion with its command: `text (verify: cmd)`, `text — verify: \`cmd\``, with `loopback` behind it. */
export function parseCriterion(text: string): Criterion {
  const line = text.trim().replace(/^\[[ xX]\]\s?/, "");
  const mark = VERIFY_MARK.exec(line);
  if (mark === null) return { text: line };
  const start = mark.index + mark[0].length;
  const opened = mark[0].startsWith("(") || mark[0].startsWith("[");
  const before = line.slice(0, start - (mark[1] ?? "").length);
  const { command, rest } = commandAt(line.slice(start), opened);
  const words = before.trim().replace(/[\s([—–;,-]{1,40}$/, "");
  return {
    text: words === "" && command !== "" ? `${command} ends with exit code 0` : words,
    ...(command === "" ? {} : { verify: command }),
    ...(/loopback(?!\s*:\s*false)/i.test(rest) ? { loopback: true } : {}),
  };
}

function commandAt(text: string, opened: boolean): { command: string; rest: string } {
  const ticks = /^`+/.exec(text)?.[0] ?? "";
  const close = ticks === "" ? -1 : text.indexOf(ticks, ticks.length);
  if (close > 0) return { command: text.slice(ticks.length, close).trim(), rest: text.slice(close + ticks.length) };
  const whole = text.trim();
  const closed = opened && /[)\]]\.?$/.test(whole) ? whole.replace(/[)\]]\.?$/, "") : whole;
  const flag = /[,;]\s{0,3}loopback(?:\s*:\s*true)?\s*$/i.exec(closed);
  return flag === null
    ? { command: closed.trim(), rest: "" }
    : { command: closed.slice(0, flag.index).trim(), rest: flag[0] };
}

/** Reads `40 tool calls, 25 min, $1.5, 200k tokens`; `unread` holds the parts that say nothing known. */
export function parseBudget(text: string): { budget: Record<string, number>; unread: string[] } {
  const budget: Record<string, number> = {};
  const unread: string[] = [];
  for (const part of text.split(/[;/]|,(?!\d{3}(?!\d))|\band\b/)) {
    const words = part.trim();
    if (words === "") continue;
    const read = budgetPart(words.toLowerCase());
    if (read === undefined) unread.push(words);
    else budget[read[0]] = read[1];
  }
  return { budget, unread };
}

const AMOUNT = "(\\d[\\d,]{0,15}(?:\\.\\d{1,6})?)";
const LEAD = "^(?:max(?:imum)?|at most|up to|under|about|<=?|~|≤)?\\s{0,3}";
const BUDGET_PARTS: readonly (readonly [key: string, forms: readonly RegExp[]])[] = [
  ["usd", [new RegExp(`${LEAD}\\$\\s?${AMOUNT}$`), new RegExp(`${LEAD}${AMOUNT}\\s?(?:\\$|usd|dollars?)$`)]],
  ["toolCalls", [new RegExp(`${LEAD}${AMOUNT}\\s?(?:tool[ -]?calls?|calls?)$`)]],
  ["tokens", [new RegExp(`${LEAD}${AMOUNT}\\s?([km])?\\s?(?:tokens?|tok)$`)]],
  ["minutes", [new RegExp(`${LEAD}${AMOUNT}\\s?(?:minutes?|mins?|m)\\.?$`)]],
  ["hours", [new RegExp(`${LEAD}${AMOUNT}\\s?(?:hours?|hrs?|h)$`)]],
];
const SCALES: Readonly<Record<string, number>> = { k: 1000, m: 1_000_000 };
const BUDGET_NAMES = /^(tool[ -]?calls?|tokens?|usd|money|cost|minutes|time)\s{0,3}[:=]\s{0,3}(.{1,40})$/;
const BUDGET_UNITS: Readonly<Record<string, string>> = {
  "tool calls": "tool calls",
  token: "tokens",
  tokens: "tokens",
  usd: "usd",
  money: "usd",
  cost: "usd",
  minutes: "minutes",
};

function budgetPart(words: string): readonly [key: string, value: number] | undefined {
  const text = withUnit(words);
  for (const [key, forms] of BUDGET_PARTS) {
    const match = forms.map((form) => form.exec(text)).find((found) => found !== null);
    if (match === undefined) continue;
    const amount = Number((match[1] ?? "").replaceAll(",", "")) * (SCALES[match[2] ?? ""] ?? 1);
    return key === "hours" ? ["minutes", amount * 60] : [key, Math.round(amount * 1e6) / 1e6];
  }
  return undefined;
}

/** `minutes: 25` as `25 minutes`; a text without a name in front stays as it is. */
function withUnit(words: string): string {
  const named = BUDGET_NAMES.exec(words);
  if (named === null) return words;
  const value = (named[2] ?? "").trim();
  const bareAmount = /^[\d,.]+ ?[km]?$/.test(value);
  return bareAmount ? `${value} ${BUDGET_UNITS[(named[1] ?? "").replace(/^tool.*$/, "tool calls")] ?? ""}` : value;
}
