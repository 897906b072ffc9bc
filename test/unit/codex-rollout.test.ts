import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findRollout } from "../../src/codex/session/rollout-find.ts";
import { readRollout } from "../../src/codex/session/rollout.ts";
import { commandOutput, commandsOf, exitCodeOf, outputText } from "../../src/codex/session/tool-call.ts";

let dir = "";
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "cco-rollout-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const line = (type: string, payload: Record<string, unknown>): string =>
  JSON.stringify({ timestamp: "x", type, payload });
const HEAD = "Chunk ID: 217103\nWall time: 0.0000 seconds\n";

async function rollout(lines: readonly string[]) {
  const path = join(dir, `${Math.random()}.jsonl`);
  await writeFile(path, `${lines.join("\n")}\n`);
  return readRollout(path);
}

describe("a session file", () => {
  it("counts an answer when it has come, whichever of its two records says so", async () => {
    const usage = (input: number) => ({ input_tokens: input, cached_input_tokens: 1, output_tokens: 5 });
    const record = (input: number) => line("token_usage_record", { usage: usage(1), thread_token_usage: usage(input) });
    const count = (input: number) =>
      line("event_msg", { type: "token_count", info: { total_token_usage: usage(input) }, rate_limits: null });
    const tokens = { input: 200, cached: 1, output: 5, reasoning: 0 };
    expect((await rollout([record(100), count(100), record(200)])).tokens).toEqual(tokens);
    expect((await rollout([record(200), count(100)])).tokens).toEqual(tokens);
    expect((await rollout([count(100), count(200)])).tokens).toEqual(tokens);
  });

  it("is found by thread id in the days around the attempt, and nowhere else", async () => {
    const thread = "01a202d9-9e4d-7ef1-9760-682ecccfced7";
    const time = { from: "2026-03-01T00:10:00.000Z", to: "2026-03-01T00:20:00.000Z" };
    const put = async (day: string): Promise<string> => {
      const folder = join(dir, "home", "sessions", ...day.split("-"));
      await mkdir(folder, { recursive: true });
      const path = join(folder, `rollout-${day}T00-00-00-${thread}.jsonl`);
      await writeFile(path, "");
      return path;
    };
    expect(await findRollout(join(dir, "home"), thread, time)).toBeNull();
    await put("2026-02-26");
    expect(await findRollout(join(dir, "home"), thread, time)).toBeNull();
    const late = await put("2026-03-02");
    expect(await findRollout(join(dir, "home"), thread, time)).toBe(late);
    const early = await put("2026-02-28");
    expect(await findRollout(join(dir, "home"), thread, time)).toBe(early);
    expect(await findRollout(join(dir, "home"), "682ecccfced8", time)).toBeNull();
  });

  it("tells calls in either mode, tokens, windows, version and the class of an error", async () => {
    const window = { used_percent: 42.5, window_minutes: 300, resets_at: 1795339251 };
    const found = await rollout([
      line("session_meta", { id: "x", cli_version: "0.169.0" }),
      line("turn_context", { model: "gpt-5.5", approval_policy: "never", sandbox_policy: { type: "read-only" } }),
      line("response_item", {
        type: "function_call",
        call_id: "a",
        name: "exec_command",
        arguments: '{"cmd":"touch /etc/x"}',
      }),
      line("response_item", {
        type: "function_call_output",
        call_id: "a",
        output: `${HEAD}Process exited with code 1\nOutput:\nno\n`,
      }),
      line("response_item", {
        type: "custom_tool_call",
        call_id: "b",
        name: "exec",
        input: 'await tools.exec_command({"cmd":"ls \\"a\\""}); tools.exec_command({cmd: \'id\'})',
      }),
      line("response_item", {
        type: "custom_tool_call_output",
        call_id: "b",
        output: [
          { type: "input_text", text: "Script completed" },
          { type: "input_text", text: '{"exit_code":2,"output":"x\\n"}' },
        ],
      }),
      "torn {",
      line("event_msg", { type: "token_count", info: null, rate_limits: { primary: null, secondary: null } }),
      line("event_msg", {
        type: "token_count",
        info: { total_token_usage: { input_tokens: 7, cached_input_tokens: 1, output_tokens: 2 } },
        rate_limits: { primary: window, secondary: null },
      }),
      line("event_msg", { type: "token_count", info: null, rate_limits: null }),
      line("event_msg", {
        type: "task_complete",
        error: { message: "m", codex_error_info: { http_connection_failed: { http_status_code: 502 } } },
      }),
    ]);
    expect(found).toMatchObject({
      version: "0.169.0",
      context: { model: "gpt-5.5" },
      calls: [
        { tool: "exec_command", commands: ["touch /etc/x"], exitCode: 1 },
        { tool: "exec", commands: ['ls "a"', "id"], exitCode: 2 },
      ],
      toolCalls: 2,
      tokens: { input: 7, cached: 1, output: 2, reasoning: 0 },
      windows: { primary: { usedPercent: 42.5, windowMinutes: 300, resetsAt: 1795339251 }, secondary: null },
    });
    expect(found.errorInfo).toContain("502");
  });

  it("keeps the last 500 calls and counts all", async () => {
    const found = await rollout(
      Array.from({ length: 700 }, (_, n) =>
        line("response_item", {
          type: "function_call",
          call_id: `c${n}`,
          name: "exec_command",
          arguments: `{"cmd":"echo ${n}"}`,
        }),
      ),
    );
    expect(found.toolCalls).toBe(700);
    expect(found.calls).toHaveLength(500);
    expect(found.calls.at(-1)?.commands).toEqual(["echo 699"]);
  });
});

describe("tool calls", () => {
  it("name their commands", () => {
    expect(commandsOf("shell_command", '{"command":"ls"}')).toEqual(["ls"]);
    expect(commandsOf("shell", '{"command":["bash","-lc","ls"]}')).toEqual(["bash -lc ls"]);
    expect(commandsOf("exec", "tools.exec_command({ cmd: `a\nb` })")).toEqual(["a\nb"]);
    expect(commandsOf("apply_patch", "*** Begin Patch")).toEqual([]);
    expect(commandsOf("exec_command", "{")).toEqual([]);
  });

  it("name their exit code and what was printed", () => {
    expect(exitCodeOf(`${HEAD}Process running with session ID 28447\nOutput:\n`)).toBeNull();
    expect(exitCodeOf("Process exited with code 127\n")).toBe(127);
    expect(commandOutput(`${HEAD}Process exited with code 1\nOriginal token count: 13\nOutput:\nOutput:\nx`)).toBe(
      "Output:\nx",
    );
    expect(commandOutput('Script completed\n{"exit_code":1,"output":"a\\nb"}')).toBe("a\nb");
    expect(commandOutput("patch rejected: writing outside of the project")).toBe(
      "patch rejected: writing outside of the project",
    );
    expect(outputText({ content: "x", success: false })).toBe("x");
  });
});
