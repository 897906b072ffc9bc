import { array, assert, constantFrom, integer, property, record } from "fast-check";
import { describe, expect, it } from "vitest";
import { kindOf, type RouteInputs, routeOf, type WindowView } from "../../src/decide/routing/routing.ts";
import { TIERS, tierRecords } from "../../src/decide/routing/tier-history.ts";
import type { Envelope } from "../../src/model/envelope.ts";
import type { TaskOutcome } from "../../src/model/ledger.ts";
import { verifies } from "../requirements.ts";
import { submitted } from "../support/worlds.ts";

verifies("A9", "F3");

function envelopeOf(parts: Partial<Envelope> = {}): Envelope {
  const fact = submitted("t", { inputs: [{ path: "a.ts" }], ...parts });
  if (fact.type !== "task.submitted") throw new Error("not a submission");
  return fact.envelope;
}

const verified = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ text: `criterion ${at}`, verify: "true" }));
const unchecked = [{ text: "it reads well" }];

function route(parts: Partial<Envelope>, inputs: Partial<Omit<RouteInputs, "envelope">> = {}) {
  return routeOf({ envelope: envelopeOf(parts), asked: "auto", history: [], windows: [], failed: [], ...inputs });
}

describe("the decision matrix", () => {
  it.each<[string, Partial<Envelope>, string]>([
    ["one tool call", { risk: "low", acceptance: [], write: [], output: { path: "a.ts" } }, "self low"],
    ["one call of high risk is still work", { risk: "high", acceptance: [], write: ["a"] }, "codex xhigh"],
    ["high risk that takes judgment", { risk: "high", goal: "Design the key rotation." }, "codex xhigh"],
    ["high risk that checks cover", { risk: "high" }, "codex high"],
    ["a migration", { risk: "low", goal: "Migrate the users to the new table." }, "codex high"],
    ["a migration that takes judgment", { goal: "Choose a migration path." }, "codex xhigh"],
    ["devops work", { role: "devops", risk: "low", acceptance: verified(3) }, "codex high"],
    ["reading", { risk: "low", role: "researcher", write: [], acceptance: unchecked }, "subagent medium"],
    ["small and unchecked", { risk: "low", acceptance: unchecked }, "subagent low"],
    ["judgment", { goal: "Investigate the slow start.", acceptance: verified(3) }, "codex high"],
    ["a handoff", { size: "handoff", acceptance: verified(3) }, "codex high"],
    ["mechanical and checkable", { risk: "low", goal: "Rename Foo to Bar.", acceptance: verified(4) }, "codex low"],
    ["mechanical, but nothing checks it", { goal: "Rename Foo to Bar.", acceptance: unchecked }, "codex high"],
    ["small and checkable", { risk: "low", acceptance: verified(1) }, "codex low"],
    ["ordinary work", { acceptance: verified(3) }, "codex medium"],
  ])("%s", (_name, parts, expected) => {
    const found = route(parts);
    expect(`${found.to} ${found.effort}`).toBe(expected);
    expect(found.reasons).toHaveLength(1);
    expect(found.steps).toEqual([]);
  });

  it("names the word that decided", () => {
    expect(route({ goal: "Investigate the slow start." }).reasons[0]).toBe('it takes judgment ("investigate")');
  });

  it("leaves an effort that somebody asked for, and says what it would have been", () => {
    const found = route({ acceptance: verified(3) }, { asked: "xhigh", history: past("standard xhigh", 0, 9) });
    expect(found).toMatchObject({ to: "codex", effort: "xhigh", steps: [], wait: null });
    expect(found.reasons[0]).toBe(
      "effort xhigh is asked for; auto would begin at medium, because ordinary work that commands check",
    );
  });
});

const ended = (parts: Partial<TaskOutcome>): TaskOutcome => ({
  seq: 1,
  part: 0,
  at: "2026-01-01T00:00:00.000Z",
  run: "R",
  task: "x",
  status: "accepted",
  code: null,
  kind: "standard",
  efforts: ["medium"],
  inputTokens: 900,
  cachedInputTokens: 0,
  outputTokens: 100,
  usd: 0.5,
  ms: 60_000,
  ...parts,
});

/** Tasks of a kind that began at a tier (`kind tier`): some held it, some failed in their work. */
function past(work: string, held: number, failed: number, tokens = 1000): TaskOutcome[] {
  const [kind = "", tier = ""] = work.split(" ");
  const one = (parts: Partial<TaskOutcome>) =>
    ended({ kind, efforts: [tier], inputTokens: tokens, outputTokens: 0, ...parts });
  return [
    ...Array.from({ length: held }, () => one({})),
    ...Array.from({ length: failed }, () => one({ status: "failed", code: "VERIFY_FAILED" })),
  ];
}

const ordinary = { acceptance: verified(3) };
const week = (usedPercent: number): WindowView => ({
  name: "secondary",
  usedPercent,
  resetsAt: "2026-01-05T00:00:00Z",
});

describe("history", () => {
  it.each<[string, TaskOutcome[], string, string | null]>([
    ["too few tasks say nothing", past("standard medium", 0, 4), "medium", null],
    [
      "a tier that fails is left upwards",
      past("standard medium", 2, 4),
      "high",
      "up from medium to high: 2 of 6 tasks",
    ],
    ["a tier that holds is kept", past("standard medium", 4, 2), "medium", null],
    [
      "a cheaper one that is good enough is taken",
      past("standard low", 9, 1, 300),
      "low",
      "down from medium to low: 9 of 10 tasks",
    ],
    ["not when it costs as much", [...past("standard low", 9, 1), ...past("standard medium", 5, 0)], "medium", null],
    ["another kind of work says nothing", past("mechanical medium", 0, 9), "medium", null],
  ])("%s", (_name, history, expected, reason) => {
    const found = route(ordinary, { history });
    expect(found.effort).toBe(expected);
    expect(found.reasons[1]?.startsWith(reason ?? "?") ?? reason === null).toBe(true);
  });

  it("never lowers what is of high risk", () => {
    expect(route({ risk: "high" }, { history: past("high-risk medium", 9, 0, 10) }).effort).toBe("high");
  });

  it("counts what the effort decided, as quantiles", () => {
    const outcomes = [
      ...[1, 2, 3, 4, 100].map((inputTokens) => ended({ inputTokens, outputTokens: 0, ms: inputTokens })),
      ended({ efforts: ["medium", "high"] }),
      ended({ status: "cancelled" }),
      ended({ status: "failed", code: "CODEX_NETWORK" }),
      ended({ status: "failed", code: "VERIFY_FAILED" }),
    ];
    const [medium, ...others] = tierRecords(outcomes, "standard");
    expect(others).toEqual([]);
    expect(medium).toMatchObject({ tier: "medium", tasks: 7, held: 5, tokens: { p50: 4, p90: 1000 } });
    expect(tierRecords(outcomes.slice(0, 5), null)[0]).toMatchObject({ tokens: { p50: 3, p90: 100 }, ms: { p50: 3 } });
  });
});

describe("what happened to the task itself", () => {
  it("raises the tier above the highest one that was too low, before history is asked", () => {
    const history = past("standard low", 9, 0, 1);
    const found = route(ordinary, { history, failed: [{ effort: "medium", code: "VERIFY_FAILED" }] });
    expect(found.effort).toBe("high");
    expect(found.reasons[1]).toBe("up from medium to high: this task failed at medium (VERIFY_FAILED)");
    const both = [
      { effort: "high", code: "REPORT_FAILED" } as const,
      { effort: "medium", code: "VERIFY_FAILED" } as const,
    ];
    expect(route(ordinary, { failed: both }).effort).toBe("xhigh");
    expect(route(ordinary, { failed: [{ effort: "xhigh", code: "VERIFY_FAILED" }] }).effort).toBe("xhigh");
  });
});

describe("a tight weekly window", () => {
  it("takes one tier off, visibly", () => {
    const found = route(ordinary, { windows: [week(84)] });
    expect(found).toMatchObject({ effort: "low", wait: null, steps: [{ by: "window", from: "medium", to: "low" }] });
    expect(found.reasons[1]).toBe("down from medium to low: 84 % of the weekly window are used");
  });

  it("lets high-risk work wait instead", () => {
    for (const parts of [{ risk: "high" }, { goal: "Deploy it.", acceptance: verified(3) }] as const) {
      const found = route(parts, { windows: [week(84)] });
      expect(found).toMatchObject({ effort: "high", steps: [], wait: { until: "2026-01-05T00:00:00Z" } });
    }
  });

  it("is the weekly one, and only when little is left", () => {
    expect(route(ordinary, { windows: [week(79), { ...week(99), name: "primary" }] }).steps).toEqual([]);
    expect(route({ risk: "low", acceptance: verified(1) }, { windows: [week(99)] })).toMatchObject({
      effort: "low",
      steps: [],
    });
  });
});

describe("every route", () => {
  it("is a tier with a reason for every step, whatever comes in", () => {
    const tier = constantFrom(...TIERS);
    const outcome = record({
      kind: constantFrom("standard", "small", "high-risk"),
      efforts: array(tier, { maxLength: 3 }),
      status: constantFrom("accepted", "failed", "cancelled", "dead"),
      code: constantFrom(null, "VERIFY_FAILED", "CODEX_NETWORK", "NO_SUCH_CODE"),
    });
    const arbitrary = record({
      risk: constantFrom("low", "medium", "high" as const),
      criteria: integer({ min: 0, max: 4 }),
      outcomes: array(outcome, { maxLength: 30 }),
      failed: array(record({ effort: tier, code: constantFrom("VERIFY_FAILED") }), { maxLength: 3 }),
      used: integer({ min: 0, max: 130 }),
    });
    assert(
      property(arbitrary, ({ risk, criteria, outcomes, failed, used }) => {
        const parts = { risk, acceptance: verified(criteria) } as Partial<Envelope>;
        const history = outcomes.map((each) => ended(each));
        const found = route(parts, { history, failed, windows: [week(used)] });
        expect(TIERS).toContain(found.effort);
        expect(found.reasons).toHaveLength(1 + found.steps.length);
        expect(found.kind).toBe(kindOf(envelopeOf(parts)));
        if (risk === "high") expect(found.steps.filter(({ by }) => by === "window")).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});
