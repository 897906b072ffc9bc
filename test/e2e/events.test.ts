import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { cardAnswerSchema, type CcoEvent, eventSchema } from "../../src/model/event.ts";
import { statusResultSchema } from "../../src/model/printed-documents.ts";
import { verifies } from "../requirements.ts";
import { codexNewest, codexOldest } from "../support/binaries.ts";
import { type CcoStage, fullEnvelope, setCcoStage } from "../support/cco.ts";

let stage: CcoStage | undefined;
afterEach(async () => {
  await stage?.close();
  stage = undefined;
});

/** The events of a board; every line has to be one. */
function eventsOf(on: CcoStage): CcoEvent[] {
  const lines = on.read(".cco/events.jsonl").trimEnd().split("\n");
  return lines.map((line) => eventSchema.parse(JSON.parse(line)));
}

const plan = (...done: readonly boolean[]) => ({
  plan: done.map((completed, n) => ({
    step: `part ${n + 1}`,
    status: completed ? ("completed" as const) : ("pending" as const),
  })),
});

describe("events of a task", () => {
  verifies("D1", "D2");
  it.each([
    ["newest", codexNewest(), "gpt-5.5"],
    ["0.124.0", codexOldest(), "gpt-5.4"],
  ])("tell its steps and its end, each once (%s)", async (_name, codex, codexModel) => {
    const write = { write: { path: "src/a.txt", content: "hello\n" } };
    const steps = [plan(false, false, false), write, plan(true, false, false), plan(true, true, false)];
    const scene = { steps: [...steps, { final: "COMPLETED: wrote src/a.txt" }] };
    stage = await setCcoStage({ script: { worker: [scene], claude: [] }, codex, homes: { codexModel } });
    const on = stage;
    const file = await on.envelope("good", fullEnvelope("good"));
    expect((await on.dispatch([file], "--no-review")).code).toBe(0);
    const events = eventsOf(on);
    expect(events.map((event) => event.line)).toEqual([
      "Task good running: attempt 1",
      "Task good running: step 1 of 3 (part 1)",
      "Task good running: step 2 of 3 (part 2)",
      "Task good running: step 3 of 3 (part 3)",
      "Task good verified: its checks are green",
      "Task good merged into main",
      expect.stringMatching(/^Task good completed\. Output: src\/a\.txt \(main [0-9a-f]{12}\)\. wrote src\/a\.txt$/),
    ]);
    expect(new Set(events.map((event) => event.id)).size).toBe(events.length);
    expect(events.at(-1)).toMatchObject({ event: "completed", task: "good", tier: "notify" });
  });
});

describe("a card", () => {
  verifies("B2", "B3", "B4");

  it("is answered by editing its file, while other work goes on; whoever comes later is told", async () => {
    const write = { write: { path: "src/a.txt", content: "hello\n" } };
    const worker = [
      { task: "ask", steps: [{ final: "BLOCKED: which API?" }] },
      { task: "other", steps: [write, { final: "COMPLETED: wrote it" }] },
    ];
    stage = await setCcoStage({ script: { worker, claude: [] } });
    const on = stage;
    const files = [await on.envelope("ask", fullEnvelope("ask")), await on.envelope("other", fullEnvelope("other"))];
    expect(await on.dispatch(files, "--no-review")).toMatchObject({
      code: 3,
      tasks: expect.arrayContaining([expect.objectContaining({ id: "other", status: "accepted" })]),
    });
    const pending = join(on.repo, ".cco/decisions/pending/D-ask-1.md");
    const answer = (letter: string): void => {
      const text = readFileSync(pending, "utf8").replace(/^answer:.*$/m, `answer: ${letter}`);
      writeFileSync(`${pending}.edited`, text.replace(/^note:.*$/m, "note: by hand"));
      renameSync(`${pending}.edited`, pending);
    };
    const late = readFileSync(pending, "utf8").replace(/^answer:.*$/m, "answer: A");
    answer("Q");
    await expect
      .poll(() => readFileSync(pending, "utf8"))
      .toContain('reply: "there is no option Q; choose one of A, B"');
    answer("b");
    expect(await on.cco("wait", "ask", "--json")).toMatchObject({ code: 1, tasks: [{ status: "failed" }] });
    expect(existsSync(pending)).toBe(false);
    const page = on.read(".cco/decisions/answered/D-ask-1.md");
    expect(page).toMatch(/^---\ncard: D-ask-1\ntask: ask\nanswer: B\nby: "file edit"\nat: .+\nnote: "by hand"\n---\n/);
    const audit = on.read(".cco/audit.jsonl").trimEnd().split("\n");
    expect(audit.map((line) => cardAnswerSchema.parse(JSON.parse(line)))).toMatchObject([
      { card: "D-ask-1", letter: "B", by: "file edit", note: "by hand" },
    ]);
    const second = await on.cco("decide", "D-ask-1", "A", "--json");
    expect(second).toMatchObject({ code: 2, json: { error: { code: "CARD_UNKNOWN" } } });
    expect(second.stderr).toContain(
      "D-ask-1 was answered already: B (Stop here; the branch is kept), by file edit at ",
    );
    expect(
      eventsOf(on)
        .filter((event) => event.task === "ask")
        .map((event) => event.event),
    ).toEqual(["running", "blocked", "notice", "failed"]);
    const status = statusResultSchema.parse((await on.cco("status", "--json")).json);
    expect(status.escalation).toMatchObject({ tasks: 2, gated: 1, rate: 0.5, verdict: "high" });
    expect((await on.cco("status")).stdout).toContain("1 of 2 tasks in ");

    // An editor that was still open.
    writeFileSync(pending, late);
    await on.cco("retry", "ask", "--json");
    await expect.poll(() => on.read(".cco/decisions/answered/D-ask-1.md")).toContain("Too late: A was written");
    expect(existsSync(pending)).toBe(false);
  });
});
