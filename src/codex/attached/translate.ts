import { amount, type Fields, fields, list, text } from "./fields.ts";

/** One line of the event stream, as `codex exec --json` writes it. */
export type ExecEvent = Readonly<Record<string, unknown>>;

const STATUSES: Readonly<Record<string, string>> = { inProgress: "in_progress" };

/**
 * A notification of the app-server as the events that `codex exec` would have written for it: whoever reads attempts reads one
 * format. Nothing for what exec does not tell either.
 */
export function eventsFor(method: string, params: Fields): ExecEvent[] {
  switch (method) {
    case "item/started":
      return itemEvent("item.started", fields(params["item"]));
    case "item/completed":
      return itemEvent("item.completed", fields(params["item"]));
    case "turn/plan/updated": {
      const items = list(params["plan"]).map((step) => ({
        text: text(step["step"]),
        completed: step["status"] === "completed",
      }));
      return [{ type: "item.updated", item: { id: "plan", type: "todo_list", items } }];
    }
    case "error":
      return [{ type: "error", message: text(fields(params["error"])["message"]) }];
    default:
      return [];
  }
}

/**
 * The event of a turn that ended; null for one that was interrupted, which exec does not tell either: why it was stands in the exit
 * record. `total`: tokens of the thread, as the app-server told them last.
 */
export function turnEvent(turn: Fields, total: Fields): ExecEvent | null {
  const status = text(turn["status"]);
  if (status === "interrupted") return null;
  if (status !== "completed") {
    const message = text(fields(turn["error"])["message"]);
    return { type: "turn.failed", error: { message: message || `the turn was ${status || "not completed"}` } };
  }
  const usage = {
    input_tokens: amount(total["inputTokens"]),
    cached_input_tokens: amount(total["cachedInputTokens"]),
    output_tokens: amount(total["outputTokens"]),
    reasoning_output_tokens: amount(total["reasoningOutputTokens"]),
  };
  return { type: "turn.completed", usage };
}

function itemEvent(type: string, item: Fields): ExecEvent[] {
  const translated = itemOf(item);
  return translated === null ? [] : [{ type, item: { id: text(item["id"]), ...translated } }];
}

function itemOf(item: Fields): ExecEvent | null {
  const status = STATUSES[text(item["status"])] ?? text(item["status"]);
  switch (item["type"]) {
    case "agentMessage":
      return { type: "agent_message", text: text(item["text"]) };
    case "reasoning": {
      const summary: unknown[] = Array.isArray(item["summary"]) ? item["summary"] : [];
      return { type: "reasoning", text: summary.map(text).join("\n") };
    }
    case "commandExecution":
      return {
        type: "command_execution",
        command: text(item["command"]),
        aggregated_output: text(item["aggregatedOutput"]),
        exit_code: typeof item["exitCode"] === "number" ? item["exitCode"] : null,
        status,
      };
    case "fileChange": {
      const changes = list(item["changes"]).map((change) => ({
        path: text(change["path"]),
        kind: text(fields(change["kind"])["type"]),
      }));
      return { type: "file_change", changes, status };
    }
    case "mcpToolCall":
      return { type: "mcp_tool_call", server: text(item["server"]), tool: text(item["tool"]), status };
    case "webSearch":
      return { type: "web_search", query: text(item["query"]) };
    default:
      return null;
  }
}
