import { expect, it } from "vitest";
import { readReport } from "../../src/codex/outcome/report.ts";

it.each([
  ["COMPLETED: all done", "COMPLETED", "all done"],
  ["\n\n  FAILED: two tests are red\nmore", "FAILED", "two tests are red"],
  ["BLOCKED:\n\nwhich port?", "BLOCKED", "which port?"],
  ["\uFEFFCOMPLETED: x\r\nrest", "COMPLETED", "x"],
  ["COMPLETED:", "COMPLETED", ""],
  ["COMPLETED: a\u2028b", "COMPLETED", "a\u2028b"],
  ["**COMPLETED:** bold", "COMPLETED", "bold"],
  ["**FAILED**: bold", "FAILED", "bold"],
  ["**BLOCKED: all of it**", "BLOCKED", "all of it"],
  ["`COMPLETED:` code **kept**", "COMPLETED", "code **kept**"],
  ["COMPLETED: ends **bold**", "COMPLETED", "ends **bold**"],
  ["# COMPLETED: x", "COMPLETED", "x"],
  ["- **COMPLETED:**\n\n`a` is there", "COMPLETED", "`a` is there"],
  ["```text\nCOMPLETED:\n```\nx", "COMPLETED", "x"],
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
  "**Completed:** x",
  "```\ndone\n```",
  "All is **COMPLETED: x**",
  "** COMPLETED **",
])("%j is no report", (text) => {
  expect(readReport(text)).toBeNull();
});
