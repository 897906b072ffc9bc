import { expect, it } from "vitest";
import { readReport } from "../../src/codex/report.ts";

it.each([
  ["COMPLETED: all done", "COMPLETED", "all done"],
  ["\n\n  FAILED: two tests are red\nmore", "FAILED", "two tests are red"],
  ["BLOCKED:\n\nwhich port?", "BLOCKED", "which port?"],
  ["\uFEFFCOMPLETED: x\r\nrest", "COMPLETED", "x"],
  ["COMPLETED:", "COMPLETED", ""],
  ["COMPLETED: a\u2028b", "COMPLETED", "a\u2028b"],
])("%j", (text, status, summary) => {
  expect(readReport(text)).toEqual({ status, summary });
});

it.each([
  "",
  "done",
  "Completed: x",
  "I have COMPLETED: x",
  "Summary\nCOMPLETED: late",
  "COMPLETED it",
  "COMPLETEDX: y",
  "**COMPLETED:** bold",
  "# COMPLETED: x",
])("%j is no report", (text) => {
  expect(readReport(text)).toBeNull();
});
