import { readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { codexNewest, codexOldest } from "../support/binaries.ts";
import { type CcoStage, fullEnvelope } from "../support/cco.ts";
import { type CloudStandIn, makeCloud, newFile } from "../support/cloud-routes.ts";
import { CLOUD_CONFIG, IN_THE_CLOUD, setCloudStage } from "../support/cloud-stage.ts";
import { enginePid, pidIn } from "../support/crash-stage.ts";
import { isRunning, until } from "../support/processes.ts";
import { verifies } from "../requirements.ts";

let stage: CcoStage | undefined;
afterEach(async () => {
  await stage?.close();
  stage = undefined;
});

const WORK = newFile("src/a.txt", "hello\n");
const REPORT = newFile("CCO_REPORT.md", "COMPLETED: wrote src/a.txt\n");

async function dispatchUp(it: CcoStage, parts: Parameters<typeof fullEnvelope>[1] = {}, ...options: string[]) {
  const file = await it.envelope("up", fullEnvelope("up", { ...IN_THE_CLOUD, ...parts }));
  return it.dispatch([file], ...options);
}

function attemptFile(it: CcoStage, name: string, attempt = "01"): string {
  return join(it.repo, ".cco/tasks/up/attempts", attempt, name);
}

/** What the orders in the cloud say of themselves. */
function ordersIn(cloud: CloudStandIn): string[] {
  return cloud.orders().map(({ prompt }) => /^Attempt: \d+/m.exec(prompt)?.[0] ?? "");
}

describe("the cloud lane", () => {
  verifies("A3");
  it.each([
    ["newest", codexNewest()],
    ["0.124", codexOldest()],
  ] as const)("takes the change over, checks it, has it reviewed and merges it, codex %s", async (_, codex) => {
    const cloud = makeCloud(() => ({ diff: WORK + REPORT, pending: 2 }));
    stage = await setCloudStage(cloud, { codex });
    const run = await dispatchUp(stage);
    expect({ code: run.code, errors: run.tasks.map(({ error }) => error) }).toEqual({ code: 0, errors: [null] });
    expect(run.tasks).toMatchObject([
      {
        lane: "cloud",
        attempts: 1,
        signals: { exit: true, turn: true, sidecar: true },
        report: { status: "COMPLETED", summary: "wrote src/a.txt" },
        review: { rounds: 1 },
      },
    ]);
    expect(cloud.orders()).toMatchObject([{ environment: "env_lab", branch: "main" }]);
    expect(cloud.orders()[0]?.prompt).toMatch(/^Task: up\nAttempt: 1\nMark: cco-[0-9a-f]{16}\n/);
    expect(await stage.git("show", "--stat", "--format=", "HEAD")).toMatch(/^ src\/a\.txt \| 1 \+\n/);
    // Codex leaves error.log wherever it works.
    expect(await stage.git("status", "--porcelain")).toBe("");
    const logs = await stage.cco("logs", "up");
    expect(logs.stdout).toContain("handed in to lab, branch main: https://chatgpt.com/codex/tasks/task_e_1");
    expect(logs.stdout).toContain("PENDING: look 2");
    const ledger = await stage.cco("ledger", "--json");
    expect(ledger.json).toMatchObject({
      rows: [{ task: "up", role: "worker", model: null, inputTokens: 0, outputTokens: 0, outcome: "ok" }, {}],
    });
  });

  it.each([["the bridge"], ["the supervisor"], ["the engine"]] as const)(
    "finds its task again when %s is killed, and hands nothing in twice",
    async (victim) => {
      let isOpen = true;
      const cloud = makeCloud(
        // The bridge dies while its order is under way: nobody but the cloud knows the id.
        () => ({ diff: WORK, pending: 0, ...(victim === "the bridge" ? { answer: "silence" as const } : {}) }),
        ({ path }) => (isOpen && path === "/wham/tasks/task_e_1" ? { json: {}, status: 503 } : undefined),
      );
      stage = await setCloudStage(cloud, { config: CLOUD_CONFIG.replace("pollSeconds: 0.05", "pollSeconds: 1") });
      const running = dispatchUp(stage);
      const it = stage;
      await until(() => cloud.orders().length === 1);
      if (victim !== "the bridge") await until(() => readIf(attemptFile(it, "cloud/task.json")) !== "");
      const pid = await until(() =>
        victim === "the engine"
          ? enginePid(it)
          : pidIn(attemptFile(it, "supervisor.json"), victim === "the bridge" ? "workerPid" : "pid"),
      );
      process.kill(pid, "SIGKILL");
      await until(async () => !(await isRunning(pid)));
      isOpen = false;
      await running;
      const ended = await stage.cco("wait", "up", "--json");
      expect(ended.tasks.map((task) => task.error ?? task.status)).toEqual(["accepted"]);
      expect(ended.tasks).toMatchObject([{ attempts: victim === "the engine" ? 1 : 2 }]);
      expect(ordersIn(cloud)).toEqual(["Attempt: 1"]);
    },
  );

  it("gives a fix to the cloud as a fresh order that holds what was wrong and the change before", async () => {
    const cloud = makeCloud((n) => ({ diff: newFile("src/a.txt", n === 1 ? "PLUM\n" : "hello\n"), pending: 0 }));
    stage = await setCloudStage(cloud);
    const run = await dispatchUp(stage, { verify: "grep -q hello src/a.txt" });
    expect(run.tasks).toMatchObject([{ status: "accepted", attempts: 2, report: null }]);
    expect(ordersIn(cloud)).toEqual(["Attempt: 1", "Attempt: 2"]);
    expect(cloud.orders()[1]?.prompt).toContain("the checks failed");
    expect(cloud.orders()[1]?.prompt).toContain("+PLUM");
    expect(await stage.git("show", "HEAD:src/a.txt")).toBe("hello");
  });

  it("judges a change of the cloud like any other: its scope, what it says, what it is", async () => {
    const diffs = [
      newFile("src/a.txt", "hello\n") + newFile("other.txt", "not asked for\n"),
      newFile("../../../../escaped.txt", "out\n"),
      WORK + newFile("CCO_REPORT.md", "BLOCKED: which colour\n"),
    ];
    const cloud = makeCloud((n) => ({ diff: diffs[n - 1] ?? null, pending: 0 }));
    stage = await setCloudStage(cloud);
    const run = await dispatchUp(stage);
    expect(run.tasks).toMatchObject([{ status: "blocked", attempts: 3, error: { code: "REPORT_BLOCKED" } }]);
    const it = stage;
    const outcomes = ["01", "02", "03"].map((attempt) => readIf(attemptFile(it, "outcome.json", attempt)));
    const codes = outcomes.map((text) => /"code": "([A-Z_]+)"/.exec(text)?.[1] ?? "none");
    expect(codes).toEqual(["none", "CLOUD_CHANGE_REFUSED", "REPORT_BLOCKED"]);
    expect(readIf(join(stage.dir, "escaped.txt"))).toBe("");
    expect(cloud.orders()[1]?.prompt).toContain("outside the write scope");
    expect(await stage.git("log", "--format=%s")).toBe("start");
  });

  it("is refused before anything starts where the cloud could not begin", async () => {
    const cloud = makeCloud(() => ({ diff: WORK, pending: 0 }));
    stage = await setCloudStage(cloud);
    await stage.git("commit", "-q", "--allow-empty", "-m", "mine");
    const ahead = await dispatchUp(stage);
    expect(ahead).toMatchObject({
      code: 4,
      json: { error: { code: "CLOUD_NOT_PUSHED", hint: "git push origin main:main, then cco dispatch" } },
    });
    await stage.git("remote", "remove", "origin");
    expect(await dispatchUp(stage)).toMatchObject({ code: 4, json: { error: { code: "CLOUD_NOT_PUSHED" } } });
    expect((await stage.cco("doctor")).stdout).toMatch(/warn cloud +CLOUD_NOT_PUSHED: the branch main has no remote/);
    await rm(join(stage.codexHome, "auth.json"));
    expect(await dispatchUp(stage)).toMatchObject({ code: 7, json: { error: { code: "CODEX_NOT_LOGGED_IN" } } });
    await stage.cco("config", "--set", "cloud.environment=null");
    expect(await dispatchUp(stage)).toMatchObject({ code: 7, json: { error: { code: "CLOUD_ENVIRONMENT" } } });
    expect(cloud.orders()).toEqual([]);
    expect((await stage.cco("status", "--json")).tasks).toEqual([]);
  });

  it("is given up at its own limit, and a retry goes on with what is still at work there", async () => {
    const story = { diff: WORK, pending: 10_000 };
    const cloud = makeCloud(() => story);
    stage = await setCloudStage(cloud, { config: CLOUD_CONFIG.replace("hardMinutes: 1", "hardMinutes: 0.03") });
    const late = await dispatchUp(stage);
    expect(late.tasks).toMatchObject([{ status: "failed", error: { code: "CODEX_DEADLINE" } }]);
    expect(late.tasks[0]?.error?.message).toContain("goes on in the cloud: https://chatgpt.com/codex/tasks/task_e_1");
    story.pending = 0;
    await stage.cco("config", "--set", "cloud.hardMinutes=1");
    await stage.cco("retry", "up");
    expect((await stage.cco("wait", "up", "--json")).tasks).toMatchObject([{ status: "accepted", attempts: 2 }]);
    expect(ordersIn(cloud)).toEqual(["Attempt: 1"]);
  });

  it("is cancelled here, and says that the task goes on there", async () => {
    const cloud = makeCloud(() => ({ pending: 10_000 }));
    stage = await setCloudStage(cloud);
    await dispatchUp(stage, {}, "--detach");
    const it = stage;
    await until(() => cloud.looks() > 1);
    const pids = ["pid", "workerPid"].map((key) => pidIn(attemptFile(it, "supervisor.json"), key) ?? 0);
    const cancelled = await stage.cco("cancel", "up", "--json");
    expect(cancelled.tasks).toMatchObject([
      {
        status: "cancelled",
        error: {
          message: "cancelled on request; the task goes on in the cloud: https://chatgpt.com/codex/tasks/task_e_1",
        },
      },
    ]);
    expect(await Promise.all(pids.map((pid) => isRunning(pid)))).toEqual([false, false]);
    expect(readIf(attemptFile(stage, "outcome.json"))).toContain("the task goes on in the cloud: https://");
  });
});

function readIf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error) return "";
    throw error;
  }
}
