import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findNode24 } from "../support/node-24.ts";
import { repositoryRoot } from "../support/source-scan.ts";

const node24 = findNode24();

let home = "";
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "cco-node-24-"));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** Runs cco on Node 24, which is the first `node` on its PATH as well. */
function cco(node: string, ...args: string[]): { stdout: string; stderr: string; status: number | null } {
  const path = [dirname(node), process.env["PATH"] ?? ""].join(delimiter);
  const env = { PATH: path, HOME: home, XDG_STATE_HOME: join(home, "state") };
  return spawnSync(node, [join(repositoryRoot, "bin/cco.js"), ...args], {
    cwd: home,
    env,
    encoding: "utf8",
    timeout: 120_000,
  });
}

describe.skipIf(node24 === null)("on Node 24", () => {
  const node = node24 ?? "";

  it("is Node 24", () => {
    expect(spawnSync(node, ["--version"], { encoding: "utf8" }).stdout).toMatch(/^v24\./);
  });

  it("prints its version and its help without a warning", () => {
    expect(cco(node, "--version")).toMatchObject({
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
      stderr: "",
      status: 0,
    });
    expect(cco(node, "--help")).toMatchObject({ stdout: expect.stringContaining("dispatch"), stderr: "", status: 0 });
  });

  it("does the main job", () => {
    const run = cco(node, "demo");
    expect(run.stdout + run.stderr).toContain("accepted");
    expect(run.status, run.stderr).toBe(0);
  }, 150_000);
});
