import { spawn, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { collectTree, endTree, type Tree } from "../../src/process/kill-tree.ts";
import { identityOf, isAlive, processIdentities } from "../../src/process/process-identity.ts";
import { findProcess, listProcesses, psRows } from "../../src/process/process-table.ts";
import * as support from "../support/processes.ts";

const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

function start(argv: readonly string[], detached: boolean): number {
  const [program = "", ...args] = argv;
  const child = spawn(program, args, { detached, stdio: "ignore", env: { PATH: "/bin:/usr/bin" } });
  children.push(child);
  if (child.pid === undefined) throw new Error(`${program} did not start`);
  return child.pid;
}

function pidOfSleep(seconds: string, session: number | undefined): number | undefined {
  const rows = listProcesses().filter((row) => row.session === session);
  return rows.find(({ pid }) => readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(`\0${seconds}\0`))?.pid;
}

function treeOf(pid: number): Tree {
  const identity = identityOf(pid);
  return { roots: identity === null ? [] : [identity], session: null, marker: null };
}

describe("the identity of a process", () => {
  it("is alive while the process runs, and only with this start time and boot", async () => {
    const pid = start(["/bin/sleep", "1000"], true);
    const identity = identityOf(pid);
    if (identity === null) throw new Error("no identity");
    expect(isAlive(identity)).toBe(true);
    expect(isAlive({ ...identity, startTime: "1" })).toBe(false);
    expect(isAlive({ ...identity, bootId: "another" })).toBe(false);
    process.kill(pid, "SIGKILL");
    await support.until(() => !isAlive(identity));
    expect(identityOf(0)).toBeNull();
    expect(identityOf(-1)).toBeNull();
  });

  it("of a zombie exists and is not alive", async () => {
    // The shell starts a child and becomes a program that never collects it.
    const parent = start(["/bin/sh", "-c", "sleep 0 & exec sleep 1000"], true);
    const zombie = await support.until(() => listProcesses().find((row) => row.ppid === parent && row.zombie));
    const identity = identityOf(zombie.pid);
    if (identity === null) throw new Error("no identity");
    expect(isAlive(identity)).toBe(false);
    await endTree(treeOf(parent), { signals: ["SIGKILL"], graceMs: 0 });
  });

  it("of this process is known to the port", () => {
    expect(processIdentities.self()).toEqual(identityOf(process.pid));
    expect(processIdentities.isAlive(processIdentities.self())).toBe(true);
  });

  it("can be asked of ps where there is no /proc", () => {
    const pid = start(["/bin/sleep", "1000"], true);
    const [row] = psRows(["-p", String(pid)]);
    const { ppid, group, zombie } = findProcess(pid) ?? {};
    expect(row).toMatchObject({ pid, ppid, group, zombie });
    expect(row?.startTime).toMatch(/^\w{3} \w{3} +\d+ \d\d:\d\d:\d\d \d{4}$/);
    expect(psRows(["-A"]).some((each) => each.pid === process.pid)).toBe(true);
    expect(psRows(["-p", "99999999"])).toEqual([]);
  });
});

describe("the end of a process tree", () => {
  it("reaches groups, sessions and descendants, and returns when they are gone", async () => {
    // The one in the inner parentheses has lost its parent: only its session tells whose it is.
    const script =
      "sleep 1000 & setsid sh -c '(sleep 1000 &); sleep 1000 & sleep 1000' & setsid env -i sleep 1000 & wait";
    const root = start(["/bin/sh", "-c", script], true);
    const tree = treeOf(root);
    const members = await support.until(() => {
      const found = collectTree(tree);
      return found.length === 7 ? found : null;
    });
    expect(await endTree(tree, { signals: ["SIGINT", "SIGTERM", "SIGKILL"], graceMs: 300 })).toEqual([]);
    for (const member of members) expect(await support.isRunning(member.pid)).toBe(false);
  });

  it("never touches this process, even when it shares the group of the root", async () => {
    const root = start(["/bin/sleep", "1000"], false);
    expect(await endTree(treeOf(root), { signals: ["SIGINT", "SIGTERM", "SIGKILL"], graceMs: 100 })).toEqual([]);
    expect(await support.isRunning(root)).toBe(false);
  });

  it("leaves alone whoever was in the session before it, also when the leader of that session is gone", async () => {
    // A build runner whose first process ended: its session has no leader, and the tree was started in it.
    const script = "sleep 1001 & sleep 0.05; sleep 1002 & exit";
    start(["/bin/sh", "-c", script], true);
    const [bystander, root] = await support.until(() => {
      const found = ["1001", "1002"].map((seconds) => pidOfSleep(seconds, children.at(-1)?.pid));
      const isLeaderGone = children.at(-1)?.exitCode === 0;
      return isLeaderGone && found.every((pid) => pid !== undefined) ? found : null;
    });
    if (bystander === undefined || root === undefined) throw new Error("not started");
    expect(await endTree(treeOf(root), { signals: ["SIGTERM", "SIGKILL"], graceMs: 1000 })).toEqual([]);
    expect(await support.isRunning(root)).toBe(false);
    expect(await support.isRunning(bystander)).toBe(true);
    process.kill(bystander, "SIGKILL");
  });

  it("gives a program the grace to end by itself", async () => {
    const root = start(["/bin/sh", "-c", 'trap "sleep 0.2; exit 9" INT; while :; do sleep 0.02; done'], true);
    const child = children.at(-1);
    const ended = new Promise((resolve) => {
      child?.once("exit", (code) => resolve(code));
    });
    await support.until(() => collectTree(treeOf(root)).length === 2);
    await endTree(treeOf(root), { signals: ["SIGINT", "SIGTERM", "SIGKILL"], graceMs: 5000 });
    expect(await ended).toBe(9);
  });

  it("is quick when there is nobody", async () => {
    expect(
      await endTree(
        { roots: [], session: null, marker: { name: "CCO_ATTEMPT_DIR", value: "/nowhere" } },
        { signals: ["SIGKILL"], graceMs: 0 },
      ),
    ).toEqual([]);
  });
});
