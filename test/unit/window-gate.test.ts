import { describe, expect, it } from "vitest";
import { decide } from "../../src/decide/decide.ts";
import { expectedOf } from "../../src/decide/windows/forecast.ts";
import { reachOf } from "../../src/decide/windows/reach.ts";
import { DEFAULT_CONFIG } from "../../src/model/config.ts";
import type { Envelope } from "../../src/model/envelope.ts";
import type { TaskOutcome } from "../../src/model/ledger.ts";
import type { AccountWindows, KnownWindow } from "../../src/model/window.ts";
import { verifies } from "../requirements.ts";
import { pour, started, submitted, T0, worldOf } from "../support/worlds.ts";

verifies("F2", "F3", "K5");

const MINUTE = 60_000;
const at = (minutes: number): string => new Date(T0 + minutes * MINUTE).toISOString();

function seen(usedPercent: number, resetMinutes: number, windowMinutes = 300): KnownWindow {
  return { usedPercent, windowMinutes, resetsAt: at(resetMinutes), observedAt: at(0), points: [] };
}

const account = (primary: KnownWindow | null, secondary: KnownWindow | null = null): AccountWindows => ({
  v: 1,
  primary,
  secondary,
  spentTokens: 0,
  reported: [],
  token: "t",
});

const small: Partial<Envelope> = { budget: { tokens: 10_000 } };
const large: Partial<Envelope> = { budget: { tokens: 1_000_000 } };

function look(world: ReturnType<typeof worldOf>, windows: AccountWindows | null, minutes = 0, parallel = 3) {
  const config = { ...DEFAULT_CONFIG, worker: { ...DEFAULT_CONFIG.worker, parallel } };
  const { effects, waiting, wakeAtMs } = decide(world, {
    config,
    windows,
    nowMs: T0 + minutes * MINUTE,
    random: () => 0,
  });
  const starts = effects.filter(({ kind }) => kind === "start").map(({ task }) => task.id);
  return {
    starts,
    waiting: Object.fromEntries([...waiting].map(([id, { for: why }]) => [id, why])),
    details: waiting,
    wakeAtMs,
  };
}

describe("credit windows at admission", () => {
  it("hold up what would cross the reserve, with the time, and nobody behind it", () => {
    const world = worldOf(submitted("large", large), submitted("small", small), submitted("other", small));
    const { starts, waiting, details, wakeAtMs } = look(world, account(seen(75, 90)));
    expect(starts).toEqual(["small", "other"]);
    expect(waiting).toEqual({ large: "window" });
    expect(details.get("large")).toMatchObject({ untilMs: T0 + 90 * MINUTE, detail: expect.stringContaining(at(90)) });
    expect(wakeAtMs).toBe(T0 + 90 * MINUTE);
  });

  it("nothing starts when no room is left above the reserve, and everything goes on where nothing is reported", () => {
    const world = worldOf(submitted("a", small));
    expect(look(world, account(seen(90, 90))).waiting).toEqual({ a: "window" });
    expect(look(world, account(seen(10, 90), seen(95, 900, 10_080))).details.get("a")).toMatchObject({
      untilMs: T0 + 900 * MINUTE,
    });
    expect(look(world, null).starts).toEqual(["a"]);
    expect(look(world, account(null)).starts).toEqual(["a"]);
  });

  it("work starts again by itself after the reset, one after the other", () => {
    const world = worldOf(submitted("a", small), submitted("b", small));
    const full = account(seen(95, 90));
    expect(look(world, full, 89).starts).toEqual([]);
    const after = look(world, full, 90);
    expect(after).toMatchObject({ starts: ["a"], waiting: { b: "window" } });
    pour(world, started("a"), T0 + 90 * MINUTE);
    expect(look(world, full, 90).starts).toEqual([]);
    expect(look(world, full, 91).starts).toEqual(["b"]);
  });

  it("a task larger than the window starts in an empty one, and one that was passed over when half of it is free", () => {
    const huge: Partial<Envelope> = { budget: { tokens: 50_000_000 } };
    const world = worldOf(submitted("huge", huge));
    expect(look(world, account(seen(5, 60)), 1).waiting).toEqual({ huge: "window" });
    expect(look(world, account(seen(5, 60)), 60).starts).toEqual(["huge"]);
    const next = account({ ...seen(30, 360), observedAt: at(61) });
    expect(look(world, next, 62).starts).toEqual(["huge"]);
    expect(look(world, account({ ...seen(60, 360), observedAt: at(61) }), 62).starts).toEqual([]);
  });

  it("fewer work at once as it closes", () => {
    const tasks = ["a", "b", "c", "d", "e"].map((id) => submitted(id, { budget: { tokens: 1000 } }));
    const counts = [50, 65, 75, 85, 89].map(
      (used) => look(worldOf(...tasks), account(seen(used, 60)), 0, 4).starts.length,
    );
    expect(counts).toEqual([4, 4, 2, 1, 1]);
  });

  it("high-risk work waits for a tight week, and other work steps down a tier", () => {
    const world = worldOf(
      submitted("risky", { ...small, risk: "high" }, { effort: "auto" }),
      submitted("plain", small, { effort: "auto" }),
    );
    const { starts, details } = look(world, account(null, seen(82, 500, 10_080)));
    expect(starts).toEqual(["plain"]);
    expect(details.get("risky")).toMatchObject({ for: "window", untilMs: T0 + 500 * MINUTE });
  });
});

describe("what a task is expected to spend", () => {
  const envelope = (parts: Partial<Envelope> = {}): Envelope => {
    const fact = submitted("t", parts);
    if (fact.type !== "task.submitted") throw new Error("not a submission");
    return fact.envelope;
  };
  const ended = (kind: string, tokens: number): TaskOutcome => ({
    seq: 1,
    part: 0,
    at: at(0),
    run: "r",
    task: `t${tokens}`,
    status: "accepted",
    code: null,
    kind,
    efforts: ["medium"],
    inputTokens: tokens,
    cachedInputTokens: 0,
    outputTokens: 0,
    usd: 0,
    ms: 0,
  });

  it("follows history by quantiles, then the budget, then size and tier", () => {
    const runs = [1, 2, 3, 4, 100].map((n) => ended("standard", n * 1000));
    const verified = Array.from({ length: 4 }, () => ({ text: "c", verify: "true" }));
    const plain = envelope({ acceptance: verified, budget: {} });
    expect(expectedOf(plain, "medium", runs)).toEqual({ tokens: { p50: 3000, p90: 100_000 }, basis: "history" });
    expect(expectedOf(plain, "medium", runs.slice(1)).basis).toBe("size");
    expect(expectedOf({ ...plain, budget: { tokens: 40_000 } }, "medium", runs).tokens.p90).toBe(40_000);
    expect(expectedOf({ ...plain, budget: { tokens: 40_000 } }, "medium", [])).toEqual({
      tokens: { p50: 20_000, p90: 40_000 },
      basis: "budget",
    });
    const sizes = (["low", "medium", "high", "xhigh"] as const).map((tier) => expectedOf(plain, tier, []).tokens.p90);
    expect(sizes).toEqual(sizes.toSorted((a, b) => a - b));
  });

  it("says how far the windows carry a plan", () => {
    const task = (p50: number) =>
      ({ task: "t", state: "waiting", effort: "medium", p50, p90: p50 * 2, basis: "size" }) as const;
    const inputs = { known: account(seen(50, 60)), reservePercent: 10, nowMs: T0 };
    expect(reachOf([task(500_000), task(1_000_000), task(1_000_000)], inputs)).toEqual({
      tasks: 3,
      fits: 2,
      takes: [{ name: "primary", p50: 50, p90: 100 }],
      stops: { name: "primary", until: at(60) },
    });
    expect(reachOf([task(500_000)], inputs)).toMatchObject({ fits: 1, stops: null });
  });
});
