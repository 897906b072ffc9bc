import { describe, expect, it } from "vitest";
import type { ScriptInput } from "../../src/rehearsal/script.ts";
import { type CcoStage, CONTENT_REVIEWER, fullEnvelope } from "../support/cco.ts";
import {
  dieAt,
  expectDoneOnce,
  factsOf,
  isEngineDead,
  setCrashStage,
  untilNobodyIsLeft,
} from "../support/crash-stage.ts";
import { until } from "../support/processes.ts";
import { verifies } from "../requirements.ts";

const write = { write: { path: "src/a.txt", content: "hello\n" } };
const done = { final: "COMPLETED: wrote src/a.txt" };

const scriptOf = (...steps: object[]): ScriptInput => ({
  worker: [{ task: "one", steps: steps as never }],
  claude: CONTENT_REVIEWER,
});

describe.concurrent("an engine that is killed at", () => {
  verifies("C7", "K4");
  // The review costs a second of computing time: it is in only where it is the point.
  it.for([
    ["journal.before-append", "--no-review"],
    ["journal.after-append", "--no-review"],
    ["inbox.after-journal", "--no-review"],
    ["attempt.after-intent", "--no-review"],
    ["attempt.after-spawn", "--no-review"],
    ["attempt.after-exit", "--no-review"],
    ["attempt.after-report", "--no-review"],
    ["seal.after-commit", "--no-review"],
    ["verify.after-run", "--no-review"],
    ["review.after-answer", "--quiet"],
    ["merge.after-forward", "--no-review"],
    ["projection.after-write", "--no-review"],
    ["projection.after-write:4", "--no-review"],
  ] as const)(
    "%s is replaced by a plain status, and everything is done once",
    async ([point, review], { onTestFinished }) => {
      const stage = await setCrashStage(onTestFinished, scriptOf(write, done));
      await dieAt(stage, point, "dispatch", await stage.envelope("one", fullEnvelope("one")), "--detach", review);
      expect((await stage.cco("status", "--json")).code).toBe(0);
      // It has started an engine: either that is at work, or it has done everything already.
      await until(async () => !(await isEngineDead(stage)));
      expect(await stage.cco("wait", "one", "--json")).toMatchObject({ code: 0, tasks: [{ status: "accepted" }] });
      await expectDoneOnce(stage, "one");
      await untilNobodyIsLeft(stage);
    },
  );

  it.for(["merge.after-rebase", "merge.after-forward"])(
    "%s on a base that has moved merges once",
    async (point, { onTestFinished }) => {
      const stage = await setCrashStage(onTestFinished, scriptOf(write, { run: "sleep 0.5" }, done));
      const file = await stage.envelope("one", fullEnvelope("one"));
      const dying = dieAt(stage, point, "dispatch", file, "--detach", "--no-review");
      await until(() => stage.requests().length > 0);
      await stage.git("commit", "--quiet", "--allow-empty", "-m", "the user goes on");
      await dying;
      expect(await stage.cco("wait", "one", "--json")).toMatchObject({ code: 0, tasks: [{ status: "accepted" }] });
      await expectDoneOnce(stage, "one");
      expect(await stage.git("log", "--format=%s", "-2")).toContain("the user goes on");
    },
  );
});

describe("an engine that is killed before and after every single step", () => {
  verifies("C7", "K4");
  it("gets there, and everything is done once", async ({ onTestFinished }) => {
    const stage = await setCrashStage(onTestFinished, scriptOf(write, done));
    const file = await stage.envelope("one", fullEnvelope("one"));
    await dieAt(stage, "journal.after-append:1", "dispatch", file, "--detach", "--no-review");
    let lives = 1;
    // The first append of a life tells that it began, the second is its one step: done and not recorded, then recorded.
    for (const point of turns()) {
      Object.assign(stage.env, { CCO_CRASH_AT: point });
      const status = await stage.cco("status", "one", "--json");
      if (status.tasks[0]?.status === "accepted") break;
      await until(async () => (await isEngineDead(stage)) || !(await hasEngine(stage)));
      lives += 1;
    }
    Object.assign(stage.env, { CCO_CRASH_AT: "" });
    expect(await stage.cco("wait", "one", "--json")).toMatchObject({ code: 0, tasks: [{ status: "accepted" }] });
    expect(lives).toBeGreaterThan(10);
    const starts = (await factsOf(stage)).filter((fact) => fact.type === "engine.started");
    expect(starts.length).toBeGreaterThan(lives / 2);
    await expectDoneOnce(stage, "one");
    await untilNobodyIsLeft(stage);
  });
});

function turns(): string[] {
  return Array.from({ length: 20 }, () => ["journal.before-append:2", "journal.after-append:2"]).flat();
}

async function hasEngine(stage: CcoStage): Promise<boolean> {
  const { json } = await stage.cco("status", "--json");
  return JSON.stringify(json).includes('"engine":"running"');
}
