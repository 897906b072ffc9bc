import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { killMarked } from "../../src/process/kill-tree.ts";
import { runBounded, type BoundedRun } from "../../src/process/run.ts";
import * as support from "../support/processes.ts";

const { fixture } = support;
const NEVER = new AbortController().signal;

let dir: string;

beforeEach(async () => {
  dir = await support.makeFolder();
});

afterEach(async () => {
  const left = await support.processesWith(`CCO_JOB=${dir}`);
  for (const pid of left) process.kill(pid, "SIGKILL");
  await support.removeFolder(dir);
  if (left.length > 0) throw new Error(`left running: ${left.join(", ")}`);
});

function job(argv: readonly string[], more: Partial<BoundedRun> = {}): BoundedRun {
  const env = { PATH: process.env["PATH"] ?? "" };
  return {
    argv,
    cwd: dir,
    env,
    stdin: null,
    timeoutMs: 50_000,
    killGraceMs: 300,
    outputBytes: 4000,
    log: null,
    ...more,
  };
}

describe("a bounded run", () => {
  it("completes with both streams and any exit code", async () => {
    const done = await runBounded(job(["/bin/sh", "-c", "echo out; echo err >&2; exit 7"]), NEVER);
    expect(done).toMatchObject({
      reason: "completed",
      code: 7,
      signal: null,
      stdout: "out\n",
      stderr: "err\n",
      detail: "",
    });
    expect(done.ms).toBeGreaterThanOrEqual(0);
  });

  it("feeds stdin and closes it", async () => {
    const text = "prompt ü\n".repeat(50_000);
    expect(
      (await runBounded(job(fixture("reads-stdin"), { stdin: text, outputBytes: 10_000_000 }), NEVER)).stdout,
    ).toBe(text);
  });

  it("has an empty stdin without text", async () => {
    expect(await runBounded(job(fixture("reads-stdin")), NEVER)).toMatchObject({ reason: "completed", stdout: "" });
  });

  it("does not mind a program that leaves its input unread", async () => {
    const done = await runBounded(job(fixture("closes-stdin"), { stdin: "x".repeat(5_000_000) }), NEVER);
    expect(done).toMatchObject({ reason: "completed", code: 0, stdout: "done\n" });
  });

  it("gets the given environment and two markers", async () => {
    const { stdout } = await runBounded(job(fixture("prints-environment"), { env: { ONE: "1" } }), NEVER);
    const names = stdout.split("\n").map((line) => line.split("=")[0]);
    expect(names).toEqual(expect.arrayContaining(["ONE", "CCO_JOB", "CCO_RUN"]));
    expect(stdout).toContain(`CCO_JOB=${dir}\n`);
    expect(names).not.toContain("HOME");
  });

  it("is ended by a signal from outside", async () => {
    expect(await runBounded(job(fixture("dies-mid-line")), NEVER)).toMatchObject({
      reason: "signal",
      signal: "SIGKILL",
      stdout: '{"n":1}\n{"n":',
    });
  });

  it.each<[string, Partial<BoundedRun>, RegExp]>([
    ["a missing program", { argv: ["/nonexistent/tool"] }, /ENOENT/],
    ["no program", { argv: [] }, /empty/],
    ["a missing working directory", { cwd: "/nonexistent/tree" }, /working directory .* does not exist/],
    ["an argument that no system takes", { argv: ["/bin/true", "x".repeat(3_000_000)] }, /E2BIG/],
  ])("cannot start: %s", async (_name, more, detail) => {
    const done = await runBounded(job(fixture("silent"), more), NEVER);
    expect(done).toMatchObject({ reason: "spawn-failed", code: null });
    expect(done.detail).toMatch(detail);
  });

  it("is ended at its time limit with its whole tree", async () => {
    const done = await runBounded(job(fixture("spawns-grandchild"), { timeoutMs: 300 }), NEVER);
    expect(done).toMatchObject({ reason: "timed-out", stdout: "ready\n" });
    expect(await support.processesWith(`CCO_JOB=${dir}`)).toEqual([]);
  });

  it("is killed when it ignores the other signals", async () => {
    const done = await runBounded(job(fixture("ignores-sigterm"), { timeoutMs: 200, killGraceMs: 100 }), NEVER);
    expect(done).toMatchObject({ reason: "timed-out", signal: "SIGKILL" });
  });

  it("is cancelled, at once or while it runs", async () => {
    expect(await runBounded(job(fixture("silent")), AbortSignal.abort())).toMatchObject({
      reason: "cancelled",
      code: null,
    });
    const abort = new AbortController();
    const running = runBounded(job(fixture("never-exits"), { log: join(dir, "log") }), abort.signal);
    await support.until(async () => (await support.textOf(dir, "log")) !== "");
    abort.abort();
    expect(await running).toMatchObject({ reason: "cancelled" });
  });

  it("leaves no grandchild of another session, and does not wait for its pipes", async () => {
    const done = await runBounded(job(fixture("leaves-grandchild")), NEVER);
    expect(done).toMatchObject({ reason: "completed", code: 0 });
    expect(await support.processesWith(`CCO_JOB=${dir}`)).toEqual([]);
    expect(done.ms).toBeLessThan(5000);
  });

  it("keeps the last bytes in memory, whole characters only", async () => {
    const done = await runBounded(
      job(["/bin/sh", "-c", "yes ü | head -c 300000; echo end"], { outputBytes: 1000 }),
      NEVER,
    );
    expect(Buffer.byteLength(done.stdout)).toBeLessThanOrEqual(1000);
    expect(done.stdout).toMatch(/^(ü\n|\n)(ü\n)*\n?.*end\n$/s);
    expect(done.stdout.startsWith("\ufffd")).toBe(false);
  });

  it("bounds its log and says so", async () => {
    const log = join(dir, "verify.log");
    const done = await runBounded(job(["/bin/sh", "-c", "yes | head -c 20000000; echo oops >&2"], { log }), NEVER);
    expect(done).toMatchObject({ reason: "completed", detail: "", stderr: "oops\n" });
    expect((await stat(log)).size).toBeLessThan(16 * 1024 * 1024 + 100);
    expect((await readFile(log, "utf8")).slice(-100)).toContain("was dropped");
  });

  it("works on when its log cannot be written, and says so", async () => {
    await writeFile(join(dir, "file"), "");
    const done = await runBounded(job(["/bin/echo", "fine"], { log: join(dir, "file", "log") }), NEVER);
    expect(done).toMatchObject({ reason: "completed", stdout: "fine\n" });
    expect(done.detail).toMatch(/log could not be written/);
  });

  it("touches no other run of the same job", async () => {
    const abort = new AbortController();
    const other = runBounded(
      job(fixture("never-exits"), { log: join(dir, "other"), env: { PATH: "/bin:/usr/bin", CCO_JOB: dir } }),
      abort.signal,
    );
    await support.until(async () => (await support.textOf(dir, "other")) !== "");
    await runBounded(job(fixture("exits-3")), NEVER);
    expect(await support.processesWith(`CCO_JOB=${dir}`)).not.toEqual([]);
    abort.abort();
    expect(await other).toMatchObject({ reason: "cancelled" });
  });

  it("can be found and ended by its mark", async () => {
    const running = runBounded(
      job(fixture("spawns-grandchild"), { log: join(dir, "log"), env: { PATH: "/bin:/usr/bin", CCO_JOB: dir } }),
      NEVER,
    );
    await support.until(async () => (await support.textOf(dir, "log")) !== "");
    expect(await killMarked("CCO_JOB", dir)).toBeGreaterThanOrEqual(2);
    expect(await running).toMatchObject({ reason: "signal", signal: "SIGKILL" });
    expect(await killMarked("CCO_JOB", dir)).toBe(0);
  });
});
