import { parseEvent } from "../session/events.ts";
import type { CodexEvent } from "../session/events.ts";
import { routerCall } from "./router-line.ts";
import { bareCommand, emptyLog, type LogCall, type SandboxLog } from "./sandbox-log.ts";
import type { NumberedLine } from "./numbered-lines.ts";

/** Reads the stream of `codex exec --json`; lines of stderr in between are understood too. */
export function readEvents(lines: readonly NumberedLine[]): SandboxLog {
  const log = { ...emptyLog("exec-jsonl"), known: true };
  const calls: LogCall[] = [];
  const open = new Map<string, LogCall>();
  for (const { json, text, number } of lines) {
    if (json === undefined) {
      const refused = routerCall(text, number);
      if (refused !== null) calls.push(refused);
      continue;
    }
    const event = parseEvent(json);
    if (event.type === "turn.completed") log.end = "completed";
    else if (event.type === "turn.failed") Object.assign(log, { end: "failed", failure: event.error.message });
    else if (event.type === "item.started" || event.type === "item.completed") {
      if (event.item.type === "agent_message") log.last = event.item.text;
      takeItem(event, number, { calls, open });
    }
  }
  return { ...log, calls: [...calls, ...open.values()] };
}

type ItemEvent = Extract<CodexEvent, { type: "item.started" | "item.completed" }>;

function takeItem({ type, item }: ItemEvent, line: number, to: { calls: LogCall[]; open: Map<string, LogCall> }): void {
  if (item.type === "command_execution") {
    const output = item.aggregated_output;
    const call = { command: bareCommand(item.command), exitCode: item.exit_code, output, line };
    if (type === "item.started") to.open.set(item.id, call);
    else {
      to.open.delete(item.id);
      to.calls.push(call);
    }
  } else if (type === "item.completed" && item.type === "file_change") {
    const failed = item.status === "failed";
    to.calls.push({ command: "", exitCode: failed ? 1 : 0, output: failed ? "Failed to write file" : "", line });
  } else if (type === "item.completed" && item.type === "mcp_tool_call") {
    const output = item.error?.message ?? "";
    to.calls.push({ command: `${item.server}/${item.tool}`, exitCode: item.status === "failed" ? 1 : 0, output, line });
  }
}
