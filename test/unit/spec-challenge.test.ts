import { describe, expect, it } from "vitest";
import { amendments, holdingChallenges, specPoints } from "../../src/decide/review/spec-challenge.ts";
import { parseEnvelope } from "../../src/envelope/parse.ts";
import { verifies } from "../requirements.ts";

const TEXT = `---
task: add-limiter
goal: Add a token-bucket rate limiter to the public API.
acceptance:
  - text: The 101st request within a minute is refused
    verify: node --test test/limiter.test.js
write: ["src/**"]
stop: ["the entry point is missing"]
---
`;
const envelope = parseEnvelope(TEXT, "a.md").envelope;
if (envelope === null) throw new Error("not an envelope");

const raise = (
  quote: string,
  proposal: string,
  claim = "it is open",
): Parameters<typeof holdingChallenges>[1][number] => ({
  id: "x",
  claim,
  quote,
  proposal,
});

describe("a challenge of an order", () => {
  verifies("E6");

  it.each([
    ["a quote of the order", raise("The 101st request within a minute is refused", "… gets 429"), 1],
    ["a part of it, in other white space", raise("101st  request\nwithin a minute", "101st request within 60 s"), 1],
    ["words that are not in it", raise("The 500th request is refused", "…"), 0],
    ["a word that says nothing", raise("the", "that"), 0],
    ["no proposal", raise("The 101st request within a minute is refused", "  "), 0],
    [
      "the same words again",
      raise("The 101st request within a minute is refused", "the 101st request within a minute is refused"),
      0,
    ],
    ["no claim", raise("The 101st request within a minute is refused", "gets 429", " "), 0],
  ])("with %s", (_name, challenge, held) => {
    expect(holdingChallenges(envelope, [challenge])).toHaveLength(held);
  });

  it("counts once per quote, in the order's own numbering, and is bounded", () => {
    const goal = "Add a token-bucket rate limiter";
    const flood = Array.from({ length: 50 }, () => raise(goal, "x".repeat(5000)));
    const held = holdingChallenges(envelope, [
      ...flood,
      raise("the entry point is missing", "src/server.ts is missing"),
    ]);
    expect(held.map(({ id }) => id)).toEqual(["S1"]);
    expect(held[0]?.proposal.length).toBeLessThanOrEqual(400);
    expect(specPoints(held)).toBe(`the order has 1 open point(s): S1 "${goal}": it is open`);
    expect(amendments(held.map((one) => ({ ...one, proposal: "y" })))).toContain(
      `where the order says "${goal}", read: y`,
    );
  });
});
