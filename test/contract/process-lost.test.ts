import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { appendFile, mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { launchSupervised } from "../../src/process/launch.ts";
import { identityOf } from "../../src/process/process-identity.ts";
import { stopSupervised, watchExit } from "../../src/process/watch.ts";
import * as support from "../support/processes.ts";

const { fixture, until, textOf, workerPid, supervisorPid } = support;
const NEVER = new AbortController().signal;
const LOST = { v: 1, reason: "lost", code: null, signal: null };

let dir: string;

beforeEach(async () => {
  dir = await support.makeFolder();
});

afterEach(async () => {
  await support.leaveNobody(dir);
});

/** Launches a worker and waits until it has said that it runs. */
async function launchReady(name: string): Promise<{ worker: number; supervisor: number }> {
  await launchSupervised(dir, await support.commandIn(dir, fixture(name)));
  await until(async () => (await textOf(dir, "events.jsonl")) !== "");
  return { worker: await workerPid(dir), supervisor: await supervisorPid(dir) };
}

/** Pid and identity of a process that is gone. */
async function deadProcess(): Promise<{ pid: number; startTime: string; bootId: string }> {
  const child = spawn("/bin/sleep", ["1000"], { stdio: "ignore" });
  const ended = new Promise((resolve) => {
    child.once("exit", resolve);
  });
  const identity = identityOf(child.pid ?? 0);
  child.kill("SIGKILL");
  await ended;
  if (identity === null) throw new Error("the process was gone too early");
  return identity;
}

async function writeClaim(claim: Record<string, unknown>): Promise<void> {
  const empty = { v: 1, workerPid: null, workerStartTime: null, pgid: null, startedAt: new Date(0).toISOString() };
  await writeFile(join(dir, "supervisor.json"), JSON.stringify({ ...empty, ...claim }));
}

/** A process of the attempt that no claim names. */
async function startStray(env: Record<string, string>): Promise<number> {
  const child = spawn("/bin/sh", ["-c", "echo up; exec sleep 1000"], {
    env,
    detached: true,
    stdio: ["ignore", "pipe", "ignore"],
  });
  await new Promise((resolve) => {
    child.stdout.once("data", resolve);
  });
  return child.pid ?? 0;
}

describe("a supervisor that is killed", () => {
  it.each(["never-exits", "spawns-grandchild", "ignores-sigterm", "drops-environment"])(
    "leaves nobody and a record (%s)",
    async (name) => {
      const { worker, supervisor } = await launchReady(name);
      const family = [worker, ...(await support.childrenOf(worker))];
      process.kill(supervisor, "SIGKILL");
      expect(await watchExit(dir, NEVER)).toMatchObject(LOST);
      for (const pid of family) expect(await support.isRunning(pid)).toBe(false);
      expect(await support.processesOf(dir)).toEqual([]);
    },
  );

  it("is noticed by several watchers, and all read the same record", async () => {
    const { supervisor } = await launchReady("spawns-grandchild");
    const watching = Array.from({ length: 4 }, async () => watchExit(dir, NEVER));
    process.kill(supervisor, "SIGKILL");
    const exits = await Promise.all(watching);
    expect(exits[0]).toMatchObject(LOST);
    for (const exit of exits) expect(exit).toEqual(exits[0]);
  });

  it("together with its worker leaves no grandchild", async () => {
    const { worker, supervisor } = await launchReady("spawns-grandchild");
    process.kill(supervisor, "SIGKILL");
    process.kill(worker, "SIGKILL");
    expect(await watchExit(dir, NEVER)).toMatchObject(LOST);
    expect(await support.processesOf(dir)).toEqual([]);
  });

  it("is noticed by whoever watches for the first time later on", async () => {
    const { worker, supervisor } = await launchReady("never-exits");
    process.kill(supervisor, "SIGKILL");
    await until(async () => !(await support.isRunning(supervisor)));
    expect(await support.isRunning(worker)).toBe(true);
    await stopSupervised(dir, "cancelled");
    expect(await watchExit(dir, NEVER)).toMatchObject(LOST);
  });

  it("between claim and start of the worker leaves nobody", async () => {
    await writeClaim(await deadProcess());
    const stray = await startStray({ CCO_ATTEMPT_DIR: dir });
    const sibling = await startStray({ CCO_ATTEMPT_DIR: `${dir}x`, NOTE: `CCO_ATTEMPT_DIR=${dir}` });
    expect(await watchExit(dir, NEVER)).toMatchObject({ ...LOST, startedAt: new Date(0).toISOString() });
    expect(await support.isRunning(stray)).toBe(false);
    expect(await support.isRunning(sibling)).toBe(true);
    process.kill(sibling, "SIGKILL");
  });

  it("is found through a linked folder too", async () => {
    const { worker, supervisor } = await launchReady("never-exits");
    const linked = join(dir, "linked");
    await symlink(dir, linked);
    process.kill(supervisor, "SIGKILL");
    expect(await watchExit(linked, NEVER)).toMatchObject(LOST);
    expect(await support.isRunning(worker)).toBe(false);
  });
});

describe("a supervisor that never claimed", () => {
  it("is lost once the launched process is gone, and what it wrote is in the record", async () => {
    await writeFile(join(dir, "launch.json"), JSON.stringify(await deadProcess()));
    await appendFile(join(dir, "supervisor.log"), "Error: ENOSPC: no space left on device, write\n    at somewhere\n");
    const exit = await watchExit(dir, NEVER);
    expect(exit).toMatchObject(LOST);
    expect(exit.detail).toContain("ENOSPC");
  });

  it("cannot start a worker after it was given up", async () => {
    await writeFile(join(dir, "launch.json"), JSON.stringify(await deadProcess()));
    await watchExit(dir, NEVER);
    // As if it had looked for the record just before that was written: the claim alone has to hold it back.
    await rm(join(dir, "exit.json"));
    const command = await support.commandIn(dir, fixture("prints-u2028"));
    await writeFile(join(dir, "command.json"), JSON.stringify(command));
    const late = spawn(process.execPath, [support.SUPERVISOR, dir], { env: {}, stdio: "ignore" });
    const code = await new Promise((resolve) => {
      late.once("exit", resolve);
    });
    expect(code).toBe(0);
    await launchSupervised(dir, command);
    expect(existsSync(join(dir, "events.jsonl"))).toBe(false);
  });

  it("is given up after a while when nobody launched one", async () => {
    expect(await watchExit(dir, NEVER)).toMatchObject(LOST);
  });
});

describe("a claim", () => {
  it("of an earlier boot or a reused pid names nobody who may be killed", async () => {
    const stranger = await startStray({});
    const alive = identityOf(stranger);
    await writeClaim({
      ...alive,
      bootId: "another boot",
      workerPid: stranger,
      workerStartTime: alive?.startTime,
      pgid: stranger,
    });
    expect(await watchExit(dir, NEVER)).toMatchObject(LOST);
    expect(await support.isRunning(stranger)).toBe(true);
    await writeFile(join(dir, "exit.json"), "");
    await stopSupervised(dir, "cancelled");
    expect(await support.isRunning(stranger)).toBe(true);
    process.kill(stranger, "SIGKILL");
  });

  it.each([
    ["empty", ""],
    ["damaged", '{"v":1,"pid":'],
    [
      "naming everybody",
      '{"v":1,"pid":-1,"startTime":"1","bootId":"x","workerPid":-1,"workerStartTime":"1","pgid":-1,"startedAt":"x"}',
    ],
  ])("that is %s is as good as a dead one", async (_name, text) => {
    await writeFile(join(dir, "supervisor.json"), text);
    await stopSupervised(dir, "cancelled");
    expect(await watchExit(dir, NEVER)).toMatchObject(LOST);
  });
});

describe("a record that is there", () => {
  it("is never overwritten", async () => {
    const { supervisor, worker } = await launchReady("never-exits");
    const at = new Date(0).toISOString();
    const first = { v: 1, reason: "budget", code: null, signal: null, detail: "first", startedAt: at, endedAt: at };
    await writeFile(join(dir, "exit.json"), JSON.stringify(first));
    process.kill(supervisor, "SIGTERM");
    await until(async () => !(await support.isRunning(supervisor)));
    expect(JSON.parse(await readFile(join(dir, "exit.json"), "utf8"))).toEqual(first);
    expect(await support.isRunning(worker)).toBe(false);
  });
});

describe("a folder that cannot be written", () => {
  it("is BOARD_WRITE", async () => {
    await mkdir(join(dir, "command.json"));
    const command = await support.commandIn(dir, fixture("silent"));
    await expect(launchSupervised(dir, command)).rejects.toMatchObject({ code: "BOARD_WRITE" });
    await expect(stopSupervised(join(dir, "gone"), "cancelled")).rejects.toMatchObject({ code: "BOARD_WRITE" });
  });
});
