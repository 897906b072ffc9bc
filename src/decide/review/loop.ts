import { folderNumber } from "../../kernel/ids.ts";
import { tailOf } from "../../kernel/text.ts";
import { LOW_SUBSTANTIVE_RATE, type ReviewRound, type RuledChallenge } from "../../model/review.ts";
import type { Config } from "../../model/config.ts";
import type { Diagnosis } from "../../model/judgment.ts";
import type { Envelope } from "../../model/envelope.ts";
import type { Task } from "../../model/task.ts";
import { FEEDBACK_LIMIT } from "../feedback.ts";
import { normalised } from "./order-text.ts";

/** What a review with VALID challenges leads to. `why`: in words. */
export type LoopStep =
  | { readonly next: "fix"; readonly why: string }
  | { readonly next: "diagnose"; readonly why: string }
  | { readonly next: "ask-person"; readonly why: string };

type Caps = Pick<Config["review"], "softRounds" | "hardRounds">;

/**
 * The rule of the loop (mission E3, E5). A stall from the second round on, or the soft cap, calls an expert once; a stall
 * after that, from the soft cap on, or the hard cap, asks a person. Otherwise a fresh attempt gets the challenges.
 */
export function nextInLoop(task: Pick<Task, "rounds" | "loop">, caps: Caps): LoopStep {
  const { rounds, loop } = task;
  const count = rounds.length;
  const stall = stallOf(rounds);
  if (loop.until > 0 && count >= loop.until)
    return { next: "ask-person", why: `round ${count}, asked for by decision` };
  if (count >= caps.hardRounds) return { next: "ask-person", why: `${count} rounds, the hard cap` };
  if (loop.diagnosed === null) {
    if (stall !== null) return { next: "diagnose", why: stall };
    if (count >= caps.softRounds) return { next: "diagnose", why: `${count} rounds, the soft cap` };
  } else if (stall !== null && count >= caps.softRounds && count > loop.diagnosed) {
    return { next: "ask-person", why: `${stall}, also after a diagnosis` };
  }
  return { next: "fix", why: `round ${count}: the challenges go to a fresh attempt` };
}

/** Why a loop does not move: the same challenge again, or the same change again. Null when it does, or is in its first round. */
export function stallOf(rounds: readonly ReviewRound[]): string | null {
  const [before, last] = rounds.slice(-2);
  if (before === undefined || last === undefined) return null;
  const again = validOf(last).filter((challenge) => validOf(before).some((old) => isSame(old, challenge)));
  if (again.length > 0) return `the same challenge again (${again[0]?.id ?? ""})`;
  if (last.change !== undefined && last.change === before.change) return "the fix did not change anything";
  return null;
}

function validOf(round: ReviewRound): readonly RuledChallenge[] {
  return round.challenges.filter(({ ruling }) => ruling === "VALID");
}

function isSame(a: RuledChallenge, b: RuledChallenge): boolean {
  return a.kind === b.kind && normalised(a.claim) === normalised(b.claim);
}

/** The last round in which the reviewer was asked brought mostly noise: the next prompt asks for concrete failures. */
export function wantsConcrete(rounds: readonly ReviewRound[]): boolean {
  const asked = rounds.findLast((round) => round.standing === undefined);
  return asked !== undefined && isLowYield(asked);
}

/** True for a round whose challenges were noise for the most part. A round without any was none of a failing prompt. */
export function isLowYield(round: ReviewRound): boolean {
  return round.challenges.length > 0 && round.substantiveRate < LOW_SUBSTANTIVE_RATE;
}

/** Paths where a mistake costs more than a bug. */
const SENSITIVE =
  /(?:^|[/._-])(?:auth(?:n|z|enticat\w*|oriz\w*)?|login|logins?|sessions?|passwords?|passwd|secrets?|tokens?|crypto\w*|permissions?|acl|oauth\w*|jwt|csrf|sanitiz\w*|payments?|billing|security)(?=[/._-]|$)/i;

/** How many reviewers a change gets, at most 2: what the envelope says, and a second for risky work that is sensitive or weakly tested. */
export function reviewersFor(envelope: Envelope, paths: readonly string[]): 1 | 2 {
  if (envelope.reviewers >= 2) return 2;
  if (envelope.risk !== "high") return 1;
  const weak = !envelope.acceptance.some(({ verify }) => verify !== undefined);
  return weak || paths.some((path) => SENSITIVE.test(path)) ? 2 : 1;
}

/** Most characters of an expert's words that reach a worker's prompt. */
const ADVICE_LIMIT = 2500;

/** Feedback with the expert's words in front; together they are as bounded as feedback alone. */
export function withAdvice(feedback: string, diagnosis: Diagnosis | null): string {
  if (diagnosis === null) return feedback;
  const { diagnosis: what, cause, advice } = diagnosis;
  const words = `Diagnosis of an expert (cause: ${cause}): ${what}\nAdvice: ${advice}`.slice(0, ADVICE_LIMIT);
  return `${words}\n\n${tailOf(feedback, FEEDBACK_LIMIT - words.length)}`;
}

/** What a person is told when the loop gives up: why, what is open, and which state was the best. */
export function openPoints(rounds: readonly ReviewRound[], why: string, diagnosis: Diagnosis | null): string {
  const last = rounds.at(-1);
  const open = last === undefined ? [] : validOf(last);
  const best = rounds.toSorted((a, b) => validOf(a).length - validOf(b).length || b.round - a.round)[0];
  const points = open.slice(0, 5).map(({ id, claim }) => `${id}: ${claim.slice(0, 160)}`);
  const parts = [`the review did not converge (${why}); ${open.length} open: ${points.join("; ")}`];
  if (best !== undefined && best !== last)
    parts.push(
      `best state: round ${best.round} with ${validOf(best).length} open, review/${folderNumber(best.round)}/diff.patch`,
    );
  else parts.push("best state: the present one");
  if (diagnosis !== null) parts.push(`diagnosis (${diagnosis.cause}): ${diagnosis.diagnosis.slice(0, 300)}`);
  return parts.join(". ");
}
