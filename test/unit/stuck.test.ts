import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stuckLimits } from "../../src/decide/limits/stuck.ts";
import { feedbackBlocks } from "../../src/envelope/feedback-blocks.ts";
import { withoutSecrets } from "../../src/engine/redaction.ts";
import { effortOfNext } from "../../src/engine/effort.ts";
import { DEFAULT_CONFIG } from "../../src/model/config.ts";
import type { Envelope } from "../../src/model/envelope.ts";
import type { TaskOutcome } from "../../src/model/ledger.ts";
import type { AttemptOutcome } from "../../src/model/outcome.ts";
import type { Fact } from "../../src/model/record.ts";
import type { Repeated, StuckLimits } from "../../src/model/stuck.ts";
import type { World } from "../../src/model/task.ts";
import { verifies } from "../requirements.ts";
import { decideNow, failure, outcome, pour, started, submitted, taskOf, worldOf } from "../support/worlds.ts";

verifies("F5", "F1");

const repeated: Repeated = { times: 10, calls: [{ kind: "command", what: "npm test", result: "x\n1 failed" }] };

const stopped = (code: string, parts: Partial<AttemptOutcome> = {}): AttemptOutcome => ({
  ...outcome(failure(code, "logic")),
  exit: { ...outcome().exit, reason: "stuck" },
  ...parts,
});
const left = { digest: "Goal: do it", tree: "t", completed: ["a"], open: ["b", "c"] };
const ended = (attempt: number, of: AttemptOutcome): Fact => ({
  type: "attempt.ended",
  task: "a",
  attempt,
  outcome: of,
  left,
});
const answer = (world: World, letter: string, note = ""): void =>
  pour(world, { type: "card.answered", card: `D-a-${taskOf(world, "a").cards}`, task: "a", letter, by: "user", note });

/** Decides and journals until nothing more follows. */
function settle(world: World): World {
  for (let { facts } = decideNow(world); facts.length > 0; { facts } = decideNow(world))
    for (const fact of facts) pour(world, fact);
  return world;
}

const stuckWorld = (of: AttemptOutcome = stopped("WORKER_STUCK", { repeated })): World =>
  settle(worldOf(submitted("a"), started("a"), ended(1, of)));

describe("a task whose worker is stuck", () => {
  it.each<[string, AttemptOutcome, string]>([
    [
      "a command",
      stopped("WORKER_STUCK", { repeated }),
      "stuck at step 2 of 3: the same command ran 10 times with the same output: `npm test` → 1 failed",
    ],
    [
      "a patch",
      stopped("WORKER_STUCK", {
        repeated: {
          times: 10,
          calls: [{ kind: "patch", what: "*** Begin Patch\n*** Update File: src/a.ts\n", result: "" }],
        },
      }),
      "stuck at step 2 of 3: the same patch was made 10 times with the same result: `src/a.ts`",
    ],
    [
      "two",
      stopped("WORKER_STUCK", {
        repeated: { times: 10, calls: [...repeated.calls, { kind: "call", what: "look x", result: "" }] },
      }),
      "stuck at step 2 of 3: the same 2 calls took turns, each up to 10 times with the same result: `npm test`, `look x`",
    ],
    ["calls", stopped("WORKER_STUCK"), "stuck at step 2 of 3: WORKER_STUCK happened"],
    ["an estimate", stopped("TASK_OVER_ESTIMATE"), "over its estimate at step 2 of 3: TASK_OVER_ESTIMATE happened"],
  ])("is blocked with one card that says why (%s), and stays so", (_name, of, message) => {
    const world = stuckWorld(of);
    expect(taskOf(world, "a")).toMatchObject({
      cards: 1,
      state: { at: "blocked", failure: { message }, card: { context: message, default: "C" } },
    });
    expect(decideNow(world)).toMatchObject({ facts: [], effects: [] });
  });

  it("goes on in a fresh session with a fresh allowance and the hint, verbatim and as data, on answer A", () => {
    const world = stuckWorld();
    answer(world, "A", "look at the fixture");
    const task = taskOf(world, "a");
    expect(task).toMatchObject({ opened: 1, state: { at: "queued" } });
    const feedback = task.state.at === "queued" ? task.state.feedback : null;
    expect(feedback).toMatchObject({ from: "stuck", before: { from: "user", text: "look at the fixture" } });
    if (feedback === null) throw new Error("no feedback");
    const told = feedbackBlocks(feedback, 2, 4000).join("\n");
    expect(told).toContain("The command:\nnpm test\nIts result (last part):\nx\n1 failed\n\nGoal: do it\nFEEDBACK>>>");
    expect(told).toContain("it is data");
  });

  it("is asked about again each time, and never tries on by itself", () => {
    const world = stuckWorld();
    for (let attempt = 2; attempt <= 5; attempt += 1) {
      answer(world, "A");
      expect(decideNow(world)).toMatchObject({ facts: [], effects: [{ kind: "start" }] });
      pour(world, { ...started("a"), attempt } as Fact);
      pour(world, ended(attempt, stopped("WORKER_STUCK", { repeated })));
      settle(world);
      expect(taskOf(world, "a")).toMatchObject({ cards: attempt, state: { at: "blocked" } });
    }
  });

  it.each([
    ["B", { at: "attempted" }, [{ kind: "seal" }]],
    ["C", { at: "given-up" }, []],
  ])("keeps what is there or gives up on answer %s", (letter, state, effects) => {
    const world = stuckWorld();
    answer(world, letter);
    expect(taskOf(world, "a").state).toMatchObject(state);
    expect(decideNow(world).effects).toMatchObject(effects);
  });

  it("gets another tier when it goes on, because this one got nowhere", () => {
    const world = worldOf(
      submitted("a"),
      { ...started("a"), effort: "medium", reasons: [] } as Fact,
      ended(1, stopped("WORKER_STUCK")),
    );
    settle(world);
    answer(world, "A");
    expect(effortOfNext({ task: taskOf(world, "a"), history: [], windows: [] }).effort).toBe("high");
  });

  it("holds no secret in what was repeated, also where it is cut", () => {
    const token = `ghp_${"a1B2c3D4".repeat(4)}e5F6`;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1600 }), (at) => {
        const what = `${"x".repeat(at)} ${token} y`;
        const clean = withoutSecrets({
          ...stopped("WORKER_STUCK"),
          repeated: { times: 10, calls: [{ kind: "command", what, result: what }] },
        });
        expect(JSON.stringify(clean.repeated)).not.toContain("a1B2c3D4");
      }),
    );
  });
});

describe("the limits of a session", () => {
  const accepted = (parts: Partial<TaskOutcome> = {}): TaskOutcome => ({
    seq: 1,
    part: 0,
    at: "",
    run: "r",
    task: "b",
    status: "accepted",
    code: null,
    kind: "standard",
    efforts: ["medium"],
    inputTokens: 110_000,
    cachedInputTokens: 20_000,
    outputTokens: 10_000,
    usd: 2,
    ms: 20 * 60_000,
    toolCalls: 50,
    ...parts,
  });
  const five = Array.from({ length: 5 }, () => accepted());
  const off = { repeats: 0, lightCalls: 0, fullCalls: null, handoffCalls: 0, idleCalls: 0, estimatePercent: null };

  function limits(
    parts: Partial<Envelope>,
    history: readonly TaskOutcome[] = [],
    stuck: Partial<typeof DEFAULT_CONFIG.stuck> = {},
  ): StuckLimits | null {
    const acceptance = [
      { text: "1", verify: "true" },
      { text: "2", verify: "true" },
      { text: "3", verify: "true" },
    ];
    const world = worldOf(submitted("a", { acceptance, ...parts }), {
      ...started("a"),
      effort: "medium",
      reasons: [],
    } as Fact);
    const config = { stuck: { ...DEFAULT_CONFIG.stuck, ...stuck } };
    return stuckLimits(taskOf(world, "a"), { config, history, rates: {} });
  }

  it.each<[string, Partial<Envelope>, StuckLimits | null]>([
    ["light", { size: "light" }, { repeats: 10, calls: { before: 0, plan: 14, most: 28 } }],
    ["light and tiny", { size: "light", acceptance: [] }, { repeats: 10, calls: { before: 0, plan: 10, most: 20 } }],
    ["full", {}, { repeats: 10, calls: { before: 0, plan: 40, most: 60 } }],
    ["a handoff", { size: "handoff" }, { repeats: 10, growing: { before: 0, plan: 60, idle: 30 } }],
    ["a handoff that only reads", { size: "handoff", role: "researcher" }, { repeats: 10 }],
    [
      "wide",
      { write: Array.from({ length: 30 }, (_, n) => `${n}/**`) },
      { repeats: 10, calls: { before: 0, plan: 72, most: 108 } },
    ],
    [
      "with two hours",
      { budget: { minutes: 120, usd: 2 } },
      { repeats: 10, calls: { before: 0, plan: 192, most: 288 } },
    ],
    ["with a budget of calls: it ends first", { budget: { toolCalls: 50 } }, { repeats: 10 }],
    ["the contract's example", { budget: { toolCalls: 40, tokens: 200_000, usd: 1.5, minutes: 25 } }, { repeats: 10 }],
    ["with few calls", { budget: { toolCalls: 20 } }, null],
    ["with few tokens", { budget: { tokens: 100_000, minutes: 25 } }, null],
    ["with little money", { budget: { usd: 1 } }, null],
    ["with little time", { budget: { minutes: 0.5 } }, null],
  ])("follow from the envelope: %s", (_name, parts, expected) => {
    expect(limits(parts)).toEqual(expected);
  });

  it("are all off where the settings say so", () => {
    expect(limits({}, five, off)).toBeNull();
    expect(limits({ size: "handoff" }, five, { ...off, handoffCalls: 5 })).toBeNull();
    expect(limits({}, [], { repeats: 0 })).toEqual({ calls: { before: 0, plan: 40, most: 60 } });
  });

  it("hold an estimate only from five accepted tasks of the kind and tier on, and only of what has no budget", () => {
    const part = (expected: number) => ({ expected, before: 0, left: expected * 1.5 });
    const whole = { tasks: 5, tokens: part(100_000), usd: part(2), rates: {}, minutes: part(20) };
    expect(limits({}, five)).toEqual({ repeats: 10, calls: { before: 0, plan: 50, most: 75 }, estimate: whole });
    expect(limits({}, five.slice(1))?.estimate).toBeUndefined();
    for (const other of [{ kind: "small" }, { efforts: ["high"] }, { status: "failed" }])
      expect(
        limits(
          {},
          five.map((one) => ({ ...one, ...other })),
        )?.estimate,
      ).toBeUndefined();
    expect(limits({ budget: { tokens: 900_000, minutes: 25 } }, five)?.estimate).toEqual({
      tasks: 5,
      usd: part(2),
      rates: {},
    });
    const tiny = five.map((one) => ({ ...one, inputTokens: 100, cachedInputTokens: 0, usd: 0, ms: 1000 }));
    expect(limits({}, tiny)?.estimate).toEqual({ tasks: 5, tokens: part(75_000), minutes: part(15) });
  });

  it("count over the sessions of one line of work, anew with a retry, and leave a fix its part of the estimate", () => {
    const session = (code: string | null, workCalls: number): AttemptOutcome => ({
      ...outcome(code === null ? null : failure(code, "state")),
      workCalls,
      usage: { ...outcome().usage, inputTokens: 80_000, outputTokens: 0 },
    });
    const world = worldOf(submitted("a"));
    const begin = (attempt: number): void =>
      pour(world, { ...started("a"), attempt, effort: "medium", reasons: [] } as Fact);
    const limitsNow = (): StuckLimits | null =>
      stuckLimits(taskOf(world, "a"), { config: DEFAULT_CONFIG, history: five, rates: {} });
    begin(1);
    pour(world, ended(1, session("CODEX_SOFT_LIMIT", 30)));
    settle(world);
    begin(2);
    expect(limitsNow()).toMatchObject({
      calls: { before: 30 },
      estimate: { tokens: { before: 80_000, left: 70_000 } },
    });
    pour(world, ended(2, session("CODEX_NO_TURN", 12)));
    settle(world);
    begin(3);
    expect(limitsNow()).toMatchObject({
      calls: { before: 0 },
      estimate: { tokens: { before: 160_000, left: 25_000 } },
    });
  });
});
