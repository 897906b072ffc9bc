import { describe, expect, it } from "vitest";
import {
  nextInLoop,
  openPoints,
  reviewersFor,
  stallOf,
  wantsConcrete,
  withAdvice,
} from "../../src/decide/review/loop.ts";
import { planParts } from "../../src/decide/review/parts.ts";
import type { ReviewRound } from "../../src/model/review.ts";
import type { Fact } from "../../src/model/record.ts";
import { NO_USAGE } from "../../src/model/outcome.ts";
import { verifies } from "../requirements.ts";
import { reviewEnvelope } from "../support/review-envelope.ts";
import { CANDIDATE, decideNow, pour, started, submitted, T0, taskOf, worldOf } from "../support/worlds.ts";

verifies("E3", "E5");

const CAPS = { softRounds: 3, hardRounds: 10 };
const NO_LOOP = { until: 0, diagnosed: null, diagnosis: null };

function round(n: number, claims: readonly string[], over: Partial<ReviewRound> = {}): ReviewRound {
  const challenges = claims.map((claim, index) => ({
    id: `C${index + 1}`,
    claim,
    kind: "failing-test",
    ruling: "VALID" as const,
    reason: "",
    executed: true,
    runs: [],
  }));
  return { round: n, challenges, substantiveRate: 1, change: `change ${n}`, ...over };
}

describe("what a round with VALID challenges leads to", () => {
  const different = Array.from({ length: 12 }, (_, n) => round(n + 1, [`claim ${n}`]));
  const diagnosis = { diagnosis: "d", cause: "implementation", advice: "a" } as const;

  it("a fix, an expert at the soft cap, a person at the hard one", () => {
    const steps = different.map((_, n) => {
      const loop = n >= 3 ? { ...NO_LOOP, diagnosed: 3, diagnosis } : NO_LOOP;
      return nextInLoop({ rounds: different.slice(0, n + 1), loop }, CAPS).next;
    });
    expect(steps.slice(0, 4)).toEqual(["fix", "fix", "diagnose", "fix"]);
    expect(steps[8]).toBe("fix");
    expect(steps[9]).toBe("ask-person");
  });

  it("an expert at round 2 when nothing moves, and a person when it did not help", () => {
    const same = [round(1, ["It  fails"]), round(2, ["it fails"]), round(3, ["it fails"])];
    expect(nextInLoop({ rounds: same.slice(0, 2), loop: NO_LOOP }, CAPS).next).toBe("diagnose");
    const asked = { ...NO_LOOP, diagnosed: 2 };
    expect(nextInLoop({ rounds: same.slice(0, 2), loop: asked }, CAPS).next).toBe("fix");
    expect(nextInLoop({ rounds: same, loop: asked }, CAPS).next).toBe("ask-person");
    expect(nextInLoop({ rounds: same, loop: asked }, { softRounds: 5, hardRounds: 10 }).next).toBe("fix");
  });

  it("a person again when the round that one allowed did not help", () => {
    const loop = { until: 11, diagnosed: 3, diagnosis };
    expect(nextInLoop({ rounds: different.slice(0, 11), loop }, CAPS).next).toBe("ask-person");
  });

  it("a stall is the same challenge or the same change", () => {
    expect(stallOf([round(1, ["a"])])).toBeNull();
    expect(stallOf([round(1, ["a"]), round(2, ["b"])])).toBeNull();
    expect(stallOf([round(1, ["a"], { change: "x" }), round(2, ["b"], { change: "x" })])).toContain("change");
  });

  it("a round of noise asks the next one for concrete failures; one without challenges does not", () => {
    expect(wantsConcrete([round(1, ["a"], { substantiveRate: 0.1 })])).toBe(true);
    expect(wantsConcrete([round(1, ["a"], { substantiveRate: 0.1 }), round(2, ["a"], { standing: true })])).toBe(true);
    expect(wantsConcrete([round(1, [], { substantiveRate: 0 })])).toBe(false);
    expect(wantsConcrete([])).toBe(false);
  });

  it("the card names what is open and the best state; advice stands before the evidence", () => {
    const text = openPoints([round(1, ["a"]), round(2, ["b", "c"])], "2 rounds", diagnosis);
    expect(text).toContain("2 open: C1: b; C2: c");
    expect(text).toContain("best state: round 1 with 1 open");
    expect(text).toContain("diagnosis (implementation): d");
    expect(withAdvice("evidence", diagnosis)).toMatch(/^Diagnosis[^]*Advice: a\n\nevidence$/);
    expect(withAdvice("x".repeat(6000), diagnosis).length).toBeLessThan(6100);
  });
});

describe("the loop of a task", () => {
  const valid = (n: number, claim: string): Fact => ({
    type: "review.ended",
    task: "a",
    attempt: 1,
    round: round(n, [claim]),
    feedback: `evidence of ${claim}`,
    usage: NO_USAGE,
    failure: null,
  });

  it("from the first challenge to the card, one more round, and the end", () => {
    const world = worldOf(submitted("a"));
    const review = (claim: string): void => {
      const task = taskOf(world, "a");
      pour(world, started("a", task.attempts.length + 1));
      const state = { at: "sealed", attempt: task.attempts.length + 1, candidate: CANDIDATE, failure: null } as const;
      world.tasks.set("a", { ...taskOf(world, "a"), state });
      pour(world, valid(task.rounds.length + 1, claim));
    };
    const next = (): void => {
      for (const fact of decideNow(world, T0).facts) pour(world, fact, T0);
    };
    review("it fails");
    next();
    expect(taskOf(world, "a").state).toMatchObject({ at: "queued", feedback: { from: "review" } });
    review("it fails");
    expect(decideNow(world, T0).effects.map(({ kind }) => kind)).toEqual(["diagnose"]);
    const diagnosis = { diagnosis: "the root", cause: "spec", advice: "do so" } as const;
    const about = { task: "a", attempt: 2, round: 2, usage: NO_USAGE, failure: null };
    pour(world, { type: "diagnosis.ended", ...about, diagnosis });
    next();
    expect(taskOf(world, "a").state).toMatchObject({
      at: "queued",
      feedback: { text: expect.stringContaining("do so") },
    });
    review("it fails");
    next();
    const blocked = taskOf(world, "a").state;
    expect(blocked).toMatchObject({ at: "blocked", failure: { code: "REVIEW_UNRESOLVED" } });
    const card = blocked.at === "blocked" ? blocked.card : null;
    expect(card?.options.map(({ effect }) => effect)).toEqual(["accept-as-is", "one-more-round", "give-up"]);
    const answer = { type: "card.answered", card: card?.id ?? "", task: "a", by: "user", note: "my words" } as const;
    pour(world, { ...answer, letter: "B" });
    expect(taskOf(world, "a").state).toMatchObject({ at: "queued", feedback: { from: "user" } });
    review("it fails");
    next();
    expect(taskOf(world, "a").state.at).toBe("blocked");
    const again = taskOf(world, "a").state;
    pour(world, { ...answer, card: again.at === "blocked" ? again.card.id : "", letter: "A" });
    expect(decideNow(world, T0).facts.map(({ type }) => type)).toEqual(["merge.started"]);
  });
});

describe("long changes", () => {
  const file = (path: string, lines: number): string =>
    `diff --git a/${path} b/${path}\n--- a/${path}\n+++ b/${path}\n@@ -0,0 +1,${lines} @@\n${"+x\n".repeat(lines)}`;

  it("are cut between files, sources beside their tests, lock files left out and named", () => {
    const diff = [
      file("package-lock.json", 5000),
      file("src/a.js", 250),
      file("src/b.js", 250),
      file("test/a.test.js", 100),
      file("test/b.test.js", 100),
    ].join("");
    const plan = planParts(diff);
    expect(plan.leftOut).toEqual(["package-lock.json"]);
    expect(plan.parts.map(({ paths }) => paths)).toEqual([
      ["src/a.js", "test/a.test.js"],
      ["src/b.js", "test/b.test.js"],
    ]);
    expect(plan.overview).toContain("test/b.test.js (100 lines, part 2)");
    expect(plan.parts.map((part) => part.diff).join("")).not.toContain("package-lock");
  });

  it("of 400 lines, and lock files alone, are read whole", () => {
    expect(planParts(file("src/a.js", 200) + file("src/b.js", 200)).parts).toHaveLength(1);
    const lock = file("package-lock.json", 5000);
    expect(planParts(lock)).toMatchObject({ leftOut: [], parts: [{ diff: lock }] });
    expect(planParts("").parts).toEqual([{ diff: "", paths: [] }]);
  });

  it("lines of a file that look like a header cut nothing", () => {
    const evil = `${file("src/a.js", 3)}+diff --git a/x b/x\n+++ b/package-lock.json\n`;
    expect(planParts(evil).parts[0]?.paths).toEqual(["src/a.js"]);
    expect(planParts(evil).leftOut).toEqual([]);
  });

  it("never become many parts", () => {
    const diff = Array.from({ length: 60 }, (_, n) => file(`src/f${n}.js`, 350)).join("");
    expect(planParts(diff).parts.length).toBeLessThanOrEqual(12);
  });

  it("get a second reviewer when the order says so, or when high risk meets sensitive paths", () => {
    expect(reviewersFor(reviewEnvelope({ reviewers: 2 }), [])).toBe(2);
    expect(reviewersFor(reviewEnvelope(), ["src/auth/login.js"])).toBe(1);
    expect(reviewersFor(reviewEnvelope({ risk: "high" }), ["src/auth/login.js"])).toBe(2);
    expect(reviewersFor(reviewEnvelope({ risk: "high" }), ["src/author.js", "src/paint.js"])).toBe(1);
    expect(reviewersFor(reviewEnvelope({ risk: "high", acceptance: [] }), ["a"])).toBe(2);
  });
});
