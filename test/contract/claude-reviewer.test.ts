import { spawn } from "node:child_process";
import { chmod, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, describe, expect, onTestFinished, test } from "vitest";
import { DIFF_LIMIT_BYTES } from "../../src/claude/reviewer.ts";
import { collectTree } from "../../src/process/kill-tree.ts";
import type { ScriptInput } from "../../src/rehearsal/script.ts";
import { tapWire } from "../support/claude-wire.ts";
import { REVIEW_KEY, setReviewStage, type ReviewStage } from "../support/review-stage.ts";

const FINDINGS = {
  summary: "read the diff",
  challenges: [
    {
      id: "C1",
      claim: "the 101st request passes",
      violates: "The 101st request within a minute gets 429",
      severity: "blocker",
      path: "src/limiter.js",
      line: 3,
      evidence: {
        kind: "failing-test",
        path: "test/c1.test.js",
        content: "throw 1",
        command: "node --test test/c1.test.js",
      },
    },
  ],
};
const GOOD: ScriptInput = {
  claude: [{ call: "review", task: "add-limiter", round: 1, steps: [{ output: FINDINGS }] }],
};

let stage: ReviewStage | undefined;
async function start(script: ScriptInput, env: Record<string, string> = {}): Promise<ReviewStage> {
  stage = await setReviewStage({ script }, env);
  return stage;
}
afterEach(async () => {
  await stage?.close();
  stage = undefined;
});

const never = new AbortController().signal;

/** Living processes of a review. */
function marked(value: string): readonly unknown[] {
  return collectTree({ roots: [], session: null, marker: { name: "CCO_JOB", value } });
}

function fault(step: Record<string, unknown>): ScriptInput {
  return { claude: [{ steps: [{ fault: step }] }] } as ScriptInput;
}

async function until(condition: () => boolean): Promise<void> {
  for (const end = Date.now() + 15_000; !condition(); await delay(10)) {
    if (Date.now() > end) throw new Error("the awaited state did not come");
  }
}

describe("the real Claude Code as a reviewer", () => {
  test("is ready: path, version, login in words", async () => {
    const { reviewer } = await start(GOOD);
    const ready = await reviewer.readiness();
    expect(ready.ok && ready.value).toMatchObject({ version: "2.1.330", login: "ANTHROPIC_API_KEY" });
  });

  test("answers with findings, what they cost, and leaves prompt and answer behind without the key", async () => {
    const { reviewer, order, dir, model } = await start(GOOD);
    const answer = await reviewer.review(order(), never);
    expect(answer).toMatchObject({
      ok: true,
      value: {
        value: FINDINGS,
        model: "claude-sonnet-5-5",
        usage: { inputTokens: 1000, cachedInputTokens: 300, outputTokens: 50 },
      },
    });
    expect(answer.ok && answer.value.usage.usd).toBeGreaterThan(0);
    expect(model.requests().map(({ call, task, round }) => ({ call, task, round }))).toEqual([
      { call: "review", task: "add-limiter", round: 1 },
    ]);
    const folder = join(dir, "review", "01");
    expect((await readdir(folder)).sort()).toEqual(["answer.json", "prompt.md"]);
    const prompt = await readFile(join(folder, "prompt.md"), "utf8");
    expect(prompt).toMatch(/^Task: add-limiter\nRound: 1\n/);
    expect(model.requests()[0]?.prompt).toContain(prompt.trim());
    expect(JSON.parse(await readFile(join(folder, "answer.json"), "utf8"))).toMatchObject({
      reason: "completed",
      code: 0,
    });
    for (const name of await readdir(folder))
      expect(await readFile(join(folder, name), "utf8")).not.toContain(REVIEW_KEY);
  });

  test("uses a subscription login where there is no key", async () => {
    const { env, reviewer, order, model } = await start(GOOD, { ANTHROPIC_API_KEY: "" });
    const oauth = {
      accessToken: "sk-ant-oat01-rehearsed",
      refreshToken: "r",
      expiresAt: Date.now() + 9e7,
      scopes: ["user:inference"],
    };
    const file = join(env["CLAUDE_CONFIG_DIR"] ?? "", ".credentials.json");
    await writeFile(file, JSON.stringify({ claudeAiOauth: { ...oauth, subscriptionType: "max" } }));
    const ready = await reviewer.readiness();
    expect(ready.ok && ready.value.login).toBe("subscription login (max)");
    expect((await reviewer.review(order(), never)).ok).toBe(true);
    expect(model.requests()).toHaveLength(1);
  });

  test("sends the key to the server of the user", async () => {
    const wire = await tapWire();
    const { reviewer, order } = await start(GOOD, { ANTHROPIC_BASE_URL: wire.url });
    const answer = await reviewer.review(order(), never);
    await wire.close();
    expect(!answer.ok && answer.error.message).toContain("error of its own");
    expect(wire.headers().map((headers) => headers["x-api-key"])).toEqual([REVIEW_KEY]);
  });
});

const FAULTS: readonly [name: string, step: Record<string, unknown>, words: string, retry: boolean][] = [
  ["401", { kind: "http", status: 401 }, "(401)", false],
  ["404", { kind: "http", status: 404 }, "model was not found", false],
  ["429", { kind: "http", status: 429 }, "slow down (429)", true],
  ["529", { kind: "http", status: 529 }, "overloaded", true],
  ["a cut stream", { kind: "cut" }, "cut off", true],
  ["a refusal", { kind: "refusal" }, "refused to review", false],
  ["prose instead of the schema", { kind: "never-structured" }, "without a structured answer", true],
];

describe("a review that fails", () => {
  test.each(FAULTS)("%s is named", async (_name, step, words, retry) => {
    const { reviewer, order } = await start(fault(step));
    const answer = await reviewer.review(order(), never);
    expect(!answer.ok && answer.error).toMatchObject({ code: "REVIEW_UNAVAILABLE" });
    expect(!answer.ok && answer.error.message).toContain(words);
    expect(!answer.ok && answer.error.retryAt !== null).toBe(retry);
  });

  test("answers that never fit the schema", async () => {
    const { reviewer, order } = await start({ claude: [{ steps: [{ output: { summary: "no list" } }] }] });
    const answer = await reviewer.review(order(), never);
    expect(!answer.ok && answer.error.message).toContain("satisfied the schema");
    expect(!answer.ok && answer.error.usage.outputTokens).toBe(250);
  });

  test("money that runs out", async () => {
    const usage = { inputTokens: 3_000_000 };
    const { reviewer, order } = await start({
      claude: [{ usage, steps: [{ tool: "Glob", input: { pattern: "*" } }, { output: FINDINGS }] }],
    });
    const answer = await reviewer.review(order({ usd: 0.5 }), never);
    expect(!answer.ok && answer.error.message).toContain("Reached maximum budget ($0.5)");
    expect(!answer.ok && answer.error.usage.usd).toBeGreaterThan(0.5);
  });

  test("silence ends at the time limit, with nothing left running", async () => {
    const { reviewer, order } = await start(fault({ kind: "no-headers" }));
    const answer = await reviewer.review(order({ timeoutMs: 1000 }), never);
    expect(!answer.ok && answer.error.message).toContain("no answer after 1.0s");
    expect(marked(order().dir)).toEqual([]);
  });

  test("an abort ends it at once, with nothing left running", async () => {
    const { reviewer, order, model } = await start(fault({ kind: "no-headers" }));
    const abort = new AbortController();
    const review = reviewer.review(order(), abort.signal);
    await until(() => model.requests().length > 0);
    abort.abort();
    const answer = await review;
    expect(!answer.ok && answer.error.message).toContain("cancelled");
    expect(marked(order().dir)).toEqual([]);
  });

  test("a diff that is too large is refused before anything is asked", async () => {
    const { reviewer, order, model } = await start(GOOD);
    const answer = await reviewer.review(order({ diff: "+".repeat(DIFF_LIMIT_BYTES + 1) }), never);
    expect(!answer.ok && answer.error.message).toContain("too large to review at once");
    expect(model.requests()).toEqual([]);
  });

  test("a work tree that is gone", async () => {
    const { reviewer, order, dir } = await start(GOOD);
    const answer = await reviewer.review(order({ cwd: join(dir, "gone") }), never);
    expect(!answer.ok && answer.error.message).toContain("could not be started");
  });
});

describe("before a review", () => {
  test("a reviewer that a killed engine left behind is ended", async () => {
    const { reviewer, order } = await start(GOOD);
    const orphan = spawn("sleep", ["600"], {
      env: { PATH: process.env["PATH"], CCO_JOB: order().dir },
      stdio: "ignore",
    });
    onTestFinished(() => void orphan.kill("SIGKILL"));
    const gone = new Promise((resolve) => orphan.once("exit", (_code, signal) => resolve(signal)));
    await until(() => marked(order().dir).length > 0);
    expect((await reviewer.review(order(), never)).ok).toBe(true);
    expect(await gone).toBe("SIGKILL");
  });

  test.each([
    [
      "does not know --restricted",
      'case "$1" in --version) echo "2.1.197 (Claude Code)";; *) echo "--print --tools";; esac',
      "2.1.197 is too old",
    ],
    ["does not start", "echo broken >&2; exit 1", "does not start"],
    ["says nothing", "exit 0", "does not start"],
  ])("a Claude Code that %s is refused, and looked at again when it was replaced", async (_name, text, words) => {
    const bin = join("bin", "claude");
    const { reviewer, order, dir, model } = await start(GOOD, { CCO_CLAUDE_BIN: bin });
    await mkdir(join(dir, "bin"));
    await writeFile(join(dir, bin), `#!/bin/sh\n${text}\n`);
    await chmod(join(dir, bin), 0o755);
    const ready = await reviewer.readiness();
    expect(!ready.ok && ready.error.code).toBe("REVIEW_UNAVAILABLE");
    expect(!ready.ok && ready.error.message).toContain(words);
    const answer = await reviewer.review(order(), never);
    expect(!answer.ok && answer.error.message).toContain(words);
    expect(model.requests()).toEqual([]);
    await rm(join(dir, bin));
    const gone = await reviewer.readiness();
    expect(!gone.ok && gone.error.message).toContain("was not found");
  });
});
