import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { activityFileSchema } from "../../src/codex/attempt-files.ts";
import type { WorkerStep } from "../../src/rehearsal/script.ts";
import { verifies } from "../requirements.ts";
import { attemptOrder, CODEX_VERSIONS, runAttempt, setCodexStage, type CodexStage } from "../support/codex-stage.ts";

verifies("A6", "D3");

const stages: CodexStage[] = [];
afterEach(async () => {
  for (const stage of stages.splice(0)) await stage.close();
});

async function stageFor(binary: string, steps: WorkerStep[]): Promise<CodexStage> {
  const stage = await setCodexStage(binary, { script: { worker: [{ steps }] } });
  stages.push(stage);
  return stage;
}

const RESET = Math.floor(Date.now() / 1000) + 3600;
const LIMITS = {
  primary: { usedPercent: 100, windowMinutes: 300, resetAt: RESET },
  secondary: { usedPercent: 40, windowMinutes: 10_080, resetAt: RESET + 100_000 },
};
const error = (code: string, message: string) => ({ error: { code, type: code, message } });

/** What the model provider does, and the code it comes out as; the second code is for 0.124 where that knows less. */
const FAULTS: [string, WorkerStep[], string, string?][] = [
  [
    "400",
    [{ fault: { kind: "http", status: 400, body: error("invalid_request_error", "bad field") } }],
    "CODEX_BAD_REQUEST",
  ],
  [
    "400 context length",
    [{ fault: { kind: "http", status: 400, body: error("context_length_exceeded", "too long") } }],
    "CODEX_CONTEXT_OVERFLOW",
  ],
  [
    "401",
    [{ fault: { kind: "http", status: 401, body: error("invalid_api_key", "Incorrect API key provided") } }],
    "CODEX_AUTH",
  ],
  ["400 of a proxy", [{ fault: { kind: "http", status: 400, body: "nope" } }], "CODEX_BAD_REQUEST"],
  ["reset", [{ fault: { kind: "reset" } }], "CODEX_NETWORK"],
  ["402", [{ fault: { kind: "http", status: 402 } }], "CODEX_QUOTA"],
  ["403", [{ fault: { kind: "http", status: 403 } }], "CODEX_AUTH"],
  [
    "404 model",
    [
      {
        fault: {
          kind: "http",
          status: 404,
          body: error("model_not_found", "The model `x` does not exist or you do not have access to it."),
        },
      },
    ],
    "CODEX_MODEL_NOT_FOUND",
  ],
  ["429", [{ fault: { kind: "http", status: 429 } }], "CODEX_RATE_LIMITED"],
  [
    "429 quota",
    [{ fault: { kind: "http", status: 429, body: error("insufficient_quota", "You exceeded your current quota") } }],
    "CODEX_QUOTA",
    "CODEX_RATE_LIMITED",
  ],
  ["500", [{ fault: { kind: "http", status: 500 } }], "CODEX_UNAVAILABLE"],
  ["503", [{ fault: { kind: "http", status: 503 } }], "CODEX_UNAVAILABLE"],
  [
    "503 overloaded",
    [{ fault: { kind: "http", status: 503, body: error("server_is_overloaded", "busy") } }],
    "CODEX_UNAVAILABLE",
  ],
  [
    "failed: rate limit",
    [{ fault: { kind: "failed", code: "rate_limit_exceeded", message: "Rate limit reached, try again in 1.5s" } }],
    "CODEX_RATE_LIMITED",
  ],
  ["failed: quota", [{ fault: { kind: "failed", code: "insufficient_quota", message: "quota" } }], "CODEX_QUOTA"],
  [
    "failed: context",
    [{ fault: { kind: "failed", code: "context_length_exceeded", message: "long" } }],
    "CODEX_CONTEXT_OVERFLOW",
  ],
  [
    "failed: server error",
    [{ fault: { kind: "failed", code: "server_error", message: "it broke" } }],
    "CODEX_UNAVAILABLE",
  ],
  ["failed: no error", [{ fault: { kind: "failed", code: null } }], "CODEX_NO_SIDECAR"],
  ["cut", [{ fault: { kind: "cut" } }], "CODEX_STREAM_CUT"],
  ["malformed", [{ fault: { kind: "malformed" } }], "CODEX_STREAM_CUT"],
  ["incomplete: filter", [{ fault: { kind: "incomplete", reason: "content_filter" } }], "CODEX_REFUSED"],
  ["incomplete: length", [{ fault: { kind: "incomplete", reason: "max_output_tokens" } }], "CODEX_CONTEXT_OVERFLOW"],
  ["empty message", [{ fault: { kind: "empty-message" } }], "CODEX_NO_SIDECAR"],
  ["no output", [{ fault: { kind: "no-output" } }], "CODEX_NO_SIDECAR"],
];

describe.each(CODEX_VERSIONS)("failures of codex %s", (name, binary) => {
  it.each(FAULTS)("%s", async (_fault, steps, code, oldCode) => {
    const stage = await stageFor(binary, steps);
    const outcome = await runAttempt(stage, attemptOrder(stage));
    expect(outcome.failure?.code).toBe(name === "0.124" ? (oldCode ?? code) : code);
    expect(outcome.failure?.message).not.toBe("");
    expect(outcome.signals.turn).toBe(code === "CODEX_NO_SIDECAR");
  });

  it("knows when a used-up window opens again", async () => {
    const body = {
      error: {
        type: "usage_limit_reached",
        message: "The usage limit has been reached",
        plan_type: "plus",
        resets_at: RESET,
      },
    };
    const stage = await stageFor(binary, [{ limits: LIMITS }, { fault: { kind: "http", status: 429, body } }]);
    const outcome = await runAttempt(stage, attemptOrder(stage));
    expect(outcome.failure).toMatchObject({
      code: "CODEX_USAGE_LIMIT",
      class: "transient",
      retryAt: new Date(RESET * 1000).toISOString(),
    });
    const activity = activityFileSchema.parse(
      JSON.parse(await readFile(join(stage.dir, "attempts", "01", "activity.json"), "utf8")),
    );
    expect(activity.windows).toMatchObject({
      primary: { usedPercent: 100, windowMinutes: 300, resetsAt: RESET },
      secondary: { usedPercent: 40 },
    });
  });

  it("keeps what a 429 asks for, which Codex itself does not show", async () => {
    const headers = { "retry-after": "41" };
    const stage = await stageFor(binary, [{ fault: { kind: "http", status: 429, headers } }]);
    const outcome = await runAttempt(stage, attemptOrder(stage));
    expect(outcome.failure).toMatchObject({
      code: "CODEX_RATE_LIMITED",
      evidence: expect.stringMatching(/events\.jsonl:\d+$/),
    });
    const waitMs = Date.parse(outcome.failure?.retryAt ?? "") - Date.parse(outcome.exit.endedAt);
    expect(waitMs).toBeGreaterThan(38_000);
    expect(waitMs).toBeLessThan(42_000);
    const hidden = await stageFor(binary, [{ limits: LIMITS }, { fault: { kind: "http", status: 429 } }]);
    expect((await runAttempt(hidden, attemptOrder(hidden))).failure).toMatchObject({
      code: "CODEX_USAGE_LIMIT",
      retryAt: new Date(RESET * 1000).toISOString(),
    });
  });

  it("gives up quickly when nobody listens", async () => {
    const stage = await stageFor(binary, [{ final: "COMPLETED: never" }]);
    // Newer versions wait for a lost provider for ever unless the adapter tells them not to.
    const config = await stage.configToml();
    await writeFile(join(stage.codexHome, "config.toml"), config.replace("unbounded_connection_retries = false\n", ""));
    await stage.model.close();
    const outcome = await runAttempt(stage, attemptOrder(stage));
    expect(outcome.failure).toMatchObject({ code: "CODEX_NETWORK", class: "transient" });
    expect(Date.parse(outcome.exit.endedAt) - Date.parse(outcome.exit.startedAt)).toBeLessThan(10_000);
  });

  it("names a broken configuration and a missing key", async () => {
    const stage = await stageFor(binary, [{ final: "COMPLETED: never" }]);
    const noKey = { ...stage.host.env };
    delete noKey["CCO_REHEARSAL_KEY"];
    const outcome = await runAttempt({ ...stage, host: { ...stage.host, env: noKey } }, attemptOrder(stage));
    expect(outcome.failure?.code).toBe("CODEX_NOT_LOGGED_IN");
    expect(outcome.failure?.message).toContain("CCO_REHEARSAL_KEY");
    await writeFile(join(stage.codexHome, "config.toml"), 'model_provider = "nobody"\n');
    const broken = await runAttempt(stage, attemptOrder(stage, { dir: join(stage.dir, "attempts", "02") }));
    expect(broken.failure).toMatchObject({ code: "CODEX_CONFIG", message: expect.stringContaining("nobody") });
  });
});

describe.each(CODEX_VERSIONS)("work of codex %s", (_name, binary) => {
  it("is counted, reported and explained", async () => {
    const stage = await stageFor(binary, [
      { run: "echo hi > a.txt" },
      { run: "touch /etc/nope" },
      { run: "sleep 0.3; curl -sS http://cco.invalid/" },
      { patch: "*** Begin Patch\n*** Add File: n.txt\n+x\n*** End Patch" },
      { run: "rm -rf a.txt" },
      { final: "COMPLETED: wrote a.txt\n\nMore words." },
    ]);
    const outcome = await runAttempt(stage, attemptOrder(stage));
    expect(outcome).toMatchObject({
      failure: null,
      signals: { exit: true, turn: true, sidecar: true },
      report: { status: "COMPLETED", summary: "wrote a.txt" },
      toolCalls: 5,
      usage: { inputTokens: 6000, cachedInputTokens: 1800, outputTokens: 300, usd: 0 },
    });
    expect(outcome.model).toMatch(/^gpt-/);
    expect(outcome.version).toMatch(/^0\.\d+\.0$/);
    const notes = outcome.notes.filter((note) => note.startsWith("denied"));
    expect(notes.map((note) => note.split(":")[0])).toEqual(["denied (path)", "denied (network)", "denied (policy)"]);
    const activity = activityFileSchema.parse(
      JSON.parse(await readFile(join(stage.dir, "attempts", "01", "activity.json"), "utf8")),
    );
    const commands = activity.calls.flatMap((call) => call.commands);
    expect(commands).toEqual([
      "echo hi > a.txt",
      "touch /etc/nope",
      "sleep 0.3; curl -sS http://cco.invalid/",
      "rm -rf a.txt",
    ]);
    expect(Object.values(activity.fileChanges)).toEqual(["add"]);
  });

  it.each([
    ["FAILED: the tests are red", "REPORT_FAILED"],
    ["BLOCKED: which port?", "REPORT_BLOCKED"],
    ["All done!", "REPORT_MISSING"],
  ])("%s", async (final, code) => {
    const stage = await stageFor(binary, [{ final }]);
    const outcome = await runAttempt(stage, attemptOrder(stage));
    expect(outcome.signals).toEqual({ exit: true, turn: true, sidecar: true });
    expect(outcome.failure?.code).toBe(code);
  });

  it("asks for the ordered effort, and for none when it is left to the settings", async () => {
    const stage = await stageFor(binary, [{ final: "COMPLETED: x" }]);
    await runAttempt(stage, attemptOrder(stage, { effort: "xhigh" }));
    await runAttempt(stage, attemptOrder(stage, { effort: "auto", dir: join(stage.dir, "attempts", "02") }));
    const efforts = stage.model
      .requests()
      .map((request) => (request.body as { reasoning?: { effort?: string } }).reasoning?.effort);
    expect(efforts[0]).toBe("xhigh");
    expect(efforts.at(-1)).not.toBe("xhigh");
  });
});
