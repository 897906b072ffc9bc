import { type Envelope, makeEnvelope } from "../../src/model/envelope.ts";

/** An envelope as a review sees it; everything that a test does not care about has a value. */
export function reviewEnvelope(over: Partial<Envelope> = {}): Envelope {
  return makeEnvelope({
    task: "add-limiter",
    goal: "Add a token-bucket rate limiter to the public API.",
    risk: "medium",
    acceptance: [{ text: "The 101st request within a minute gets 429", verify: "node --test test/limiter.test.js" }],
    write: ["src/**", "test/**"],
    ...over,
  });
}
