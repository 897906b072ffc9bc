import { describe, expect, it } from "vitest";
import { foldActivity } from "../../src/codex/session/activity.ts";
import { parseEvent } from "../../src/codex/session/events.ts";
import { makeJsonlFramer } from "../../src/process/jsonl.ts";

function fold(lines: readonly string[]) {
  const [framer, activity] = [makeJsonlFramer(1_000_000), foldActivity()];
  for (const frame of [...framer.push(Buffer.from(lines.map((line) => `${line}\n`).join(""))), ...framer.end()])
    activity.add(frame);
  return activity.state();
}

const item = (phase: string, value: Record<string, unknown>): string =>
  JSON.stringify({ type: `item.${phase}`, item: value });
const command = { id: "item_0", type: "command_execution", command: "/bin/bash -lc 'echo hi'" };

describe("events of codex exec --json", () => {
  it("fold into what was said and done", () => {
    const state = fold([
      '{"type":"thread.started","thread_id":"01a2"}',
      '{"type":"turn.started"}',
      item("started", { ...command, aggregated_output: "", exit_code: null, status: "in_progress" }),
      item("completed", { ...command, aggregated_output: "hi\n", exit_code: 0, status: "completed" }),
      item("completed", {
        id: "item_1",
        type: "file_change",
        changes: [{ path: "/r/a", kind: "add" }],
        status: "completed",
      }),
      item("completed", {
        id: "item_2",
        type: "mcp_tool_call",
        server: "s",
        tool: "t",
        status: "failed",
        error: { message: "no" },
      }),
      item("updated", {
        id: "item_3",
        type: "todo_list",
        items: [
          { text: "one", completed: true },
          { text: "two", completed: false },
        ],
      }),
      item("completed", { id: "item_4", type: "error", message: "a warning" }),
      '{"type":"error","message":"Reconnecting... 1/5 (cut)"}',
      item("completed", { id: "item_5", type: "agent_message", text: "first\u2028half" }),
      item("completed", { id: "item_6", type: "agent_message", text: "COMPLETED: x" }),
      '{"type":"turn.completed","usage":{"input_tokens":30,"cached_input_tokens":3,"output_tokens":5}}',
    ]);
    expect(state).toMatchObject({
      threadId: "01a2",
      turnCompleted: true,
      turnFailed: null,
      usage: { input_tokens: 30, cached_input_tokens: 3, output_tokens: 5, reasoning_output_tokens: 0 },
      warnings: ["a warning", "Reconnecting... 1/5 (cut)"],
      lastMessage: "COMPLETED: x",
      commands: [{ command: command.command, exitCode: 0, tail: "hi\n" }],
      fileChanges: { "/r/a": "add" },
      todo: [
        { text: "one", completed: true },
        { text: "two", completed: false },
      ],
      toolCalls: 3,
      records: 12,
      noise: 0,
    });
  });

  it("keeps a command that never got its end, and lines that are no events", () => {
    const state = fold([
      "not json",
      item("started", command),
      '{"type":"turn.failed","error":{"message":"no"}}',
      "[1]",
      '{"a":1}',
    ]);
    expect(state).toMatchObject({ turnFailed: "no", turnCompleted: false, noise: 1, records: 4 });
    expect(state.commands).toEqual([{ command: command.command, exitCode: null, tail: "" }]);
  });

  it("takes a reconnect for a warning, not for an end", () => {
    expect(fold(['{"type":"error","message":"Reconnecting... waiting for network"}'])).toMatchObject({
      turnFailed: null,
      turnCompleted: false,
    });
  });

  it("stays bounded whatever comes", () => {
    const huge = "x".repeat(50_000);
    const state = fold(
      Array.from({ length: 3000 }, (_, n) =>
        item("completed", { ...command, id: `item_${n}`, aggregated_output: huge.slice(0, n), exit_code: 1 }),
      ),
    );
    expect(state.commands).toHaveLength(500);
    expect(state.toolCalls).toBe(3000);
    expect(JSON.stringify(state).length).toBeLessThan(1_000_000);
  });

  it.each([
    null,
    1,
    "x",
    {},
    { type: "item.completed" },
    { type: "item.completed", item: { type: "brand_new" } },
    { type: "later.version" },
  ])("keeps %j as it is", (raw) => {
    expect(parseEvent(raw)).toEqual({ type: "unknown", raw });
  });
});
