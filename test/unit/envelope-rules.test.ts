import { describe, expect, it } from "vitest";
import { PARSE_RULES } from "../../src/envelope/problem.ts";
import { RULE_TABLE } from "../../src/envelope/rule-table.ts";
import { verifies } from "../requirements.ts";
import { lintTexts } from "../support/envelopes.ts";
import { FILES_CASES } from "../support/lint-cases-files.ts";
import { TASK_CASES } from "../support/lint-cases-task.ts";
import { TEXT_CASES } from "../support/lint-cases-text.ts";

verifies("A2", "G5");

const CASES = [...TASK_CASES, ...FILES_CASES, ...TEXT_CASES];

describe("every rule", () => {
  it.each(CASES.map((row) => [row.rule, JSON.stringify(row.bad.at(-1)).slice(0, 80), row] as const))(
    "%s %s",
    (rule, _text, row) => {
      const bad = lintTexts(row.bad, row.options).findings.filter((finding) => finding.rule === rule);
      expect(bad.length).toBeGreaterThan(0);
      expect(bad.map((finding) => finding.severity)).toEqual(
        bad.map(() => RULE_TABLE.find(({ id }) => id === rule)?.severity),
      );
      if (row.line > 0) expect(bad.at(-1)).toMatchObject({ file: `${row.bad.length}.md`, line: row.line });
      for (const { message, hint } of bad) expect([message, hint]).not.toContain("");
      const good = lintTexts(row.good, row.options).findings.filter((finding) => finding.rule === rule);
      expect(good).toEqual([]);
    },
  );

  it("has a case, a reason and an id of its own", () => {
    const ids = RULE_TABLE.map((row) => row.id);
    expect(ids.length).toBeGreaterThan(40);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => !CASES.some((row) => row.rule === id))).toEqual([]);
    expect(
      RULE_TABLE.filter(({ id, why }) => !/^envelope\/[a-z-]+$/.test(id) || !/^[A-Z0-9].{20,}\.$/.test(why)),
    ).toEqual([]);
    expect(Object.keys(PARSE_RULES).every((id) => ids.includes(id))).toBe(true);
  });
});
