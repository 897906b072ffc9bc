import { readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
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

interface Fault {
  /** Name of the row; where `recorded` is true, of the same fault in test/fixtures/codex-turns.jsonl. */
  readonly name: string;
  readonly steps: WorkerStep[];
  readonly code: string;
  /** The code for 0.124 where that knows less. */
  readonly oldCode?: string;
  /** Another row fails in the same way: what Codex prints for this one is recorded, and is played only when asked for. */
  readonly recorded?: true;
}

const http = (status: number, body?: object | string): WorkerStep[] => [
  { fault: { kind: "http", status, ...(body === undefined ? {} : { body }) } },
];
const failed = (code: string | null, message?: string): WorkerStep[] => [
  { fault: { kind: "failed", code, ...(message === undefined ? {} : { message }) } },
];
const recorded = true;

/** What the model provider does, and the code it comes out as. */
const FAULTS: readonly Fault[] = [
  { name: "400", steps: http(400, error("invalid_request_error", "bad field")), code: "CODEX_BAD_REQUEST" },
  {
    name: "400 context",
    steps: http(400, error("context_length_exceeded", "too long")),
    code: "CODEX_CONTEXT_OVERFLOW",
    recorded,
  },
  { name: "401", steps: http(401, error("invalid_api_key", "Incorrect API key provided")), code: "CODEX_AUTH" },
  { name: "400 text", steps: http(400, "nope"), code: "CODEX_BAD_REQUEST", recorded },
  { name: "reset", steps: [{ fault: { kind: "reset" } }], code: "CODEX_NETWORK" },
  { name: "402", steps: http(402), code: "CODEX_QUOTA", recorded },
  { name: "403", steps: http(403), code: "CODEX_AUTH", recorded },
  {
    name: "404 model",
    steps: http(404, error("model_not_found", "The model `x` does not exist or you do not have access to it.")),
    code: "CODEX_MODEL_NOT_FOUND",
  },
  { name: "429", steps: http(429), code: "CODEX_RATE_LIMITED", recorded },
  {
    name: "429 quota",
    steps: http(429, error("insufficient_quota", "You exceeded your current quota")),
    code: "CODEX_QUOTA",
    oldCode: "CODEX_RATE_LIMITED",
  },
  { name: "500", steps: http(500), code: "CODEX_UNAVAILABLE" },
  { name: "503", steps: http(503), code: "CODEX_UNAVAILABLE", recorded },
  {
    name: "503 overloaded",
    steps: http(503, error("server_is_overloaded", "busy")),
    code: "CODEX_UNAVAILABLE",
    recorded,
  },
  {
    name: "failed rate",
    steps: failed("rate_limit_exceeded", "Rate limit reached, try again in 1.5s"),
    code: "CODEX_RATE_LIMITED",
  },
  { name: "failed quota", steps: failed("insufficient_quota", "quota"), code: "CODEX_QUOTA", recorded },
  { name: "failed context", steps: failed("context_length_exceeded", "long"), code: "CODEX_CONTEXT_OVERFLOW" },
  { name: "failed server_error", steps: failed("server_error", "it broke"), code: "CODEX_UNAVAILABLE", recorded },
  { name: "failed without an error", steps: failed(null), code: "CODEX_NO_SIDECAR" },
  { name: "cut", steps: [{ fault: { kind: "cut" } }], code: "CODEX_STREAM_CUT" },
  { name: "malformed", steps: [{ fault: { kind: "malformed" } }], code: "CODEX_STREAM_CUT", recorded },
  {
    name: "incomplete filter",
    steps: [{ fault: { kind: "incomplete", reason: "content_filter" } }],
    code: "CODEX_REFUSED",
  },
  {
    name: "incomplete max",
    steps: [{ fault: { kind: "incomplete", reason: "max_output_tokens" } }],
    code: "CODEX_CONTEXT_OVERFLOW",
    recorded,
  },
  { name: "empty message", steps: [{ fault: { kind: "empty-message" } }], code: "CODEX_NO_SIDECAR" },
  { name: "no output", steps: [{ fault: { kind: "no-output" } }], code: "CODEX_NO_SIDECAR" },
];

/** One real run per way to fail; `CCO_TEST_ALL_FAULTS=1` plays every row, for a Codex that nothing is recorded of. */
const PLAYED = FAULTS.filter((fault) => fault.recorded !== true || process.env["CCO_TEST_ALL_FAULTS"] === "1");

describe("faults that are not played", () => {
  const rows = readFileSync(new URL("../fixtures/codex-turns.jsonl", import.meta.url), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => z.looseObject({ codex: z.string(), fault: z.string(), code: z.string() }).parse(JSON.parse(line)));
  it.each(FAULTS.filter((fault) => fault.recorded === true))("$name is recorded of both versions", (fault) => {
    const codes = rows.filter((row) => row.fault === fault.name).map((row) => [row.codex, row.code]);
    expect(codes).toEqual([
      ["0.124.0", fault.oldCode ?? fault.code],
      ["0.169.0", fault.code],
    ]);
  });
});

describe.each(CODEX_VERSIONS)("failures of codex %s", (name, binary) => {
  // One stage for all: what is installed is probed once. A row is a scene of its own, found by its task.
  let shared: CodexStage;
  beforeAll(async () => {
    const worker = PLAYED.map(({ steps }, at) => ({ task: `t${at}`, steps }));
    shared = await setCodexStage(binary, { script: { worker } });
  });
  afterAll(async () => shared.close());

  it.each(PLAYED.map((fault, at) => [fault.name, fault, at] as const))("%s", async (_fault, fault, at) => {
    const dir = join(shared.dir, "attempts", String(at));
    const order = attemptOrder(shared, { task: `t${at}`, dir, prompt: `Task: t${at}\nAttempt: 1\n\nDo it.\n` });
    const outcome = await runAttempt(shared, order);
    expect(outcome.failure?.code).toBe(name === "0.124" ? (fault.oldCode ?? fault.code) : fault.code);
    expect(outcome.failure?.message).not.toBe("");
    expect(outcome.signals.turn).toBe(fault.code === "CODEX_NO_SIDECAR");
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
    // Counted from the answer: a slow machine lets Codex end some seconds after it.
    expect(waitMs).toBeGreaterThan(25_000);
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
    // Who waits for ever is ended at the hard limit of 45 s.
    expect(Date.parse(outcome.exit.endedAt) - Date.parse(outcome.exit.startedAt)).toBeLessThan(30_000);
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
