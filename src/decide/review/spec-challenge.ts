import type { Envelope } from "../../model/envelope.ts";
import type { SpecChallenge } from "../../model/spec-challenge.ts";
import type { Task } from "../../model/task.ts";
import { isQuoteOf, normalised } from "./order-text.ts";

/** Challenges of one order that are looked at, and most characters of each of their texts. */
const MOST = 12;
const TEXT_LIMIT = 400;

/**
 * The challenges that hold: their quote really stands in the order, and they propose other words for it. The rest has no
 * evidence. One per quote, bounded.
 */
export function holdingChallenges(envelope: Envelope, raised: readonly SpecChallenge[]): SpecChallenge[] {
  const seen = new Set<string>();
  const held: SpecChallenge[] = [];
  for (const { claim, quote, proposal } of raised) {
    const words = normalised(quote);
    const changes = normalised(proposal) !== "" && normalised(proposal) !== words;
    if (claim.trim() === "" || !changes || seen.has(words) || !isQuoteOf(envelope, quote)) continue;
    seen.add(words);
    const id = `S${held.length + 1}`;
    held.push({ id, claim: bounded(claim), quote: bounded(quote), proposal: bounded(proposal) });
    if (held.length === MOST) break;
  }
  return held;
}

/** True for an order that is attacked before its first attempt (mission E6): a handoff whose work will be reviewed. */
export function wantsSpecChallenge({ envelope, options, attempts, spec }: Task): boolean {
  const isReviewed = options.review && envelope.reviewers > 0;
  return envelope.size === "handoff" && isReviewed && attempts.length === 0 && spec === null;
}

/** What a person is asked about the holes of an order. */
export function specPoints(challenges: readonly SpecChallenge[]): string {
  const points = challenges
    .slice(0, 5)
    .map(({ id, claim, quote }) => `${id} "${quote.slice(0, 80)}": ${claim.slice(0, 160)}`);
  const more = challenges.length > points.length ? `; and ${challenges.length - points.length} more` : "";
  return `the order has ${challenges.length} open point(s): ${points.join("; ")}${more}`;
}

/** The proposals as a worker is told of them. */
export function amendments(challenges: readonly SpecChallenge[]): string {
  const lines = challenges.map(({ quote, proposal }) => `- where the order says "${quote}", read: ${proposal}`);
  return `The person who gave the order agreed to these changes of it:\n${lines.join("\n")}`;
}

function bounded(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim().slice(0, TEXT_LIMIT);
}
