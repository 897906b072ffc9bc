import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CLOSED, enter, lookAt, report, staggeredMs } from "../../src/decide/failures/breaker.ts";
import { outcomeOfAttempt, outcomeOfReview, signatureOf } from "../../src/decide/failures/breaker-outcome.ts";
import type { Breaker, BreakerHolder, BreakerOutcome } from "../../src/model/breaker.ts";
import { DEFAULT_CONFIG } from "../../src/model/config.ts";
import { verifies } from "../requirements.ts";
import { failure, T0 } from "../support/worlds.ts";

verifies("C4");

const settings = DEFAULT_CONFIG.breaker;
const engine = { pid: 1, startTime: "1", bootId: "b" };
const bad = (code: string, trips = true): BreakerOutcome => ({ kind: "bad", code, signature: code, trips });
const good: BreakerOutcome = { kind: "good" };
const holder = (task: string, project = "/p"): BreakerHolder => ({ project, task, step: "attempt 1" });

/** A breaker that is driven by hand; `random` 0 unless said. */
function drive(random = 0) {
  let breaker: Breaker | null = null;
  let keys = 0;
  let alive = true;
  const keep = (change: Pick<Breaker, "state" | "reported"> | null): void => {
    if (change !== null) breaker = { v: 1, token: "", ...change };
  };
  const moment = (ms: number) => ({ nowMs: T0 + ms, isFree: () => !alive });
  return {
    say(ms: number, outcome: BreakerOutcome, task = "t", key = `k${(keys += 1)}`) {
      keep(
        report(breaker, { holder: holder(task), key, outcome, atMs: T0 + ms }, { nowMs: T0 + ms, random, settings }),
      );
      return lookAt(breaker, moment(ms));
    },
    ask(ms: number, task = "t", project = "/p"): boolean {
      const entry = enter(breaker, { ...holder(task, project), engine }, moment(ms));
      if (entry.pass && entry.state !== null) keep({ state: entry.state, reported: [] });
      return entry.pass;
    },
    look: (ms: number) => lookAt(breaker, moment(ms)),
    die: () => (alive = false),
    state: () => breaker?.state ?? CLOSED,
  };
}

describe("what opens it", () => {
  it("three tripping failures in a row within 60 s, for 5 minutes", () => {
    const box = drive();
    box.say(0, bad("CODEX_UNAVAILABLE"));
    box.say(20_000, bad("CODEX_RATE_LIMITED"));
    expect(box.look(20_000)).toEqual({ kind: "closed", closedMs: null });
    expect(box.say(59_000, bad("CODEX_NETWORK"))).toMatchObject({ kind: "open", untilMs: T0 + 59_000 + 300_000 });
    expect(box.ask(100_000)).toBe(false);
  });

  it.each<[string, readonly [number, BreakerOutcome][]]>([
    [
      "too far apart",
      [
        [0, bad("A")],
        [30_000, bad("B")],
        [61_000, bad("C")],
      ],
    ],
    [
      "with a success between",
      [
        [0, bad("A")],
        [1, bad("B")],
        [2, good],
        [3, bad("C")],
      ],
    ],
    [
      "with an answer between, although an error",
      [
        [0, bad("A")],
        [1, bad("B")],
        [2, bad("CODEX_AUTH", false)],
        [3, bad("C")],
      ],
    ],
    [
      "401, 400 and logic",
      [
        [0, bad("CODEX_AUTH", false)],
        [1, bad("CODEX_BAD_REQUEST", false)],
        [2, bad("VERIFY_FAILED", false)],
      ],
    ],
    [
      "what was ended from outside",
      [
        [0, { kind: "none" }],
        [1, { kind: "none" }],
        [2, { kind: "none" }],
      ],
    ],
    ["four identical errors", [0, 1, 2, 3].map((ms): [number, BreakerOutcome] => [ms, bad("CODEX_AUTH", false)])],
  ])("not: %s", (_name, said) => {
    const box = drive();
    for (const [ms, outcome] of said) box.say(ms, outcome);
    expect(box.look(61_000)).toMatchObject({ kind: "closed" });
  });

  it("five identical errors in a row, whatever the code and however long it takes", () => {
    const box = drive();
    for (let n = 0; n < 4; n += 1) box.say(n * 600_000, bad("CODEX_AUTH", false));
    expect(box.say(2_400_000, bad("CODEX_AUTH", false))).toMatchObject({
      kind: "open",
      why: expect.stringContaining("5 times"),
    });
  });

  it("the same outcome reported twice after a crash counts once", () => {
    const box = drive();
    for (let n = 0; n < 10; n += 1) box.say(n, bad("CODEX_UNAVAILABLE"), "t", "same");
    expect(box.look(10)).toMatchObject({ kind: "closed" });
  });

  it("knows the provider's failures from the rest", () => {
    const kinds = (code: string, kind = "transient") => outcomeOfAttempt({ failure: failure(code, kind) });
    for (const code of ["CODEX_RATE_LIMITED", "CODEX_UNAVAILABLE", "CODEX_NETWORK", "CODEX_STREAM_CUT"])
      expect(kinds(code)).toMatchObject({ kind: "bad", trips: true });
    for (const code of ["CODEX_AUTH", "CODEX_BAD_REQUEST", "CODEX_NO_SIDECAR"])
      expect(kinds(code)).toMatchObject({ kind: "bad", trips: false });
    for (const code of ["CODEX_USAGE_LIMIT", "REPORT_FAILED"]) expect(kinds(code)).toEqual({ kind: "good" });
    for (const code of ["CODEX_KILLED", "CODEX_LOST", "BUDGET_USD"]) expect(kinds(code)).toEqual({ kind: "none" });
    expect(outcomeOfAttempt({ failure: null })).toEqual({ kind: "good" });
    expect(outcomeOfReview(failure("REVIEW_UNAVAILABLE", "transient"))).toMatchObject({ trips: true });
    expect(outcomeOfReview(failure("REVIEW_UNAVAILABLE", "environment"))).toEqual({ kind: "none" });
    const formless = { ...failure("REVIEW_UNAVAILABLE", "logic"), retryAt: "2026-01-01T00:00:00.000Z" };
    expect(outcomeOfReview(formless)).toMatchObject({ kind: "bad", trips: false });
  });

  it("compares errors without their numbers and ids", () => {
    const of = (message: string) => signatureOf({ ...failure("X", "logic"), message });
    expect(of("request 0f3a9c21bb failed after 12.5 s")).toBe(of("request 77ac00ff12 failed after 3 s"));
    expect(of("model a not found")).not.toBe(of("model b not found"));
  });
});

/** A breaker that three failures at 0 have opened for 300 s. */
function opened(random = 0) {
  const box = drive(random);
  for (const code of ["A", "B", "C"]) box.say(0, bad(code));
  return box;
}

describe("half-open", () => {
  it("lets exactly one through, however many wait and wherever they are", () => {
    const box = opened();
    expect(box.ask(299_999)).toBe(false);
    const passed = ["a", "b", "c"].flatMap((task) => ["/p", "/q"].filter((project) => box.ask(300_000, task, project)));
    expect(passed).toEqual(["/p"]);
    expect(box.ask(300_001, "a")).toBe(true);
    expect(box.look(300_001)).toMatchObject({ kind: "probing", by: "a" });
  });

  it("closes when the probe succeeds, and what waited starts staggered within 30 s", () => {
    const box = opened();
    box.ask(300_000, "a");
    box.say(310_000, good, "a");
    expect(box.look(310_000)).toEqual({ kind: "closed", closedMs: T0 + 310_000 });
    const starts = Array.from({ length: 50 }, (_, n) => staggeredMs(`t${n}`, T0, settings) - T0);
    expect(Math.min(...starts)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...starts)).toBeLessThan(30_000);
    expect(new Set(starts).size).toBeGreaterThan(40);
    expect(staggeredMs("t", T0, { ...settings, cooldownSeconds: 1 }) - T0).toBeLessThan(100);
  });

  it("opens again with the cooldown doubled, at most 30 minutes", () => {
    const box = opened();
    let now = 300_000;
    const cooldowns: number[] = [];
    for (let n = 0; n < 5; n += 1) {
      expect(box.ask(now, "a")).toBe(true);
      const look = box.say(now, bad("A"), "a");
      if (look.kind !== "open") throw new Error(look.kind);
      cooldowns.push((look.untilMs - T0 - now) / 1000);
      now = look.untilMs - T0;
    }
    expect(cooldowns).toEqual([600, 1200, 1800, 1800, 1800]);
  });

  it("does not take the word of anybody but the probe, and another error of the probe is an answer", () => {
    const box = opened();
    box.ask(300_000, "a");
    box.say(300_001, good, "old");
    expect(box.look(300_001)).toMatchObject({ kind: "probing" });
    box.say(300_002, bad("CODEX_AUTH", false), "a");
    expect(box.look(300_002)).toMatchObject({ kind: "closed" });
  });

  it("the place of a probe that died, or was ended from outside, is free at once", () => {
    const box = opened();
    box.ask(300_000, "a");
    box.say(300_001, { kind: "none" }, "a");
    expect(box.ask(300_002, "b")).toBe(true);
    expect(box.ask(300_003, "c")).toBe(false);
    box.die();
    expect(box.ask(300_004, "c")).toBe(true);
  });

  it("comes with jitter, and is not put off by a clock that was set back", () => {
    const box = opened(0.5);
    expect(box.look(0)).toMatchObject({ kind: "open", untilMs: T0 + 315_000 });
    expect(box.look(-120_000)).toMatchObject({ kind: "due" });
  });
});

it("whatever is reported: never open beyond the longest cooldown and its jitter, never two probes", () => {
  const outcome = fc.constantFrom<BreakerOutcome>(good, { kind: "none" }, bad("A"), bad("B"), bad("C", false));
  const step = fc.record({ ms: fc.integer({ min: 0, max: 400_000 }), outcome, task: fc.constantFrom("a", "b", "c") });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (steps, random) => {
      const box = drive(random);
      let now = 0;
      for (const { ms, outcome: said, task } of steps) {
        now += ms;
        const before = box.state();
        const passed = ["a", "b", "c"].filter((each) => box.ask(now, each));
        expect(passed.length).toBeLessThanOrEqual(before.at === "closed" ? 3 : 1);
        const look = box.say(now, said, task);
        const openMs = look.kind === "open" ? look.untilMs - T0 - now : 0;
        expect(openMs).toBeLessThanOrEqual(1_830_000);
      }
    }),
  );
});
