import { array, assert, constantFrom, integer, option, property, record } from "fast-check";
import { describe, expect, it } from "vitest";
import { columns, csvLine, grouped } from "../../src/cli/columns.ts";
import { foldLedger, GROUPINGS } from "../../src/decide/spending/ledger-report.ts";
import type { LedgerRow } from "../../src/model/ledger.ts";
import { verifies } from "../requirements.ts";

verifies("F4");

const row = (parts: Partial<LedgerRow> = {}): LedgerRow => ({
  seq: 1,
  part: 0,
  at: "2026-03-01T23:59:59.000Z",
  run: "R",
  task: "a",
  attempt: 1,
  role: "worker",
  model: "gpt-5.5",
  effort: "medium",
  inputTokens: 100,
  cachedInputTokens: 40,
  outputTokens: 10,
  reasoningTokens: 5,
  usd: 1,
  outcome: "ok",
  price: null,
  retry: false,
  ms: null,
  prompt: null,
  ...parts,
});

const reportOf = (rows: readonly LedgerRow[], by: (typeof GROUPINGS)[number] = "task", accepted = 0) => {
  const fold = foldLedger(by);
  for (const one of rows) fold.add(one, "/shop");
  return fold.report(accepted);
};

describe("a report of the ledger", () => {
  it("adds up to the rows, whatever it is grouped by", () => {
    const arbitrary = record({
      task: option(constantFrom("a", "b")),
      model: option(constantFrom("m", "n")),
      role: constantFrom("worker", "reviewer", "judge", "expert", "planner"),
      inputTokens: integer({ min: 0, max: 1e9 }),
      usd: option(integer({ min: 0, max: 1000 }).map((cents) => cents / 100)),
      retry: constantFrom(true, false),
    });
    assert(
      property(array(arbitrary), constantFrom(...GROUPINGS), (parts, by) => {
        const rows = parts.map((each) => row(each as Partial<LedgerRow>));
        const { groups, total, shares } = reportOf(rows, by);
        const input = rows.reduce((sum, each) => sum + each.inputTokens, 0);
        expect(groups.reduce((sum, each) => sum + each.inputTokens, 0)).toBe(input);
        expect(total).toMatchObject({ inputTokens: input, calls: rows.length });
        expect(total.usd).toBeCloseTo(
          rows.reduce((sum, each) => sum + (each.usd ?? 0), 0),
          6,
        );
        const whole = shares.reduce((sum, { percent }) => sum + percent, 0);
        expect(rows.length === 0 || total.inputTokens + total.outputTokens === 0 || Math.abs(whole - 100) < 0.5).toBe(
          true,
        );
      }),
    );
  });

  it.each([
    ["task", ["-", "a"]],
    ["day", ["2026-03-01", "2026-03-02"]],
    ["role", ["planner", "worker"]],
    ["model", ["-", "gpt-5.5"]],
    ["project", ["/shop"]],
  ] as const)("groups by %s", (by, keys) => {
    const plan = row({ task: null, model: null, role: "planner", at: "2026-03-02T00:00:00.000Z" });
    expect(reportOf([row(), plan], by).groups.map(({ key }) => key)).toEqual(keys);
  });

  it("shares by cost, and by tokens as soon as one call has no price", () => {
    const rows = [
      row({ usd: 6 }),
      row({ retry: true, usd: 1 }),
      row({ role: "judge", usd: 2 }),
      row({ role: "planner", usd: 1 }),
    ];
    const named = (all: LedgerRow[]) =>
      Object.fromEntries(reportOf(all).shares.map(({ name, percent }) => [name, percent]));
    expect(reportOf(rows).sharesOf).toBe("usd");
    expect(named(rows)).toEqual({ orchestrator: 10, execution: 60, review: 20, retries: 10 });
    expect(reportOf([...rows, row({ usd: null })]).sharesOf).toBe("tokens");
    expect(named([...rows, row({ usd: null })])).toEqual({ orchestrator: 20, execution: 40, review: 20, retries: 20 });
    expect(reportOf(rows).shares.map(({ target }) => target)).toEqual([40, 40, 15, 5]);
  });

  it("says what an accepted task costs, with everything that came to nothing", () => {
    expect(reportOf([row(), row()], "task", 0).perAccepted).toBeNull();
    expect(reportOf([row({ usd: 0.1 }), row({ usd: 0.2 })], "task", 2).perAccepted).toEqual({
      tasks: 2,
      tokens: 110,
      usd: 0.15,
    });
  });
});

describe("columns", () => {
  it("are as wide as they have to be", () => {
    expect(
      columns([
        ["a", "1"],
        ["long", "22"],
        ["x", ""],
      ]),
    ).toEqual(["a      1", "long  22", "x"]);
    expect([0, 999, 1000, 1234567].map(grouped)).toEqual(["0", "999", "1,000", "1,234,567"]);
  });

  it("with commas are read back by any spreadsheet, and are no formula", () => {
    expect(csvLine(["a,b", 'say "x"', 1.5, null, true, "two\nlines"])).toBe('"a,b","say ""x""",1.5,,true,"two\nlines"');
    expect(csvLine(["=SUM(A1)", "+1", "@x", "-cmd", -5])).toBe("'=SUM(A1),'+1,'@x,'-cmd,-5");
  });
});
