import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { METER } from "../../src/codex/session/session-marks.ts";
import type { StuckLimits } from "../../src/model/stuck.ts";
import { treeSign } from "../../src/process/life-signs.ts";
import { parseMeter } from "../../src/process/meter-marks.ts";
import { judgeStuck, type SessionLook } from "../../src/process/stuck.ts";
import { parseStuck } from "../../src/process/stuck-limits.ts";
import { verifies } from "../requirements.ts";

verifies("F5", "F1");

describe("a session is stopped", () => {
  const look = (parts: Partial<SessionLook> & { readonly work?: number } = {}): SessionLook => ({
    calls: { work: parts.work ?? 0, repeated: null, isOver: false },
    used: { toolCalls: 0, tokens: 0, usd: null },
    minutes: 0,
    idleCalls: () => 0,
    ...parts,
  });
  const part = { expected: 100, before: 20, left: 130 };
  const limits: StuckLimits = {
    repeats: 10,
    calls: { before: 5, plan: 10, most: 20 },
    estimate: { tasks: 7, tokens: part, usd: part, minutes: part },
  };
  const growing: StuckLimits = { growing: { before: 10, plan: 40, idle: 20 } };
  const used = (tokens: number, usd: number | null): SessionLook["used"] => ({ toolCalls: 0, tokens, usd });

  it.each<[string, SessionLook, StuckLimits, string | null]>([
    ["nothing special", look({ work: 15 }), limits, null],
    [
      "too many calls",
      look({ work: 16 }),
      limits,
      "WORKER_STUCK: 21 tool calls, 10 were planned and 20 are the most for its size",
    ],
    [
      "a circle of foreign names",
      look({ calls: { work: 99, repeated: { times: 10, ids: ["a b", "call_1"] }, isOver: false } }),
      limits,
      "WORKER_STUCK: the same 2 calls in turn 10 times, each time with the same result [? call_1]",
    ],
    ["too many, but done", look({ calls: { work: 99, repeated: null, isOver: true } }), limits, null],
    ["growing, and files change", look({ work: 90, idleCalls: () => 19 }), growing, null],
    [
      "growing, and none changes",
      look({ work: 31, idleCalls: () => 20 }),
      growing,
      "WORKER_STUCK: 41 tool calls, 40 were planned, and the last 20 changed no file",
    ],
    ["within its plan, and none changes", look({ work: 30, idleCalls: () => 30 }), growing, null],
    ["tokens within", look({ used: used(130, 1) }), limits, null],
    [
      "tokens",
      look({ used: used(131, 1) }),
      limits,
      "TASK_OVER_ESTIMATE: 151 fresh tokens, the estimate is 100 fresh tokens (from 7 such tasks)",
    ],
    [
      "money",
      look({ used: used(1, 131) }),
      limits,
      "TASK_OVER_ESTIMATE: $151, the estimate is $100 (from 7 such tasks)",
    ],
    ["money without a price", look({ used: used(1, null) }), limits, null],
    [
      "time",
      look({ minutes: 131.04 }),
      limits,
      "TASK_OVER_ESTIMATE: 151 minutes, the estimate is 100 minutes (from 7 such tasks)",
    ],
    ["without limits", look({ work: 1e6, minutes: 1e6 }), {}, null],
  ])("or not: %s", (_name, seen, given, expected) => {
    expect(judgeStuck(seen, given)).toBe(expected);
  });

  it("by limits and marks that survive command.json, and by nothing else", () => {
    const rates = { m: { input: 1, output: 2 } };
    const whole = { ...limits, ...growing, estimate: { ...limits.estimate, tasks: 7, rates } };
    expect(parseStuck(JSON.parse(JSON.stringify(whole)))).toEqual(whole);
    expect(parseMeter(JSON.parse(JSON.stringify(METER)))).toEqual(METER);
    expect(parseStuck(undefined)).toBeUndefined();
    for (const broken of [
      1,
      [],
      { repeats: "x" },
      { calls: {} },
      { growing: { plan: 1 } },
      { estimate: {} },
      { estimate: { tasks: 1, usd: 3 } },
    ])
      expect(parseStuck(broken)).toBeNull();
    for (const broken of [1, {}, { ...METER.calls, noise: ["("] }, { ...METER.calls, given: "x" }])
      expect(parseMeter({ ...METER, calls: broken })).toBeNull();
  });
});

it("a work tree that is written in any depth has another sign, apart from what git and cco note", () => {
  const top = mkdtempSync(join(tmpdir(), "cco-tree-"));
  try {
    mkdirSync(join(top, "a", "b"), { recursive: true });
    mkdirSync(join(top, ".git"));
    writeFileSync(join(top, "a", "b", "c"), "1");
    const before = treeSign(top);
    writeFileSync(join(top, ".git", "index"), "x");
    expect(treeSign(top)).toBe(before);
    writeFileSync(join(top, "a", "b", "c"), "12");
    expect(treeSign(top)).not.toBe(before);
  } finally {
    rmSync(top, { recursive: true });
  }
});
