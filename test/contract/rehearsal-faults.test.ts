import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { WorkerFault } from "../../src/rehearsal/faults.ts";
import { codexNewest, codexOldest } from "../support/binaries.ts";
import { runCodex, runProgram, setStage, type RehearsalStage, type StageOptions } from "../support/rehearsal-stage.ts";

let stage: RehearsalStage | undefined;

afterEach(async () => {
  await stage?.close();
  stage = undefined;
});

async function set(fault: WorkerFault, homes: StageOptions["homes"] = {}): Promise<RehearsalStage> {
  stage = await setStage({
    script: { worker: [{ steps: [{ fault }, { final: "COMPLETED: after the fault" }] }] },
    homes,
  });
  return stage;
}

/** What `turn.failed` says for each fault, on 0.124 and on the newest; one text when both say the same. */
const FAILURES: [WorkerFault, string, string?][] = [
  [{ kind: "http", status: 400 }, "rehearsed HTTP 400"],
  [{ kind: "http", status: 429 }, "exceeded retry limit, last status: 429 Too Many Requests"],
  [
    {
      kind: "http",
      status: 429,
      body: { error: { type: "usage_limit_reached", message: "x", resets_at: 1_900_000_000 } },
    },
    "hit your usage limit",
  ],
  [{ kind: "http", status: 502, body: "<html>bad gateway</html>" }, "unexpected status 502 Bad Gateway: <html>"],
  [
    { kind: "failed", code: "rate_limit_exceeded", message: "slow down" },
    "stream disconnected before completion: slow down",
    "rate limit exceeded: slow down",
  ],
  [{ kind: "cut", after: 0 }, "stream disconnected before completion: Transport error"],
  [{ kind: "cut", after: 6 }, "stream disconnected before completion: Transport error"],
  [{ kind: "malformed" }, "stream disconnected before completion: stream closed before response.completed"],
  [{ kind: "malformed", text: "", after: 0 }, "stream closed before response.completed"],
  [{ kind: "http", status: 200, body: "<html>login</html>" }, "stream closed before response.completed"],
];

/** Played by codex-outcomes.test.ts, or recorded in test/fixtures/codex-turns.jsonl; `CCO_TEST_ALL_FAULTS=1` plays them here too. */
const KNOWN_ELSEWHERE: typeof FAILURES = [
  [{ kind: "http", status: 401 }, "unexpected status 401 Unauthorized: rehearsed HTTP 401"],
  [{ kind: "http", status: 500 }, "currently experiencing high demand"],
  [{ kind: "failed", code: "server_is_overloaded" }, "at capacity"],
  [{ kind: "failed", code: "context_length_exceeded" }, "ran out of room"],
  [{ kind: "incomplete", reason: "max_output_tokens" }, "Incomplete response returned, reason: max_output_tokens"],
  [{ kind: "cut" }, "stream disconnected before completion: Transport error"],
  [{ kind: "reset" }, "error sending request"],
];
const PLAYED = process.env["CCO_TEST_ALL_FAULTS"] === "1" ? [...FAILURES, ...KNOWN_ELSEWHERE] : FAILURES;

describe.each([
  ["0.124", codexOldest, "gpt-5.4"],
  ["newest", codexNewest, "gpt-5.5"],
])("faults on Codex %s", (name, binary, codexModel) => {
  it.each(PLAYED)("%j fails the turn", async (fault, old, newer) => {
    const here = await set(fault, { codexModel });
    const done = await runCodex(here, binary(), "anything");
    expect(done.code).toBe(1);
    expect(done.events.at(-1)).toMatchObject({ type: "turn.failed" });
    expect(JSON.stringify(done.events.at(-1))).toContain(name === "newest" ? (newer ?? old) : old);
    expect(here.model.requests()).toHaveLength(1);
    expect(here.model.requests()[0]?.answer).toBe(
      ["fault", fault.kind, "status" in fault ? fault.status : ""].join(" ").trim(),
    );
  });

  it.each<WorkerFault>([{ kind: "empty-message" }, { kind: "no-output" }, { kind: "failed", code: null }])(
    "%j completes the turn with nothing in the sidecar",
    async (fault) => {
      const here = await set(fault, { codexModel });
      const done = await runCodex(here, binary(), "anything");
      expect(done.code).toBe(0);
      expect(done.last ?? "").toBe("");
      expect(done.events.at(-1)).toMatchObject({ type: "turn.completed" });
    },
  );

  it("a silent stream ends at the idle limit", async () => {
    const here = await set({ kind: "silent" }, { codexModel, streamIdleTimeoutMs: 1000 });
    const done = await runCodex(here, binary(), "anything");
    expect(done.code).toBe(1);
    expect(JSON.stringify(done.events.at(-1))).toContain("idle timeout waiting for SSE");
  });

  it("comments keep no stream alive", async () => {
    const here = await set({ kind: "silent", pingMs: 100, after: 4 }, { codexModel, streamIdleTimeoutMs: 1000 });
    expect(JSON.stringify((await runCodex(here, binary(), "anything")).events.at(-1))).toContain("idle timeout");
  });

  it("a command behind which the answer is cut has run, and the scene goes on behind it", async () => {
    stage = await setStage({
      script: { worker: [{ steps: [{ run: "echo x >> ran.txt", cut: true }, { final: "COMPLETED: once" }] }] },
      homes: { codexModel, streamRetries: 2 },
    });
    const done = await runCodex(stage, binary(), "anything");
    expect(done).toMatchObject({ code: 0, last: "COMPLETED: once" });
    expect(readFileSync(join(stage.repo, "ran.txt"), "utf8")).toBe("x\n");
  });

  it("odd answers are answers: late headers, an item that nobody knows", async () => {
    const odd = { item: { type: "hologram_call", id: "h1", status: "completed", shape: { sides: 4 } } };
    stage = await setStage({
      script: { worker: [{ steps: [{ headersAfterMs: 700 }, odd, { final: "COMPLETED: odd" }] }] },
      homes: { codexModel },
    });
    expect(await runCodex(stage, binary(), "anything")).toMatchObject({ code: 0, last: "COMPLETED: odd" });
  });

  it("headers that never come are not noticed by Codex", async () => {
    const here = await set({ kind: "no-headers" }, { codexModel, streamIdleTimeoutMs: 500 });
    const args = ["exec", "--json", "-s", "workspace-write", "-C", here.repo, "anything"];
    const done = await runProgram(binary(), args, { cwd: here.repo, env: here.env, timeoutMs: 3000 });
    expect(done.signal).toBe("SIGKILL");
    expect(done.stdout).not.toContain("turn.failed");
    expect(here.model.requests()).toHaveLength(1);
  });

  it("a fault with `times` gives way to the next step", async () => {
    const here = await set({ kind: "cut", times: 2 }, { codexModel, streamRetries: 3 });
    const done = await runCodex(here, binary(), "anything");
    expect(done).toMatchObject({ code: 0, last: "COMPLETED: after the fault" });
    expect(here.model.requests().map((request) => request.answer)).toEqual(["fault cut", "fault cut", "final"]);
  });
});
