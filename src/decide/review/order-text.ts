import type { Envelope } from "../../model/envelope.ts";

/** Shortest quote that says something: "the" is in every order. */
const MIN_QUOTE = 12;

/** Everything in an envelope that a change can violate, one entry per statement. */
export function orderStatements(envelope: Envelope): readonly string[] {
  const { goal, acceptance, forbid, output, inputs, sections } = envelope;
  return [
    goal,
    ...acceptance.flatMap(({ text, verify }) => [text, verify ?? ""]),
    ...forbid,
    ...envelope.write,
    output?.path ?? "",
    ...inputs.map(({ path, note }) => `${path} ${note ?? ""}`),
    ...Object.values(sections),
  ].filter((text): text is string => text !== undefined && text.trim() !== "");
}

/** Text as quotes are compared: white space, case and typographic marks do not count. */
export function normalised(text: string): string {
  return text
    .normalize("NFKC")
    .toLowerCase()
    .replaceAll(/[\u2018\u2019\u201c\u201d"'`*_]/g, "")
    .replaceAll(/\s+/g, " ")
    .trim();
}

/** True when a quote really stands in the order: a statement as a whole, or a part of one that is long enough to mean something. */
export function isQuoteOf(envelope: Envelope, quote: string): boolean {
  const words = normalised(quote);
  if (words === "") return false;
  const statements = orderStatements(envelope).map(normalised);
  if (statements.includes(words)) return true;
  return words.length >= MIN_QUOTE && statements.some((statement) => statement.includes(words));
}

/** True when a claim names what it violates in the order's own words. */
export function namesCriterion(envelope: Envelope, violates: string): boolean {
  if (isQuoteOf(envelope, violates)) return true;
  const said = normalised(violates);
  const number = Number(/\bcriterion (?:no\.? |number )?#?(\d+)\b/.exec(said)?.[1] ?? 0);
  if (number >= 1 && number <= envelope.acceptance.length) return true;
  if (envelope.acceptance.some(({ text }) => said.includes(normalised(text)))) return true;
  const words = said.match(WORDS) ?? [];
  if (words.length < FEWEST_WORDS) return false;
  return orderStatements(envelope).some((statement) => {
    const known = new Set(normalised(statement).match(WORDS));
    return words.filter((word) => known.has(word)).length >= words.length * SHARE_OF_WORDS;
  });
}

/** Words of some weight; a paraphrase shares most of them with the statement it is of. */
const WORDS = /[\p{L}\p{N}]{3,}/gu;
const FEWEST_WORDS = 3;
const SHARE_OF_WORDS = 0.6;

/** True when the order speaks of this word or path, as a word of its own. */
export function ordersName(envelope: Envelope, name: string): boolean {
  if (name.length < 2) return false;
  const pattern = new RegExp(`(?<![\\w./-])(?:[\\w.-]+/)*${escapeRegex(name)}(?![\\w-])`, "i");
  return orderStatements(envelope).some((statement) => pattern.test(statement));
}

/** A text as a pattern that matches it literally. */
function escapeRegex(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}
