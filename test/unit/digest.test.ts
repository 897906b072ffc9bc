import { array, assert, boolean, constantFrom, integer, option, property, record, string } from "fast-check";
import { describe, expect, it } from "vitest";
import { DIGEST_LIMIT_TOKENS, type DigestFacts, makeDigest } from "../../src/decide/digest.ts";
import { estimateTokens, headWithin } from "../../src/kernel/tokens.ts";
import { verifies } from "../requirements.ts";

verifies("A7");

const FACTS: DigestFacts = {
  goal: "Add a token-bucket rate limiter to the public API.",
  attempt: 2,
  why: "the time of its session was over",
  ranMs: 1_500_000,
  progress: {
    messages: ["I read the API.", "The limiter is in, its test is next."],
    plan: [
      { text: "write the limiter", completed: true },
      { text: "write its test", completed: false },
      { text: "document it", completed: false },
    ],
    failed: [{ command: "node --test", exitCode: 1, output: "ok 1\nnot ok 2 - gets 429\n" }],
    underWay: "npm run bench",
  },
  files: [
    { path: "src/limiter.js", status: "added" },
    { path: "src/server.js", status: "modified" },
    { path: "node_modules/x", status: "ignored" },
  ],
};

describe("a digest", () => {
  it("says what a session that knows nothing needs, the next step first", () => {
    expect(makeDigest(FACTS).split("\n")).toEqual([
      "Attempt 2 ended after 25m 00s: the time of its session was over",
      "Goal: Add a token-bucket rate limiter to the public API.",
      "Next: write its test",
      "Done by its plan (1 of 3):",
      "- write the limiter",
      "Changed files: src/limiter.js (added), src/server.js (modified)",
      "Commands that failed:",
      "- node --test → exit code 1: not ok 2 - gets 429",
      "Was running at the end: npm run bench",
      "Its last words:",
      "- I read the API.",
      "- The limiter is in, its test is next.",
      "Then:",
      "- document it",
    ]);
  });

  it("says so when there is nothing to say", () => {
    const progress = { messages: [], plan: [], failed: [], underWay: null };
    const text = makeDigest({ ...FACTS, progress, files: [] });
    expect(text).toContain("Changed files: none yet");
    expect(text).toContain("Next: compare the files with the goal and do what is missing");
    expect(makeDigest({ ...FACTS, progress, files: null })).toContain("could not be read");
  });

  it("counts what it leaves out", () => {
    const files = Array.from({ length: 40 }, (_, n) => ({ path: `src/file-${n}.ts`, status: "added" as const }));
    expect(makeDigest({ ...FACTS, files })).toMatch(/src\/file-0\.ts \(added\).* and \d+ more$/m);
  });

  it("is below 400 tokens and not empty, whatever happened", () => {
    const text = constantFrom(
      "a ",
      "word ".repeat(300),
      "漢字".repeat(2000),
      "👩‍👩‍👧‍👧".repeat(300),
      "\n\n",
      "x".repeat(5000),
    );
    const any = option(string({ unit: "grapheme", maxLength: 400 }), { nil: "" });
    const words = array(constantFrom("a", "b c", "-"), { maxLength: 600 }).map((parts) => parts.join(" "));
    const some = array(
      constantFrom(text, any, words).chain((one) => one),
      { maxLength: 40 },
    );
    const facts = record({
      goal: text,
      attempt: integer({ min: 1, max: 99 }),
      why: text,
      ranMs: integer({ min: 0, max: 1e8 }),
      progress: record({
        messages: some,
        plan: array(record({ text, completed: boolean() }), { maxLength: 60 }),
        failed: array(record({ command: text, exitCode: integer(), output: text }), { maxLength: 9 }),
        underWay: option(text),
      }),
      files: option(
        array(record({ path: text, status: constantFrom("added", "renamed", "ignored") }), { maxLength: 200 }),
      ),
    });
    assert(
      property(facts, (given) => {
        const digest = makeDigest(given);
        expect(estimateTokens(digest)).toBeLessThan(DIGEST_LIMIT_TOKENS);
        expect(digest.trim()).not.toBe("");
        expect(digest).toContain("Next: ");
      }),
      { numRuns: 300 },
    );
  });
});

describe("the head of a text within a number of tokens", () => {
  it.each(["", "short", "word ".repeat(2000), "漢字".repeat(2000), "👍".repeat(2000)])("is below it: %#", (text) => {
    for (const limit of [1, 2, 5, 50, 400]) {
      const head = headWithin(text, limit);
      expect(estimateTokens(head)).toBeLessThan(limit);
      expect(() => encodeURIComponent(head)).not.toThrow();
      if (estimateTokens(text) < limit) expect(head).toBe(text);
      else if (limit >= 5) expect(estimateTokens(head)).toBeGreaterThan(limit - 4);
    }
  });
});
