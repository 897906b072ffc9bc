import { array, assert, boolean, double, integer, option, property, record } from "fast-check";
import { describe, expect, it } from "vitest";
import { burnOf, percentPerMillion, takeNews, type WindowNews, windowsAt } from "../../src/decide/windows/window.ts";
import type { AccountWindows, ReportedWindow } from "../../src/model/window.ts";
import { verifies } from "../requirements.ts";

verifies("F2");

const T0 = Date.UTC(2026, 10, 22, 12);
const MINUTE = 60_000;
const at = (minutes: number): string => new Date(T0 + minutes * MINUTE).toISOString();

const reported = (
  usedPercent: number,
  resetMinutes: number | null,
  windowMinutes: number | null = 300,
): ReportedWindow => ({
  usedPercent,
  windowMinutes,
  resetsAt: resetMinutes === null ? null : at(resetMinutes),
});

const news = (
  minutes: number,
  primary: ReportedWindow | null,
  secondary: ReportedWindow | null = null,
): WindowNews => ({
  key: null,
  tokens: 0,
  report: { at: at(minutes), primary, secondary },
});

/** Everything that was heard, one after the other, at the time it was said. */
function heard(...all: readonly { readonly now: number; readonly said: WindowNews }[]): AccountWindows | null {
  let known: AccountWindows | null = null;
  for (const { now, said } of all) {
    const next = takeNews(known, said, T0 + now * MINUTE);
    if (next !== null) known = { v: 1, ...next, token: `${now}` };
  }
  return known;
}

const inTurn = (...all: readonly WindowNews[]) =>
  heard(...all.map((said) => ({ now: (Date.parse(said.report?.at ?? "") - T0) / MINUTE, said })));

const usedAt = (known: AccountWindows | null, minutes: number) =>
  windowsAt(known, T0 + minutes * MINUTE).map(({ usedPercent, resetsAt }) => [usedPercent, resetsAt]);

describe("credit windows", () => {
  it("are those of the last report, and empty once their reset has passed", () => {
    const known = inTurn(news(0, reported(40, 200)), news(10, reported(45, 200), reported(12, 5000, 10_080)));
    expect(usedAt(known, 11)).toEqual([
      [45, at(200)],
      [12, at(5000)],
    ]);
    expect(windowsAt(known, T0 + 201 * MINUTE)).toMatchObject([
      { name: "primary", usedPercent: 0, resetsAt: null, before: { usedPercent: 45, resetAt: at(200) } },
      { name: "secondary", usedPercent: 12 },
    ]);
  });

  it.each<[string, readonly WindowNews[], number, unknown]>([
    [
      "a later report that shows less counts",
      [news(0, reported(80, 200)), news(5, reported(30, 200))],
      6,
      [[30, at(200)]],
    ],
    ["a new window counts", [news(0, reported(80, 200)), news(5, reported(3, 300))], 6, [[3, at(300)]]],
    ["a window that is not named any more ages", [news(0, reported(80, 200)), news(5, null)], 6, [[80, at(200)]]],
    [
      "nothing that is no number counts",
      [news(0, reported(50, 200)), news(5, reported(Number.NaN, 200))],
      6,
      [[50, at(200)]],
    ],
    ["nothing below zero counts", [news(0, reported(50, 200)), news(5, reported(-1, 200))], 6, [[50, at(200)]]],
    ["more than all is all", [news(0, reported(250, 200))], 1, [[100, at(200)]]],
    ["a window whose reset has passed when it is reported is over", [news(0, reported(97, -1))], 1, [[0, null]]],
    ["a reset longer ago than the window is long is none", [news(0, reported(50, -400))], 1, [[50, at(300)]]],
    ["a reset beyond the window is none", [news(0, reported(50, 400_000))], 1, [[50, at(300)]]],
    ["without a reset it ends a whole window later", [news(0, reported(50, null))], 301, [[0, null]]],
    ["without a length the usual one holds", [news(0, reported(50, null, null))], 299, [[50, at(300)]]],
  ])("%s", (_name, all, minutes, want) => {
    expect(usedAt(inTurn(...all), minutes)).toEqual(want);
  });

  it("an older report that comes later changes nothing, nor does one from the future", () => {
    const late = heard({ now: 10, said: news(10, reported(60, 200)) }, { now: 11, said: news(5, reported(20, 200)) });
    expect(usedAt(late, 12)).toEqual([[60, at(200)]]);
    expect(heard({ now: 0, said: news(60, reported(60, 200)) })).toBeNull();
  });

  it("what was seen before a clock was set back does not hide what is seen now", () => {
    const known = heard({ now: 600, said: news(600, reported(90, 700)) }, { now: 0, said: news(0, reported(10, 200)) });
    expect(usedAt(known, 1)).toEqual([[10, at(200)]]);
  });

  it("count the tokens of an attempt once", () => {
    const ended: WindowNews = { key: "a 1", tokens: 500, report: null };
    const known = heard({ now: 0, said: ended }, { now: 1, said: ended }, { now: 2, said: { ...ended, key: "a 2" } });
    expect(known).toMatchObject({ spentTokens: 1000, primary: null });
  });

  it("tell how fast they burn, whether they last, and what a million tokens take", () => {
    const known = heard(
      { now: 0, said: { ...news(0, reported(10, 300)), key: "a", tokens: 0 } },
      { now: 60, said: { ...news(60, reported(40, 300)), key: "b", tokens: 500_000 } },
    );
    expect(burnOf("primary", known, T0 + 61 * MINUTE)).toEqual({ percentPerHour: 30, fullAt: at(180) });
    expect(percentPerMillion("primary", known)).toBe(60);
    expect(burnOf("primary", known, T0 + 301 * MINUTE)).toBeNull();
    expect(burnOf("secondary", known, T0)).toBeNull();
    expect(percentPerMillion("secondary", known)).toBeNull();
  });

  it("are never below 0, above 100 or past their reset, whatever is reported", () => {
    const number = double({ noNaN: false });
    const window = option(
      record({
        usedPercent: number,
        windowMinutes: option(number),
        resetsAt: option(integer().map((n) => (n % 3 === 0 ? "soon" : at(n % 90_000)))),
      }),
    );
    const said = record({ now: integer({ min: 0, max: 1000 }), ago: integer({ min: -10, max: 100 }), window });
    assert(
      property(array(said, { maxLength: 12 }), integer({ min: 0, max: 20_000 }), (all, minutes) => {
        const known = heard(...all.map(({ now, ago, window: seen }) => ({ now, said: news(now - ago, seen, seen) })));
        for (const { usedPercent, resetsAt, windowMinutes } of windowsAt(known, T0 + minutes * MINUTE)) {
          expect(usedPercent).toBeGreaterThanOrEqual(0);
          expect(usedPercent).toBeLessThanOrEqual(100);
          expect(windowMinutes).toBeGreaterThan(0);
          if (resetsAt !== null) expect(Date.parse(resetsAt)).toBeGreaterThan(T0 + minutes * MINUTE);
        }
      }),
    );
  });
});

describe("tokens of attempts", () => {
  const told = (attempt: string, tokens: number, endedAt: string | null): WindowNews => ({
    key: endedAt === null ? null : `${attempt} ${endedAt}`,
    attempt,
    tokens,
    report: null,
  });
  const spentBy = (...all: readonly WindowNews[]): number | undefined =>
    heard(...all.map((said) => ({ now: 1, said })))?.spentTokens;

  it("that were counted while it worked are not counted again at its end, nor after it", () => {
    expect(spentBy(told("a 1", 100, null), told("a 1", 250, null))).toBe(250);
    expect(spentBy(told("a 1", 100, null), told("a 1", 300, "t"))).toBe(300);
    expect(spentBy(told("a 1", 300, null), told("a 1", 300, "t"), told("a 1", 300, "t"))).toBe(300);
    expect(spentBy(told("a 1", 300, "t"), told("a 1", 200, null))).toBe(300);
    expect(spentBy(told("a 1", 300, null), told("a 1", 200, null))).toBe(300);
  });

  it("are counted once, whoever tells of them in which order", () => {
    const attempt = record({
      name: integer({ min: 1, max: 3 }),
      tokens: integer({ min: 0, max: 1000 }),
      ended: boolean(),
    });
    assert(
      property(array(attempt, { maxLength: 30 }), (all) => {
        const total = new Map<number, number>();
        const over = new Set<number>();
        for (const { name, tokens, ended } of all) {
          if (!over.has(name)) total.set(name, Math.max(total.get(name) ?? 0, tokens));
          if (ended && tokens > 0) over.add(name);
        }
        const spent = spentBy(...all.map(({ name, tokens, ended }) => told(`p ${name} 1`, tokens, ended ? "t" : null)));
        expect(spent ?? 0).toBe([...total.values()].reduce((a, b) => a + b, 0));
      }),
    );
  });
});
