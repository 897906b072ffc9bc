import { appendFileSync, existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type CcoStage, fullEnvelope, setCcoStage } from "../support/cco.ts";
import { dieAt, enginePid, factsOf, isEngineDead, killEngine, readIfThere } from "../support/crash-stage.ts";
import { isRunning, until } from "../support/processes.ts";
import { verifies } from "../requirements.ts";

let stage: CcoStage | undefined;
afterEach(async () => {
  await stage?.close();
  stage = undefined;
});

/** A stage with one task whose worker is at a long command. */
async function stageAtWork(): Promise<CcoStage> {
  const steps = [{ run: "sleep 60" }, { final: "COMPLETED: slept" }];
  const on = await setCcoStage({ script: { worker: [{ steps }], claude: [] } });
  stage = on;
  await on.dispatch([await on.envelope("one", fullEnvelope("one"))], "--detach", "--no-review");
  const events = join(on.repo, ".cco/tasks/one/attempts/01/events.jsonl");
  await until(() => readIfThere(events).includes("sleep 60"));
  return on;
}

describe("work that a dead engine left open", () => {
  verifies("C7");
  it("is taken up by every command that has to do with work, and by no other", async () => {
    const on = await stageAtWork();
    await killEngine(on);
    const file = await on.envelope("two", fullEnvelope("two"));
    const others = [
      ["--version"],
      ["--help"],
      ["wait", "--help"],
      ["init"],
      ["new", "envelope", "x"],
      ["lint", file],
      ["config"],
      ["completion", "bash"],
    ];
    for (const args of others) expect(await on.cco(...args), args.join(" ")).toMatchObject({ code: 0 });
    expect(await isEngineDead(on)).toBe(true);
    const commands = [
      ["status"],
      ["status", "one", "--json"],
      ["result", "one"],
      ["logs", "one"],
      ["diff", "one"],
      ["decide"],
      ["gc"],
      ["wait", "one", "--timeout", "0"],
      ["status", "nobody"],
      ["resume"],
    ];
    for (const args of commands) {
      await until(() => enginePid(on) !== null);
      if (!(await isEngineDead(on))) await killEngine(on);
      await on.cco(...args);
      await until(async () => !(await isEngineDead(on)));
    }
    expect((await factsOf(on)).filter((fact) => fact.type === "attempt.started")).toHaveLength(1);
  });

  it("is taken up after an engine was asked to stop, and an answer never waits for it", async () => {
    const on = await stageAtWork();
    const pid = await until(() => enginePid(on));
    process.kill(pid, "SIGTERM");
    await until(async () => !(await isRunning(pid)));
    expect(existsSync(join(on.repo, ".cco/engine.lock"))).toBe(false);
    expect(JSON.parse(on.read(".cco/open.json"))).toEqual({ tasks: ["one"] });
    const status = await on.cco("status", "--json");
    expect(status).toMatchObject({ code: 0, json: { engine: "idle" }, tasks: [{ status: "running" }] });
    expect(status.stderr).toContain("started again");
    await until(() => enginePid(on) !== null);
    expect((await on.cco("status", "--quiet")).stderr).toBe("");
  });

  it("is told in words by resume, with what a crash cut off", async () => {
    const on = await stageAtWork();
    expect((await on.cco("resume")).stdout).toContain("the engine runs");
    await killEngine(on);
    appendFileSync(join(on.repo, ".cco/journal/000001.jsonl"), '{"v":1,"seq":');
    const resumed = await on.cco("resume");
    expect(resumed.stdout).toContain("the last line of the journal was cut off: its 13 bytes count for nothing");
    expect(resumed.stdout).toContain("one (running, attempt 1): its worker is alive; it is adopted and goes on");
    expect(await isEngineDead(on)).toBe(false);
    expect(await on.cco("cancel", "one")).toMatchObject({ code: 0 });
    expect((await factsOf(on)).at(-1)?.type).toMatch(/^(task\.ended|engine\.stopped)$/);
  });
});

describe("an answer whose engine died of it", () => {
  verifies("C7");
  it("counts once, and its card is not shown as open any more", async () => {
    const on = await setCcoStage({ script: { worker: [{ steps: [{ final: "BLOCKED: which?" }] }], claude: [] } });
    stage = on;
    expect((await on.dispatch([await on.envelope("one", fullEnvelope("one"))], "--no-review")).code).toBe(3);
    await killEngine(on);
    await dieAt(on, "inbox.after-journal", "decide", "D-one-1", "B");
    expect(await on.cco("wait", "one", "--json")).toMatchObject({ code: 1, tasks: [{ status: "failed" }] });
    expect((await on.cco("decide", "--json")).json).toMatchObject({ cards: [] });
    expect(readdirSync(join(on.repo, ".cco/decisions/pending"))).toEqual([]);
    expect(readdirSync(join(on.repo, ".cco/decisions/answered")).toSorted()).toEqual(["D-one-1.json", "D-one-1.md"]);
    expect((await factsOf(on)).filter((fact) => fact.type === "card.answered")).toHaveLength(1);
  });
});

describe("a task that was opened again by an engine that died before it could show it", () => {
  verifies("C7");
  it("is not shown as failed any more", async () => {
    const on = await setCcoStage({ script: { worker: [{ steps: [{ final: "FAILED: cannot" }] }], claude: [] } });
    stage = on;
    expect((await on.dispatch([await on.envelope("one", fullEnvelope("one"))], "--no-review")).code).toBe(1);
    await until(() => !existsSync(join(on.repo, ".cco/engine.lock")));
    await dieAt(on, "inbox.after-journal", "retry", "one", "--quiet");
    expect(JSON.parse(on.read(".cco/tasks/one/status.json"))).toMatchObject({ status: "failed" });
    expect((await on.cco("status", "--json")).tasks).toMatchObject([{ id: "one", status: "waiting" }]);
  });
});

describe("a board on which nothing goes on by itself", () => {
  verifies("C7");
  it("starts no engine: a task that waits for a failed one is not work", async () => {
    const on = await setCcoStage({ script: { worker: [{ steps: [{ final: "FAILED: cannot" }] }], claude: [] } });
    stage = on;
    const files = [
      await on.envelope("one", fullEnvelope("one")),
      await on.envelope("two", fullEnvelope("two", { extra: "after: [one]\n" })),
    ];
    expect((await on.dispatch(files, "--no-review")).code).toBe(1);
    await until(() => !existsSync(join(on.repo, ".cco/engine.lock")));
    expect(existsSync(join(on.repo, ".cco/open.json"))).toBe(false);
    const before = await factsOf(on);
    expect((await on.cco("status")).stdout).toContain("deps: one failed");
    expect((await on.cco("resume")).stdout).toContain("two (queued): waited (deps: one failed)");
    expect((await factsOf(on)).filter((fact) => fact.type === "task.submitted")).toHaveLength(2);
    expect(before.at(-1)).toMatchObject({ type: "engine.stopped" });
  });

  it("says why an engine cannot run instead of waiting for ever", async () => {
    const on = await stageAtWork();
    await killEngine(on);
    const journal = on.read(".cco/journal/000001.jsonl");
    appendFileSync(join(on.repo, ".cco/journal/000001.jsonl"), '{"v":1,"seq":99,"at":"","fact":{}}\n{}\n');
    const waited = await on.cco("wait", "one", "--json");
    expect(waited).toMatchObject({ code: 1, json: { error: { code: "BOARD_CORRUPT" } } });
    expect((await on.cco("status")).stderr).toContain("the last one failed: BOARD_CORRUPT");
    writeFileSync(join(on.repo, ".cco/journal/000001.jsonl"), journal);
    expect(await on.cco("cancel", "one")).toMatchObject({ code: 0 });
  });
});
