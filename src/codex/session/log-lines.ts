import { firstLine, tailOf } from "../../kernel/text.ts";
import type { CodexEvent, CodexItem } from "./events.ts";

/** Most characters of one command's output that a readable log shows. */
const OUTPUT_LIMIT = 1200;

/** One event as lines that a person reads; none for what says nothing. */
export function describeEvent(event: CodexEvent): string[] {
  switch (event.type) {
    case "thread.started":
      return [`session ${event.thread_id}`];
    case "turn.completed":
      return event.usage === undefined
        ? ["turn completed"]
        : [`turn completed: ${event.usage.input_tokens} tokens in, ${event.usage.output_tokens} out`];
    case "turn.failed":
      return [`turn failed: ${event.error.message}`];
    case "error":
      return [`warning: ${event.message}`];
    case "cloud":
      return [`cloud: ${event.text}`];
    case "item.completed":
      return describeItem(event.item);
    case "unknown":
      return [`other event: ${firstLine(JSON.stringify(event.raw ?? null))}`];
    default:
      return [];
  }
}

function describeItem(item: CodexItem): string[] {
  switch (item.type) {
    case "agent_message":
      return [item.text];
    case "reasoning":
      return [`(${firstLine(item.text)})`];
    case "command_execution": {
      const output = tailOf(item.aggregated_output.trimEnd(), OUTPUT_LIMIT);
      const code = item.exit_code === null ? item.status : `exit ${item.exit_code}`;
      return [
        `$ ${item.command}  [${code}]`,
        ...(output === "" ? [] : output.split("\n").map((line) => `    ${line}`)),
      ];
    }
    case "file_change":
      return item.changes.map((change) => `${change.kind} ${change.path}`);
    case "mcp_tool_call":
      return [`tool ${item.server}/${item.tool}  [${item.status}]`];
    case "web_search":
      return [`search ${item.query}`];
    case "todo_list":
      return item.items.map((entry) => `[${entry.completed ? "x" : " "}] ${entry.text}`);
    default:
      return [`warning: ${item.message}`];
  }
}
