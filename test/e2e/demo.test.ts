import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { runProgram } from "../support/rehearsal-stage.ts";
import { verifies } from "../requirements.ts";

verifies("K3", "K1");

it("the demo tells the main job in under 30 lines, leaves nothing behind and needs nothing of the user", async () => {
  const home = await mkdtemp(join(tmpdir(), "cco-demo-home-"));
  const program = fileURLToPath(new URL("../../bin/cco.js", import.meta.url));
  const env = { PATH: process.env["PATH"] ?? "", HOME: home };
  const run = await runProgram(process.execPath, [program, "demo"], { cwd: home, env });
  expect({ code: run.code, stderr: run.stderr }).toEqual({ code: 0, stderr: "" });
  const lines = run.stdout.trimEnd().split("\n");
  expect(lines.length).toBeLessThan(30);
  expect(run.stdout).toMatch(/models are scripted/);
  expect(run.stdout).toMatch(/VALID .*\n.*NOISE /);
  expect(run.stdout).toMatch(/merged into main by fast-forward/);
  expect(run.stdout).toMatch(/accepted in .*: 2 attempts, 2 review rounds/);
  const folder = /repository in (\S+)/.exec(run.stdout)?.[1] ?? "";
  expect(folder).not.toBe("");
  expect(existsSync(folder)).toBe(false);
  await rm(home, { recursive: true, force: true });
});
