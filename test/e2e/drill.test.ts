import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseJson } from "../../src/kernel/json.ts";
import { drillResultSchema } from "../../src/model/drill.ts";
import { codexNewest, codexOldest } from "../support/binaries.ts";
import { PROGRAM } from "../support/cco.ts";
import { type Finished, runProgram } from "../support/rehearsal-stage.ts";
import { verifies } from "../requirements.ts";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(existsSync("/var/tmp") ? "/var/tmp" : tmpdir(), "cco-drills-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const drill = (codex: string, ...args: string[]): Promise<Finished> =>
  runProgram(process.execPath, [PROGRAM, "drill", ...args], {
    cwd: dir,
    env: {
      PATH: [dirname(process.execPath), process.env["PATH"]].join(":"),
      HOME: dir,
      XDG_STATE_HOME: join(dir, "state"),
      CCO_CODEX_BIN: codex,
    },
  });

describe.each([
  ["0.124.0", codexOldest()],
  ["0.169.0", codexNewest()],
])("drills on codex %s", (version, codex) => {
  verifies("K2");
  it("play real faults to the real program, and each is dealt with as promised", async () => {
    const names = [
      "healthy",
      "denied-commands",
      "bad-key",
      "rate-limited",
      "killed",
      "sandbox-network",
      "check-needs-localhost",
    ];
    const run = await drill(codex, ...names, "--json");
    const report = drillResultSchema.parse(parseJson(run.stdout));
    expect(report.drills.filter((one) => !one.ok)).toEqual([]);
    expect({ code: run.code, codex: report.codex }).toEqual({ code: 0, codex: version });
    expect(report.drills.map((one) => one.name)).toEqual(names);
    expect(readdirSync(join(dir, "state", "cco", "drills"))).toEqual([]);
  });
});

it("an unknown drill is a mistake of the command line", async () => {
  const run = await drill(codexNewest(), "rate-limitd");
  expect(run.code).toBe(2);
  expect(run.stderr).toContain("did you mean rate-limited");
});
