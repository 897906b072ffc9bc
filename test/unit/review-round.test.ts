import { describe, expect, it } from "vitest";
import { holdRound, type RoundOrder } from "../../src/engine/review/round.ts";
import { reviewLimits, type ReviewSubject, type ReviewTools } from "../../src/engine/review/tools.ts";
import { makeFailure } from "../../src/model/failure.ts";
import { DEFAULT_CONFIG } from "../../src/model/config.ts";
import { NO_USAGE } from "../../src/model/outcome.ts";
import type { Challenge } from "../../src/model/review.ts";
import type { ReviewOrder } from "../../src/ports/reviewer.ts";
import { verifies } from "../requirements.ts";
import { reviewEnvelope } from "../support/review-envelope.ts";

verifies("E2", "E3");

const SUBJECT: ReviewSubject = {
  task: "t",
  attempt: 1,
  envelope: reviewEnvelope(),
  place: { path: "/r", branch: null },
  base: "b",
  commit: "c",
  files: [{ path: "src/a.js", status: "added" }],
  scratch: "/w/t",
};

function challenge(id: string, evidence: Partial<Challenge["evidence"]>): Challenge {
  const kind = evidence.kind ?? "failing-test";
  const claim = { id, claim: `claim ${id}`, violates: "x", severity: "major", path: "src/a.js", line: 1 } as const;
  return { ...claim, evidence: { kind, ...evidence } };
}

const VIOLATION = challenge("S1", {
  kind: "spec-violation",
  quote: "The 101st request within a minute gets 429",
  path: "src/a.js",
  line: 1,
});
const DISPROVED = challenge("C1", { command: "true" });

const file = (path: string, lines: number): string =>
  `diff --git a/${path} b/${path}\n--- /dev/null\n+++ b/${path}\n@@ -0,0 +1,${lines} @@\n${"+x\n".repeat(lines)}`;

interface World {
  readonly diff?: string;
  readonly challenges?: readonly Challenge[];
  /** Cost of every answer. */
  readonly usd?: number;
  readonly exitCode?: number;
  readonly judgeFails?: boolean;
}

/** Ports that answer at once, and the calls that were made of the reviewer. */
function tools(world: World): { tools: ReviewTools; calls: string[]; orders: ReviewOrder[] } {
  const calls: string[] = [];
  const orders: ReviewOrder[] = [];
  const usage = { ...NO_USAGE, usd: world.usd ?? 0 };
  const answer = async <T>(call: string, value: T) => {
    calls.push(call);
    return { ok: true, value: { value, usage, model: "m" } } as const;
  };
  const failed = { ...makeFailure("REVIEW_UNAVAILABLE", "overloaded (529)", {}), usage, model: "m" };
  const ports: ReviewTools = {
    repo: {
      openScratch: async () => undefined,
      dropScratch: async () => undefined,
      writeScratchFile: async () => "written",
      readScratchFile: async (_scratch, path) => (path === "src/a.js" ? "one\ntwo\n" : null),
      scratchEdits: async () => [],
      thinScratch: async () => 1,
      writeDiff: async () => world.diff ?? file("src/a.js", 2),
    },
    sandbox: { run: async () => ({ kind: "exited", exitCode: world.exitCode ?? 0, ms: 1, tail: "" }) },
    reviewer: {
      readiness: () => Promise.reject(new Error("not asked")),
      attack: () => Promise.reject(new Error("not asked")),
      review: (order) => {
        orders.push(order);
        return answer("review", { summary: "s", challenges: [...(world.challenges ?? [])] });
      },
      read: () => answer("read", { reading: "r", concerns: [] }),
      judge: async ({ challenges }) =>
        world.judgeFails === true
          ? { ok: false, error: failed }
          : answer("judge", { rulings: challenges.map(({ id }) => ({ id, ruling: "VALID" as const, reason: "so" })) }),
      diagnose: () => Promise.reject(new Error("not asked")),
    },
    clock: { now: () => 0, sleep: async () => undefined },
    cleanLog: async () => undefined,
    signal: new AbortController().signal,
  };
  return { tools: ports, calls, orders };
}

function order(over: Partial<RoundOrder> = {}): RoundOrder {
  const limits = reviewLimits(DEFAULT_CONFIG, 0);
  return { round: 1, dir: "/d", reviewers: 1, standing: [], priorClaims: [], concrete: false, limits, ...over };
}

describe("a round", () => {
  it("asks a judge after the reviewer, for a reading first, and only about what cannot be executed", async () => {
    const world = tools({ challenges: [DISPROVED, VIOLATION] });
    const held = await holdRound(world.tools, SUBJECT, order());
    expect(world.calls).toEqual(["review", "read", "judge"]);
    expect(held.round?.challenges).toMatchObject([
      { id: "C1", ruling: "NOISE", executed: true },
      { id: "S1", ruling: "VALID", executed: false, reason: "judge: so" },
    ]);
    expect(held.calls.map(({ role }) => role)).toEqual(["reviewer", "judge", "judge"]);
    const without = tools({ challenges: [DISPROVED] });
    await holdRound(without.tools, SUBJECT, order());
    expect(without.calls).toEqual(["review"]);
  });

  it("leaves to a person what no judge could rule on", async () => {
    const world = tools({ challenges: [VIOLATION], judgeFails: true });
    const held = await holdRound(world.tools, SUBJECT, order());
    expect(held.round?.challenges).toMatchObject([{ ruling: "PARTIAL", reason: expect.stringContaining("529") }]);
  });

  it("asks nobody while the evidence of an earlier round fails", async () => {
    const world = tools({ exitCode: 1 });
    const held = await holdRound(world.tools, SUBJECT, order({ standing: [DISPROVED] }));
    expect(world.calls).toEqual([]);
    expect(held.round).toMatchObject({ standing: true, challenges: [{ id: "C1", ruling: "VALID" }] });
    expect((await holdRound(tools({}).tools, SUBJECT, order({ standing: [DISPROVED] }))).round?.challenges).toEqual([]);
  });

  it("asks every reviewer about every part, without lock files, which are named", async () => {
    const diff = [file("src/a.js", 300), file("src/b.js", 300), file("yarn.lock", 900)].join("");
    const world = tools({ diff });
    const held = await holdRound(world.tools, SUBJECT, order({ reviewers: 2 }));
    expect(world.orders.map(({ part, reviewer }) => [part?.number, part?.of, reviewer])).toEqual([
      [1, 2, undefined],
      [2, 2, undefined],
      [1, 2, 2],
      [2, 2, 2],
    ]);
    expect(held.round?.leftOut).toEqual(["yarn.lock"]);
    expect(world.orders.every((each) => !each.diff.includes("yarn.lock") && each.leftOut?.[0] === "yarn.lock")).toBe(
      true,
    );
  });

  it("ends when its money is used up before every part was read", async () => {
    const world = tools({ diff: [file("a.js", 300), file("b.js", 300)].join(""), usd: 2 });
    const held = await holdRound(world.tools, SUBJECT, order());
    expect(held).toMatchObject({ round: null, failure: { code: "REVIEW_UNAVAILABLE" } });
    expect(held.failure?.message).toContain("money limit of 2 USD");
    expect(world.calls).toEqual(["review"]);
  });
});
