import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { ScriptInput } from "../../src/rehearsal/script.ts";
import { codexNewest, codexOldest } from "../support/binaries.ts";
import { runCodex, setStage, type RehearsalStage, type StageOptions } from "../support/rehearsal-stage.ts";

let stage: RehearsalStage | undefined;

afterEach(async () => {
  await stage?.close();
  stage = undefined;
});

async function set(script: ScriptInput, homes: StageOptions["homes"] = {}): Promise<RehearsalStage> {
  stage = await setStage({ script, homes });
  return stage;
}

const AWKWARD = "`tick` $HOME 'single' \"double\" \\back\n\n+plus\n*** End Patch\nEND_OF_PATCH\n";
const NO_NEWLINE = "carriage\r\nreturn, é and \u2028, no newline at the end";

const EVERYTHING: ScriptInput = {
  worker: [
    {
      task: "t1",
      attempt: 2,
      steps: [{ final: "COMPLETED: second attempt" }],
    },
    {
      task: "t1",
      steps: [
        { reasoning: "thinking" },
        { say: "I start." },
        { run: "echo hello > a.txt; cat a.txt" },
        { plan: [{ step: "one", status: "completed" }] },
        { patch: "*** Begin Patch\n*** Add File: b.txt\n+line one\n*** End Patch" },
        { patch: "*** Begin Patch\n*** Update File: b.txt\n@@\n-line one\n+line 1\n*** End Patch" },
        { write: { path: "README.md", content: AWKWARD } },
        { write: { path: "sub dir/it's.txt", content: NO_NEWLINE } },
        { usage: { inputTokens: 5000 } },
        { limits: { primary: { usedPercent: 42.5, windowMinutes: 300, resetAt: 1_900_000_000 } } },
        { final: "COMPLETED: all of it\n\nwith a second paragraph" },
      ],
    },
  ],
};

async function rollout(here: RehearsalStage): Promise<string> {
  const files = await readdir(join(here.codexHome, "sessions"), { recursive: true });
  const file = files.find((name) => name.endsWith(".jsonl"));
  return readFile(join(here.codexHome, "sessions", file ?? "none"), "utf8");
}

describe.each([
  ["0.124", codexOldest, "gpt-5.4"],
  ["0.124 with a model it does not know", codexOldest, "gpt-unheard-of"],
  ["newest", codexNewest, "gpt-5.5"],
  ["newest with a model it does not know", codexNewest, "gpt-unheard-of"],
  ["newest in code mode", codexNewest, "gpt-6-astra"],
])("a scene on Codex %s", (_name, binary, codexModel) => {
  it("plays every kind of step", async () => {
    const here = await set(EVERYTHING, { codexModel });
    const done = await runCodex(here, binary(), "You are a worker.\nTask: t1\nAttempt: 1\n\nDo it.");
    expect(done.code, done.stderr).toBe(0);
    expect(done.last).toBe("COMPLETED: all of it\n\nwith a second paragraph");
    const read = (path: string) => readFile(join(here.repo, path), "utf8");
    expect(await read("a.txt")).toBe("hello\n");
    expect(await read("b.txt")).toBe("line 1\n");
    expect(await read("README.md")).toBe(AWKWARD);
    expect(await read("sub dir/it's.txt")).toBe(NO_NEWLINE);
    const types = done.events.map((event) => event["type"]);
    expect(types.at(-1)).toBe("turn.completed");
    const items = done.stdout.split("\n").filter((line) => line.includes("item.completed"));
    expect(items.filter((line) => line.includes('"file_change"')).length).toBeGreaterThanOrEqual(2);
    expect(items.some((line) => line.includes('"reasoning"') && line.includes("thinking"))).toBe(true);
    expect(items.some((line) => line.includes("I start."))).toBe(true);
    const requests = here.model.requests();
    expect(requests.every((request) => request.task === "t1" && request.attempt === 1 && request.scene === 1)).toBe(
      true,
    );
    expect(requests.at(-1)).toMatchObject({ step: 10, answer: "final", api: "responses" });
    expect(done.events.at(-1)).toMatchObject({ usage: { input_tokens: (requests.length - 1) * 1000 + 5000 } });
    expect(await rollout(here)).toMatch(/"used_percent":42\.5,"window_minutes":300,"resets_at":1900000000/);
  });
});

describe.each([
  ["0.124", codexOldest, "gpt-5.4"],
  ["newest", codexNewest, "gpt-5.5"],
  ["newest in code mode", codexNewest, "gpt-6-astra"],
])("long and odd conversations on Codex %s", (_name, binary, codexModel) => {
  it("goes on after a command that outlasts its time", async () => {
    const here = await set(
      { worker: [{ steps: [{ run: "sleep 40", timeoutMs: 300 }, { final: "FAILED: too slow" }] }] },
      { codexModel },
    );
    const done = await runCodex(here, binary(), "anything");
    expect(done).toMatchObject({ code: 0, last: "FAILED: too slow" });
    expect(done.ms).toBeLessThan(20_000);
  });

  it("finds its place again after Codex has compacted the conversation", async () => {
    const script: ScriptInput = {
      worker: [
        {
          task: "t1",
          steps: [
            { run: "echo one >> log.txt" },
            { usage: { inputTokens: 400_000 } },
            { run: "echo two >> log.txt" },
            { usage: { inputTokens: 1000 } },
            { run: "echo three >> log.txt" },
            { final: "COMPLETED: counted" },
          ],
        },
      ],
    };
    const here = await set(script, { codexModel });
    const extra = ["-c", "model_auto_compact_token_limit=50000"];
    const done = await runCodex(here, binary(), "Task: t1\nAttempt: 1\n", extra);
    expect(done).toMatchObject({ code: 0, last: "COMPLETED: counted" });
    expect(await readFile(join(here.repo, "log.txt"), "utf8")).toBe("one\ntwo\nthree\n");
    expect(here.model.requests().map((request) => request.answer)).toContain("summary");
  });

  it("says which scene is missing", async () => {
    const here = await set(EVERYTHING, { codexModel });
    const done = await runCodex(here, binary(), "Task: other\nAttempt: 3\n");
    expect(done.code).toBe(1);
    expect(done.stdout).toContain(
      "rehearsal: no worker scene for task=other attempt=3; the script has: task=t1 attempt=2",
    );
    expect(here.model.requests()).toMatchObject([{ answer: "missing", scene: null, task: "other", attempt: 3 }]);
  });

  it("plays the scene of the attempt, in a resumed thread as well", async () => {
    const here = await set(EVERYTHING, { codexModel });
    const first = await runCodex(here, binary(), "Task: t1\nAttempt: 2\n\nFeedback: it is wrong");
    expect(first.last).toBe("COMPLETED: second attempt");
    expect(here.model.requests()[0]?.prompt).toContain("Feedback: it is wrong");
    const thread = String(first.events.find((event) => event["type"] === "thread.started")?.["thread_id"]);
    const second = await runCodex(here, binary(), "Task: t1\nAttempt: 1\n", ["resume", thread]);
    expect(second.last).toMatch(/^COMPLETED: all of it/);
  });
});
