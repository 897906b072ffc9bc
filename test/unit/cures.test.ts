import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cureOf, PYRAMID } from "../../src/decide/failures/cures.ts";
import { judgeFailure, type Verdict } from "../../src/decide/failures/retry.ts";
import { errorClass } from "../../src/kernel/errors.ts";
import { ERROR_TABLE, isErrorCode } from "../../src/kernel/error-table.ts";
import { DEFAULT_CONFIG } from "../../src/model/config.ts";
import type { Envelope } from "../../src/model/envelope.ts";
import { makeFailure } from "../../src/model/failure.ts";
import type { Fact } from "../../src/model/record.ts";
import type { Task, World } from "../../src/model/task.ts";
import { verifies } from "../requirements.ts";
import { decideNow, failure, outcome, pour, started, submitted, T0, taskOf, worldOf } from "../support/worlds.ts";

verifies("C2", "C3", "D3");

const CODES = Object.keys(ERROR_TABLE).filter(isErrorCode);

/** A task that has spent these retries. */
function taskWith(retries: Record<string, number>, budget: Envelope["budget"] = {}): Task {
  return { ...taskOf(worldOf(submitted("a", { budget })), "a"), retries };
}

const judge = (code: string, retries: Record<string, number> = {}, retryAt: string | null = null): Verdict =>
  judgeFailure(taskWith(retries), failure(code, "", retryAt), DEFAULT_CONFIG, { nowMs: T0, random: 0 });

/** What follows failure after failure of one code: seconds to wait and layer, then how it ends. */
function course(code: string): string[] {
  const steps: string[] = [];
  for (let used = 0; used < 9; used += 1) {
    const verdict = judge(code, { [code]: used });
    if (verdict.kind !== "again") return [...steps, verdict.kind];
    steps.push(`${(verdict.notBeforeMs - T0) / 1000} ${verdict.layer}`);
  }
  return steps;
}

describe("the cure of each failure", () => {
  it.each([
    ["CODEX_UNAVAILABLE", ["1 normal", "2 normal", "4 normal", "park"]],
    ["CODEX_RATE_LIMITED", ["1 normal", "2 normal", "4 normal", "park"]],
    ["CODEX_NETWORK", ["10 normal", "20 normal", "park"]],
    ["CODEX_STREAM_CUT", ["10 normal", "20 normal", "park"]],
    ["CODEX_SILENT", ["30 normal", "60 normal", "park"]],
    ["CODEX_AUTH", ["park"]],
    ["CODEX_QUOTA", ["park"]],
    ["CODEX_BAD_REQUEST", ["fail"]],
    ["CODEX_MODEL_NOT_FOUND", ["fail"]],
    ["CODEX_NOT_LOGGED_IN", ["fail"]],
    ["CODEX_NO_SIDECAR", ["0 repair", "fail"]],
    ["REPORT_MISSING", ["0 repair", "fail"]],
    ["VERIFY_FAILED", ["0 normal", "fail"]],
    ["SCOPE_VIOLATION", ["0 normal", "fail"]],
    ["CODEX_LOST", ["0 restart", "fail"]],
    ["CLOUD_TASK_FAILED", ["0 restart", "fail"]],
    ["CLOUD_TASK_GONE", ["0 restart", "fail"]],
    ["CLOUD_NO_CHANGE", ["0 normal", "fail"]],
    ["CLOUD_ENVIRONMENT", ["fail"]],
    ["CODEX_CONTEXT_OVERFLOW", ["0 reduced", "0 minimal", "0 restart", "ask"]],
    ["REPORT_FAILED", ["fail"]],
  ])("%s: %j", (code, expected) => {
    expect(course(code)).toEqual(expected);
  });

  it("waits scale with retry.baseSeconds and get at most retry.jitterSeconds on top", () => {
    const retry = { max: 3, baseSeconds: 0.1, jitterSeconds: 0.5 };
    const at = (code: string, random: number) => {
      const verdict = judgeFailure(taskWith({}), failure(code, ""), { retry }, { nowMs: T0, random });
      return verdict.kind === "again" ? verdict.notBeforeMs - T0 : null;
    };
    expect([at("CODEX_UNAVAILABLE", 0), at("CODEX_UNAVAILABLE", 0.999)]).toEqual([100, 600]);
    expect([at("CODEX_NETWORK", 0), at("CODEX_SILENT", 0)]).toEqual([1000, 3000]);
  });

  it("the time that a provider names is waited for; a window spends no retry and is not waited for without an end", () => {
    const at = new Date(T0 + 90_000).toISOString();
    expect(judge("CODEX_RATE_LIMITED", {}, "soon")).toMatchObject({ kind: "again", notBeforeMs: T0 + 1000 });
    expect(judge("CODEX_RATE_LIMITED", {}, at)).toMatchObject({ kind: "again", notBeforeMs: T0 + 90_000 });
    const used = { CODEX_UNAVAILABLE: 3, CODEX_USAGE_LIMIT: 5 };
    expect(judge("CODEX_USAGE_LIMIT", used, at)).toMatchObject({ kind: "again", notBeforeMs: T0 + 90_000 });
    expect(judge("CODEX_USAGE_LIMIT", { CODEX_USAGE_LIMIT: 40 }, at)).toMatchObject({ kind: "park" });
    expect(judge("CODEX_USAGE_LIMIT", { CODEX_USAGE_LIMIT: 3 })).toMatchObject({ kind: "park" });
  });

  it("failures of one family share their retries", () => {
    expect(judge("CODEX_UNAVAILABLE", { CODEX_NETWORK: 2, CODEX_RATE_LIMITED: 1 })).toMatchObject({ kind: "park" });
    expect(judge("SCOPE_VIOLATION", { VERIFY_FAILED: 1 })).toMatchObject({ kind: "again" });
    expect(judge("SCOPE_VIOLATION", { VERIFY_FAILED: 1, VERIFY_NOTHING_CHANGED: 1 })).toMatchObject({ kind: "fail" });
    expect(judge("VERIFY_FAILED", { CODEX_UNAVAILABLE: 3, CODEX_LOST: 1 })).toMatchObject({ kind: "again" });
  });

  it.each<[string, Envelope["budget"]]>([
    ["budget.usd", { usd: 1 }],
    ["budget.tokens", { tokens: 100 }],
  ])("nothing is tried again when %s is used up", (name, budget) => {
    const usage = { inputTokens: 90, cachedInputTokens: 0, outputTokens: 10, reasoningTokens: 0, usd: 1 };
    const task = { ...taskWith({}, budget), usage };
    const verdict = judgeFailure(task, failure("VERIFY_FAILED", ""), DEFAULT_CONFIG, { nowMs: T0, random: 0 });
    expect(verdict).toMatchObject({ kind: "fail", why: expect.stringContaining(name) });
  });

  it("every code has a cure whose layers go up the pyramid", () => {
    for (const code of CODES) {
      const ranks = cureOf(code, 3).layers.map((layer) => PYRAMID.indexOf(layer));
      expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
    }
  });
});

describe("properties of the policy", () => {
  const used = fc.dictionary(fc.constantFrom(...CODES), fc.integer({ min: 0, max: 4 }));
  const chance = fc.double({ min: 0, max: 0.999, noNaN: true });

  it("auth and requests are never tried again by themselves", () => {
    const hopeless = CODES.filter((code) => ["auth", "request"].includes(errorClass(code)));
    fc.assert(
      fc.property(fc.constantFrom(...hopeless), used, chance, (code, retries, random) => {
        const at = { nowMs: T0, random };
        const verdict = judgeFailure(taskWith(retries), makeFailure(code, ""), DEFAULT_CONFIG, at);
        // A context that is too full is another matter: the next session gets less of it.
        expect(verdict.kind === "again" && code !== "CODEX_CONTEXT_OVERFLOW").toBe(false);
      }),
    );
  });

  it("waits of a code never become shorter, and no start lies in the past", () => {
    fc.assert(
      fc.property(fc.constantFrom(...CODES), used, (code, retries) => {
        const waits: number[] = [];
        for (let n = 0; n < 8; n += 1) {
          const verdict = judge(code, { ...retries, [code]: n });
          if (verdict.kind === "again") waits.push(verdict.notBeforeMs - T0);
        }
        expect(waits.every((wait) => wait >= 0)).toBe(true);
        expect(waits).toEqual(waits.toSorted((a, b) => a - b));
      }),
    );
  });

  it("attempts and money are bounded, whatever fails in whatever order", () => {
    const codes = CODES.filter((code) => code !== "CODEX_USAGE_LIMIT");
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...codes), { minLength: 60, maxLength: 60 }), (sequence) => {
        let task = { ...taskWith({}, { usd: 5 }) };
        let attempts = 0;
        for (const code of sequence) {
          attempts += 1;
          task = { ...task, usage: { ...task.usage, usd: task.usage.usd + 0.6 } };
          const verdict = judgeFailure(task, makeFailure(code, ""), DEFAULT_CONFIG, { nowMs: T0, random: 0 });
          if (verdict.kind !== "again") break;
          task = { ...task, retries: { ...task.retries, [code]: (task.retries[code] ?? 0) + 1 } };
        }
        expect(attempts).toBeLessThanOrEqual(12);
        expect(task.usage.usd).toBeLessThanOrEqual(5 + 0.6);
      }),
    );
  });
});

/** Lets attempt n of task a end with a failure, and whatever the policy makes of it happen. */
function fail(
  world: World,
  attempt: number,
  code: string,
  parts: Partial<Extract<Fact, { type: "attempt.ended" }>> = {},
) {
  pour(world, started("a", attempt));
  const kind = isErrorCode(code) ? errorClass(code) : "";
  pour(world, { type: "attempt.ended", task: "a", attempt, outcome: outcome(failure(code, kind)), ...parts });
  const { facts } = decideNow(world);
  for (const fact of facts) pour(world, fact);
  return facts[0];
}

it("what was tried stands in the history of the task, in words", () => {
  const world = worldOf(submitted("a"));
  for (const [n, code] of ["CODEX_UNAVAILABLE", "CODEX_NO_SIDECAR", "CODEX_NO_SIDECAR"].entries())
    fail(world, n + 1, code);
  expect(taskOf(world, "a").tried).toMatchObject([
    { attempt: 1, what: "CODEX_UNAVAILABLE: retry 1 of 3 after 1.0 s" },
    { attempt: 2, what: "CODEX_NO_SIDECAR: one small session that adds only what is missing" },
  ]);
  expect(taskOf(world, "a").state).toMatchObject({ at: "ended", status: "failed" });
});

it("an overflow shortens the order, then starts from the digest, then asks", () => {
  const world = worldOf(submitted("a"));
  const left = { digest: "src/a.ts is written", tree: "t", completed: [], open: [] };
  const orders = [1, 2, 3].map((n) => fail(world, n, "CODEX_CONTEXT_OVERFLOW", { left }));
  expect(orders).toMatchObject([
    { feedback: { from: "overflow", order: "reduced" } },
    { feedback: { order: "minimal", text: expect.not.stringContaining("src/a.ts") } },
    { feedback: { order: "minimal", text: expect.stringContaining("src/a.ts is written") } },
  ]);
  expect(fail(world, 4, "CODEX_CONTEXT_OVERFLOW", { left })).toMatchObject({ type: "card.opened" });
});
