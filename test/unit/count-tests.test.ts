import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { repositoryRoot } from "../support/source-scan.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cco-count-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What the last line of CI says of this report when the run ended with this exit code. */
function count(report: string, exitCode: number): { line: string; status: number | null } {
  const file = join(folder, "report.json");
  writeFileSync(file, report);
  const script = join(repositoryRoot, "scripts/count-tests.mjs");
  const { stdout, status } = spawnSync(process.execPath, [script, file, String(exitCode)], { encoding: "utf8" });
  return { line: stdout, status };
}

const reportOf = (passed: number, failed: number, testResults: readonly unknown[] = []): string =>
  JSON.stringify({ numPassedTests: passed, numFailedTests: failed, testResults });

it("is green only when all passed and the run says so", () => {
  expect(count(reportOf(12, 0), 0)).toEqual({ line: "12 passed, 0 failed\n", status: 0 });
  expect(count(reportOf(12, 2), 1)).toEqual({ line: "12 passed, 2 failed\n", status: 1 });
  expect(count(reportOf(12, 0), 1)).toEqual({ line: "12 passed, 1 failed\n", status: 1 });
});

it("counts a file that could not be loaded, and a run that tested nothing, as a failure", () => {
  const unloaded = { status: "failed", assertionResults: [] };
  const red = { status: "failed", assertionResults: [{ status: "failed" }] };
  expect(count(reportOf(3, 1, [unloaded, red]), 1).line).toBe("3 passed, 2 failed\n");
  expect(count(reportOf(0, 0), 0)).toEqual({ line: "0 passed, 1 failed\n", status: 1 });
  expect(count("", 1)).toEqual({ line: "0 passed, 1 failed\n", status: 1 });
});
