import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { codexOldest } from "../support/binaries.ts";
import { type CcoStage, CONTENT_REVIEWER, fullEnvelope, setCcoStage } from "../support/cco.ts";
import { verifies } from "../requirements.ts";

let stage: CcoStage | undefined;
afterEach(async () => {
  await stage?.close();
  stage = undefined;
});

const writeA = { write: { path: "src/a.txt", content: "hello\n" } };
const done = { final: "COMPLETED: wrote src/a.txt" };
/** Beside the repository, seen from the work tree. */
const asking = (name: string) => ({
  run: `echo it > ../../../../${name}; echo said`,
  escalate: "the marker is needed",
});

async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  for (let left = 800; left > 0; left -= 1) {
    if (await isTrue()) return;
    await sleep(50);
  }
  throw new Error(`not in time: ${what}`);
}

function attemptFile(it: CcoStage, name: string, attempt = "01"): string {
  return join(it.repo, ".cco/tasks/live/attempts", attempt, name);
}

/** Pid of the process of a running attempt. */
function pidOf(it: CcoStage, key: "pid" | "workerPid"): number {
  const claim: Record<string, unknown> = JSON.parse(readFileSync(attemptFile(it, "supervisor.json"), "utf8"));
  return Number(claim[key]);
}

async function dispatchLive(it: CcoStage, ...options: string[]) {
  const file = await it.envelope("live", fullEnvelope("live", { extra: "lane: attached\n" }));
  return it.dispatch([file], ...options);
}

describe("the attached lane", () => {
  verifies("A3", "B2", "B3");
  it("asks by card, goes on with the answer and is merged", async () => {
    const ruled = { run: "touch ../../../../ruled.txt; touch src/a.txt" };
    const reads = { run: "cat README.md", escalate: "to read" };
    const steps = [ruled, reads, asking("yes.txt"), asking("no.txt"), writeA, done];
    stage = await setCcoStage({ script: { worker: [{ steps }], claude: CONTENT_REVIEWER } });
    // What a rule of the user allows would run outside of the sandbox.
    mkdirSync(join(stage.codexHome, "rules"));
    writeFileSync(join(stage.codexHome, "rules/mine.rules"), 'prefix_rule(pattern = ["touch"], decision = "allow")\n');
    const trust = readFileSync(join(stage.codexHome, "config.toml"), "utf8");
    const first = await dispatchLive(stage);
    // Reading was allowed by policy; the first card is about the write.
    expect({ code: first.code, tasks: first.tasks }).toMatchObject({
      code: 3,
      tasks: [{ status: "blocked", card: "D-live-1", error: { code: "WORKER_ASKS" } }],
    });
    expect(first.tasks[0]?.error?.message).toContain("yes.txt");
    expect(existsSync(join(stage.dir, "yes.txt"))).toBe(false);
    expect(JSON.parse(readFileSync(attemptFile(stage, "answers/01.json"), "utf8"))).toMatchObject({ by: "policy" });
    await stage.cco("decide", "D-live-1", "A");
    const second = await stage.cco("wait", "live", "--json");
    expect(second.tasks).toMatchObject([{ status: "blocked", card: "D-live-2" }]);
    expect(readFileSync(join(stage.dir, "yes.txt"), "utf8")).toBe("it\n");
    await stage.cco("decide", "D-live-2", "B", "--note", "stay inside, says PLUM");
    const last = await stage.cco("wait", "live", "--json");
    expect(last.tasks.map((task) => task.error ?? task.status)).toEqual(["accepted"]);
    expect(last.tasks).toMatchObject([
      { lane: "attached", attempts: 1, signals: { exit: true, turn: true, sidecar: true } },
    ]);
    expect(["no.txt", "ruled.txt"].filter((name) => existsSync(join(stage?.dir ?? "", name)))).toEqual([]);
    expect(await stage.git("show", "HEAD:src/a.txt")).toBe("hello");
    expect(JSON.stringify(stage.requests().map((request) => request.body))).toContain("stay inside, says PLUM");
    expect(readFileSync(join(stage.codexHome, "config.toml"), "utf8")).toBe(trust);
    expect(readFileSync(join(stage.repo, ".cco/audit.jsonl"), "utf8").trim().split("\n")).toHaveLength(2);
  });

  it("is refused for a Codex that would read hidden files without asking", async () => {
    stage = await setCcoStage({ script: { worker: [], claude: [] }, codex: codexOldest() });
    const refused = await dispatchLive(stage);
    expect(refused).toMatchObject({ code: 7, json: { error: { code: "CODEX_VERSION_UNSUPPORTED" } } });
    expect((await stage.cco("status", "--json")).tasks).toEqual([]);
    expect((await stage.cco("doctor")).stdout).toMatch(/^warn +attached-lane .*0\.124\.0/m);
  });

  it("is told something while it works, and hears it with its next request", async () => {
    const steps = [asking("x.txt"), writeA, done];
    stage = await setCcoStage({ script: { worker: [{ steps }], claude: CONTENT_REVIEWER } });
    expect((await dispatchLive(stage)).code).toBe(3);
    expect((await stage.cco("steer", "live", "the hint is PLUM")).code).toBe(0);
    const it = stage;
    await until("the words arrive", () => existsSync(attemptFile(it, "steered/01.json")));
    await stage.cco("decide", "D-live-1", "B");
    expect((await stage.cco("wait", "live", "--json")).tasks).toMatchObject([{ status: "accepted" }]);
    const bodies = stage.requests().map((request) => JSON.stringify(request.body));
    expect(bodies.findIndex((body) => body.includes("PLUM"))).toBe(1);
    const late = await stage.cco("steer", "live", "too late", "--json");
    expect(late).toMatchObject({ code: 2, json: { error: { code: "TASK_NOT_ATTACHED" } } });
  });

  it("keeps an open question when the engine is killed", async () => {
    const steps = [asking("x.txt"), writeA, done];
    stage = await setCcoStage({ script: { worker: [{ steps }], claude: CONTENT_REVIEWER } });
    expect((await dispatchLive(stage)).code).toBe(3);
    const worker = pidOf(stage, "workerPid");
    const lock: { pid: number } = JSON.parse(readFileSync(join(stage.repo, ".cco/engine.lock"), "utf8"));
    process.kill(lock.pid, "SIGKILL");
    expect((await stage.cco("resume")).stdout).toMatch(
      /worker is alive and waits for D-.*goes on after cco decide D-/s,
    );
    await stage.cco("decide", "D-live-1", "A");
    const ended = await stage.cco("wait", "live", "--json");
    expect(ended.tasks).toMatchObject([{ status: "accepted", attempts: 1 }]);
    expect(existsSync(join(stage.dir, "x.txt"))).toBe(true);
    expect(existsSync(`/proc/${worker}`)).toBe(false);
  });

  it("winds a session down at its soft limit, which an open question does not use up", async () => {
    const first = {
      attempt: 1,
      steps: [asking("x.txt"), { run: "mkdir -p src; echo part > src/b.txt; sleep 60" }, done],
    };
    const worker = [first, { steps: [writeA, done] }];
    const config =
      "engine: { idleSeconds: 0 }\nworker: { killGraceSeconds: 1, softMinutes: 0.05 }\nretry: { baseSeconds: 0.05 }\n";
    stage = await setCcoStage({ script: { worker, claude: CONTENT_REVIEWER }, config });
    expect((await dispatchLive(stage)).code).toBe(3);
    const asked: { at: string } = JSON.parse(readFileSync(attemptFile(stage, "asks/01.json"), "utf8"));
    // Longer than the whole session may take.
    await until("the question is old", () => Date.now() - Date.parse(asked.at) > 4000);
    await stage.cco("decide", "D-live-1", "B");
    const ended = await stage.cco("wait", "live", "--json");
    expect(ended.tasks).toMatchObject([{ status: "accepted", attempts: 2, chunks: 2 }]);
    const exit: unknown = JSON.parse(readFileSync(attemptFile(stage, "exit.json"), "utf8"));
    expect(exit).toMatchObject({ reason: "soft-limit", waitedMs: expect.any(Number) });
  });

  it("ends a worker that waits for an answer when it is cancelled", async () => {
    stage = await setCcoStage({ script: { worker: [{ steps: [asking("x.txt"), done] }], claude: CONTENT_REVIEWER } });
    expect((await dispatchLive(stage)).code).toBe(3);
    const [supervisor, worker] = [pidOf(stage, "pid"), pidOf(stage, "workerPid")];
    const cancelled = await stage.cco("cancel", "live", "--json");
    expect(cancelled.tasks).toMatchObject([{ status: "cancelled" }]);
    expect([supervisor, worker].filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
    expect(readdirSync(join(stage.repo, ".cco/decisions/pending"))).toEqual([]);
    expect(readFileSync(attemptFile(stage, "exit.json"), "utf8")).toContain('"cancelled"');
  });

  it.each([["pid"], ["workerPid"]] as const)("starts afresh when its %s is killed", async (victim) => {
    const again = { attempt: 2, steps: [writeA, done] };
    const worker = [again, { steps: [asking("x.txt"), done] }];
    stage = await setCcoStage({ script: { worker, claude: CONTENT_REVIEWER } });
    expect((await dispatchLive(stage)).code).toBe(3);
    const others = [pidOf(stage, "pid"), pidOf(stage, "workerPid")];
    process.kill(pidOf(stage, victim), "SIGKILL");
    const it = stage;
    await until("another attempt", () => existsSync(attemptFile(it, "command.json", "02")));
    const ended = await stage.cco("wait", "live", "--json");
    expect(ended.tasks.map((task) => task.error ?? task.status)).toEqual(["accepted"]);
    expect(ended.tasks).toMatchObject([{ attempts: 2 }]);
    expect(others.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
  });
});
