import { array, assert, constantFrom, integer, option, property, record } from "fast-check";
import { describe, expect, it } from "vitest";
import { type LifeEdge, lifeEdges, live } from "../../scripts/generate/task-life.ts";
import { ERROR_TABLE, isErrorCode } from "../../src/kernel/error-table.ts";
import { makeFailure } from "../../src/model/failure.ts";
import type { TaskState } from "../../src/model/task.ts";

/** Every state there is; the compiler misses none. */
const STATES: Readonly<Record<TaskState["at"], true>> = {
  queued: true,
  running: true,
  attempted: true,
  sealed: true,
  verified: true,
  reviewed: true,
  merging: true,
  merged: true,
  blocked: true,
  "given-up": true,
  dead: true,
  ended: true,
};

const edges = lifeEdges();
const keyOf = ({ from, fact, to }: LifeEdge): string => `${from} ${fact} ${to}`;
const known = new Set(edges.map(keyOf));

describe("the life of a task as the documentation draws it", () => {
  it("reaches every state and leaves it again", () => {
    const all = Object.keys(STATES).sort();
    expect([...new Set(edges.map((edge) => edge.to))].sort()).toEqual(all);
    expect([...new Set(edges.map((edge) => edge.from))].sort()).toEqual(["[*]", ...all].sort());
  });

  it("has no way around the checks", () => {
    const into = (state: string): string[] => edges.filter(({ to }) => to === state).map(({ from }) => from);
    // A person may take a change as it is that weakens checks; it is verified all the same.
    expect([...new Set(into("sealed"))].sort()).toEqual(["attempted", "blocked"]);
    expect([...new Set(into("merged"))].sort()).toEqual(["blocked", "merging"]);
    expect([...new Set(into("merging"))].sort()).toEqual(["reviewed", "sealed", "verified"]);
    expect(
      edges
        .filter(({ from, to }) => from === "attempted" && to === "queued")
        .map(({ fact }) => fact)
        .sort(),
    ).toEqual(["chunk.ended", "retry.decided"]);
  });

  it("shows every step that chance finds", () => {
    const codes = Object.keys(ERROR_TABLE).filter(isErrorCode);
    const fate = record({
      effect: constantFrom("attempt", "seal", "verify", "review", "merge"),
      failure: constantFrom(...codes).map((code) => makeFailure(code, code)),
      once: constantFrom(true, false),
      letter: constantFrom("A", "B", "C", "D"),
      cancelAt: option(integer({ min: 0, max: 40 })),
      without: constantFrom({}, { verify: true }, { review: true }),
    });
    assert(
      property(array(fate, { minLength: 1, maxLength: 5 }), (fates) => {
        const found = fates.flatMap((one) => live(one as Parameters<typeof live>[0])).map(keyOf);
        expect(found.filter((key) => !known.has(key))).toEqual([]);
      }),
      { numRuns: 400 },
    );
  });
});
