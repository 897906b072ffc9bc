import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { exitRecordSchema } from "../../src/model/outcome.ts";
import { checkpointSchema } from "../../src/model/checkpoint.ts";
import { codexNewest, codexOldest } from "../support/binaries.ts";
import { type CcoStage, CONTENT_REVIEWER, fullEnvelope, setCcoStage } from "../support/cco.ts";
import { verifies } from "../requirements.ts";

let stage: CcoStage | undefined;
afterEach(async () => {
  await stage?.close();
  stage = undefined;
});

/** Settings with limits in seconds. */
function settings(limits: { soft: number; hard?: number }): string {
  const worker = `killGraceSeconds: 1, softMinutes: ${limits.soft / 60}, hardMinutes: ${(limits.hard ?? 600) / 60}`;
  return `engine: { idleSeconds: 0 }\nworker: { ${worker} }\nretry: { baseSeconds: 0.05, jitterSeconds: 0 }\n`;
}

/** Does the nth part unless it is done, and is then busy for some seconds. */
const part = (n: number, seconds: number) => ({
  run: `test -f src/${n}.txt || { mkdir -p src; echo ${n} > src/${n}.txt; sleep ${seconds}; }`,
});
const done = { final: "COMPLETED: all three parts" };
const verify = "test -f src/3.txt";

const TOKEN = `ghp_${"A1b2C3d4E5f6".repeat(3)}`;

/** A file of an attempt as text. */
function attemptFile(here: CcoStage, attempt: number, name: string): string {
  return here.read(`.cco/tasks/long/attempts/0${attempt}/${name}`);
}

function checkpointPath(here: CcoStage): string {
  return join(here.repo, ".cco/tasks/long/checkpoint.json");
}

describe("work that is longer than a session", () => {
  verifies("A7", "C6");
  it.each([
    ["newest", codexNewest(), { codexModel: "gpt-5.5" }],
    ["0.124.0", codexOldest(), { codexModel: "gpt-5.4" }],
  ])("goes on in fresh sessions from a digest (%s)", async (_name, codex, { codexModel }) => {
    const plan = ["part one", "part two", "part three"].map((step, n) => ({
      step,
      status: n === 0 ? ("completed" as const) : ("pending" as const),
    }));
    const steps = [{ say: `I found ${TOKEN} in a file.` }, part(1, 60), { plan }, part(2, 60), part(3, 0), done];
    const here = await setCcoStage({
      script: { worker: [{ steps }], claude: CONTENT_REVIEWER },
      codex,
      homes: { codexModel },
      config: settings({ soft: 8 }),
    });
    stage = here;
    const running = here.dispatch([await here.envelope("long", fullEnvelope("long", { verify }))]);
    await expect.poll(() => existsSync(checkpointPath(here)), { timeout: 30_000, interval: 20 }).toBe(true);
    const checkpoint = checkpointSchema.parse(JSON.parse(readFileSync(checkpointPath(here), "utf8")));
    expect(checkpoint).toMatchObject({ task: "long", attempt: 1, phase: "working" });
    expect(`${checkpoint.digest}\n`).toBe(attemptFile(here, 1, "digest.md"));

    const run = await running;
    expect({ code: run.code, tasks: run.tasks }).toMatchObject({
      code: 0,
      tasks: [{ status: "accepted", error: null }],
    });
    // Three, or more where the machine is so slow that a session does not get to its part.
    const count = run.tasks[0]?.attempts ?? 0;
    expect(count).toBeGreaterThanOrEqual(3);
    expect(run.tasks[0]?.["chunks"]).toBe(count);
    expect(existsSync(checkpointPath(here))).toBe(false);
    expect(await here.git("ls-files", "src")).toBe("src/1.txt\nsrc/2.txt\nsrc/3.txt");
    const all = Array.from({ length: count }, (_, index) => index + 1);
    const cut = all.slice(0, -1);
    const exits = all.map((n) => exitRecordSchema.parse(JSON.parse(attemptFile(here, n, "exit.json"))));
    expect(exits.map((exit) => exit.reason)).toEqual([...cut.map(() => "soft-limit"), "completed"]);
    // Codex ends with 1 when it is interrupted: it has noted that its turn was aborted.
    expect(exits.at(-2)?.code).toBe(1);
    const threads = all.map((n) => /"threadId": "([^"]+)"/.exec(attemptFile(here, n, "outcome.json"))?.[1]);
    expect(new Set(threads).size).toBe(count);
    const digests = cut.map((n) => attemptFile(here, n, "digest.md").trim());
    for (const [index, digest] of digests.entries()) {
      expect(attemptFile(here, index + 2, "prompt.md")).toContain(digest);
      const asked = here.requests().find((request) => request.prompt?.includes(`Attempt: ${index + 2}\n`) === true);
      expect(asked?.prompt).toContain(digest);
    }
    expect(digests.at(-1)).toMatch(/Changed files: src\/1\.txt \(added\), src\/2\.txt \(added\)\n/);
    expect(digests.at(-1)).toContain("Was running at the end: test -f src/2.txt");
    // Newer versions offer this model no tool for a plan.
    expect(digests.at(-1)).toContain("Next: part two\nDone by its plan (1 of 3):\n- part one\n");
    expect(`${digests.join("")}${here.read(".cco/journal/000001.jsonl")}`).not.toContain(TOKEN);
    expect(digests.at(-1)).toContain("[redacted: github-token]");
  });

  it("is found again after the engine was killed between two chunks", async () => {
    const here = await setCcoStage({
      script: { worker: [{ steps: [part(1, 60), part(2, 0), part(3, 0), done] }], claude: [] },
      config: settings({ soft: 8 }),
    });
    stage = here;
    const file = await here.envelope("long", fullEnvelope("long", { verify }));
    expect((await here.cco("dispatch", file, "--no-review", "--detach")).code).toBe(0);
    await expect.poll(() => existsSync(checkpointPath(here)), { timeout: 30_000, interval: 20 }).toBe(true);
    const { pid } = JSON.parse(here.read(".cco/engine.lock")) as { pid: number };
    process.kill(pid, "SIGKILL");
    const run = await here.cco("wait", "long", "--json");
    expect(run.tasks).toMatchObject([{ status: "accepted" }]);
    expect(run.tasks[0]?.["chunks"]).toBeGreaterThan(1);
    expect(run.tasks[0]?.["chunks"]).toBe(run.tasks[0]?.attempts);
    expect(here.read(".cco/engine.log")).toMatch(
      /info checkpoint: long was before working \(attempt 1, chunk 1.*everything it needs is there/,
    );
    expect(existsSync(checkpointPath(here))).toBe(false);
  });

  it("is stopped when two sessions in a row change nothing", async () => {
    const steps = [{ run: "sleep 60" }, done];
    stage = await setCcoStage({ script: { worker: [{ steps }], claude: [] }, config: settings({ soft: 2 }) });
    const run = await stage.dispatch([await stage.envelope("long", fullEnvelope("long", { verify }))]);
    expect(run.tasks).toMatchObject([
      { status: "failed", attempts: 2, chunks: 2, error: { code: "CODEX_NO_PROGRESS", class: "logic" } },
    ]);
    expect(attemptFile(stage, 2, "digest.md")).toContain("Changed files: none yet");
  });
});

describe("limits of time", () => {
  verifies("A7");
  const steps = [part(1, 60), done];

  it("ends a session at the hard limit where the soft one is not below it", async () => {
    stage = await setCcoStage({
      script: { worker: [{ steps }], claude: [] },
      config: settings({ soft: 3, hard: 3 }),
    });
    const run = await stage.dispatch([await stage.envelope("long", fullEnvelope("long", { verify }))]);
    expect(run.tasks).toMatchObject([
      { status: "failed", attempts: 1, chunks: 1, error: { code: "CODEX_DEADLINE", class: "logic" } },
    ]);
    expect(run.tasks[0]?.error?.next).toContain("softMinutes");
    expect((await stage.cco("diff", "long")).stdout).toContain("+1");
  });

  it("counts budget.minutes over all sessions of the task", async () => {
    const busy = { run: "mkdir -p src; date +%N >> src/1.txt; sleep 60" };
    const plan = [{ step: "count", status: "in_progress" as const }];
    stage = await setCcoStage({
      script: { worker: [{ steps: [{ plan }, busy, done] }], claude: [] },
      codex: codexOldest(),
      homes: { codexModel: "gpt-5.4" },
      config: settings({ soft: 3.5 }),
    });
    const envelope = fullEnvelope("long", { verify }).replace("minutes: 2 ", `minutes: ${6 / 60} `);
    const run = await stage.dispatch([await stage.envelope("long", envelope)]);
    expect(run.tasks).toMatchObject([{ status: "blocked", attempts: 2, error: { code: "BUDGET_MINUTES" } }]);
    expect(run.tasks[0]?.error?.message).toMatch(/^budget exhausted at step 1 of 1: still running after /);
    const exit = exitRecordSchema.parse(JSON.parse(attemptFile(stage, 2, "exit.json")));
    expect(exit.reason).toBe("budget");
    // Not at the end of its command, however slow the machine.
    expect(Date.parse(exit.endedAt) - Date.parse(exit.startedAt)).toBeLessThan(30_000);
  });
});

describe("a session that is cut off after edits", () => {
  verifies("A7");
  it("leaves a digest for the next one as well", async () => {
    const first = { attempt: 1, steps: [part(1, 0), { fault: { kind: "cut" } }] };
    stage = await setCcoStage({
      script: { worker: [first as never, { steps: [part(3, 0), done] }], claude: CONTENT_REVIEWER },
    });
    const run = await stage.dispatch([await stage.envelope("long", fullEnvelope("long", { verify }))]);
    expect(run.tasks).toMatchObject([{ status: "accepted", attempts: 2, chunks: 1 }]);
    const prompt = attemptFile(stage, 2, "prompt.md");
    expect(prompt).toContain("cut off (CODEX_STREAM_CUT)");
    expect(prompt).toContain(attemptFile(stage, 1, "digest.md").trim());
    expect(prompt).toContain("Changed files: src/1.txt (added)");
  });
});
