import type { Judgment } from "../../model/judgment.ts";
import type { Challenge, RuledChallenge } from "../../model/review.ts";
import { unexecuted } from "./screening.ts";

const REASON_LIMIT = 400;

/**
 * The rulings of a judge on challenges that could not be executed. What it says about any other id is ignored; a
 * challenge that it does not rule on, or rules on in two ways, is PARTIAL. Null: the judge could not be asked.
 */
export function judgeRulings(asked: readonly Challenge[], judgment: Judgment | null, why: string): RuledChallenge[] {
  return asked.map((challenge) => {
    if (judgment === null) return unexecuted(challenge, "PARTIAL", `nobody could rule on it: ${why}`);
    const given = judgment.rulings.filter(({ id }) => id.trim() === challenge.id);
    const [first] = given;
    if (first === undefined) return unexecuted(challenge, "PARTIAL", "the judge did not rule on it");
    if (given.some(({ ruling }) => ruling !== first.ruling))
      return unexecuted(challenge, "PARTIAL", "the judge contradicts itself");
    return unexecuted(challenge, first.ruling, `judge: ${first.reason.slice(0, REASON_LIMIT)}`);
  });
}
