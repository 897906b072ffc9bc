import { claudeSession } from "../app/session.ts";
import { parseJson } from "../kernel/json.ts";

/** Something that Claude Code will wake the session for when it ends. */
export interface BackgroundTask {
  readonly type: string;
  readonly status: string;
  readonly command: string;
  readonly server: string;
  readonly tool: string;
}

/** What Claude Code tells a hook, as far as it is used; whatever is missing or of another shape is empty. */
export interface HookInput {
  readonly event: string;
  readonly session: string;
  readonly cwd: string;
  readonly source: string;
  readonly toolName: string;
  readonly toolInput: Readonly<Record<string, unknown>>;
  /** This turn was held before. */
  readonly stopHookActive: boolean;
  readonly backgroundTasks: readonly BackgroundTask[];
}

/** Reads the text that a hook got; null when it is no JSON object. No schema: this runs at every command of a session. */
export function readHookInput(text: string): HookInput | null {
  const value = parseJson(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  const input = recordOf(value);
  const tasks: unknown = input["background_tasks"];
  return {
    event: textOf(input["hook_event_name"]),
    session: textOf(input["session_id"]) || (claudeSession() ?? ""),
    cwd: textOf(input["cwd"]),
    source: textOf(input["source"]),
    toolName: textOf(input["tool_name"]),
    toolInput: recordOf(input["tool_input"]),
    stopHookActive: input["stop_hook_active"] === true,
    backgroundTasks: Array.isArray(tasks) ? tasks.map(taskOf) : [],
  };
}

function taskOf(value: unknown): BackgroundTask {
  const task = recordOf(value);
  const command = textOf(task["command"]) || textOf(task["description"]);
  const { type, status, server, tool } = task;
  return { type: textOf(type), status: textOf(status), command, server: textOf(server), tool: textOf(tool) };
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
