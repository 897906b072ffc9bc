import * as z from "zod";
import { parseJson } from "../../kernel/json.ts";
import { commandOutput, commandsOf, exitCodeOf, outputText } from "../session/tool-call.ts";
import { parseTurnContext } from "../session/turn-context.ts";
import type { NumberedLine } from "./numbered-lines.ts";
import { rejectedCommand } from "./router-line.ts";
import { bareCommand, emptyLog, type LogCall, type SandboxLog } from "./sandbox-log.ts";

const lineSchema = z.looseObject({ type: z.string(), payload: z.looseObject({ type: z.string().optional() }) });
const itemSchema = z.looseObject({
  call_id: z.string().catch(""),
  name: z.string().catch(""),
  arguments: z.string().optional(),
  input: z.string().optional(),
  role: z.string().optional(),
});
const sessionSchema = z.looseObject({ session_id: z.number() });
const endSchema = z.looseObject({
  last_agent_message: z.string().nullish().catch(null),
  error: z
    .looseObject({ message: z.string().catch("") })
    .nullish()
    .catch(null),
});

interface Draft {
  log: SandboxLog;
  readonly asked: Map<string, string>;
  /** Commands that went on, by the session under which they can be waited for. */
  readonly sessions: Map<string, string>;
  readonly calls: LogCall[];
}

/** Reads a session file (`rollout-….jsonl`), the one record that has every call with what the model saw of it. */
export function readRolloutLog(lines: readonly NumberedLine[]): SandboxLog {
  const draft: Draft = {
    log: { ...emptyLog("rollout"), known: true },
    asked: new Map(),
    sessions: new Map(),
    calls: [],
  };
  for (const { json, number } of lines) {
    const line = lineSchema.safeParse(json).data;
    if (line !== undefined) takeLine(draft, line, number);
  }
  return { ...draft.log, calls: draft.calls };
}

function takeLine(draft: Draft, { type, payload }: z.infer<typeof lineSchema>, number: number): void {
  if (type === "session_meta" && typeof payload["cli_version"] === "string")
    draft.log = { ...draft.log, version: payload["cli_version"] };
  else if (type === "turn_context") draft.log = { ...draft.log, ...contextOf(payload) };
  else if (type === "response_item") takeItem(draft, payload, number);
  else if (type === "event_msg" && payload.type === "task_complete") {
    const end = endSchema.safeParse(payload).data;
    const failure = end?.error?.message ?? null;
    const last = end?.last_agent_message ?? draft.log.last;
    draft.log = { ...draft.log, end: failure === null ? "completed" : "failed", failure, last };
  }
}

function contextOf(payload: unknown): Partial<SandboxLog> {
  const context = parseTurnContext(payload);
  const policy = context?.sandbox_policy;
  const kind = policy?.type;
  return {
    cwd: context?.cwd ?? null,
    sandbox: kind === "read-only" || kind === "workspace-write" || kind === "danger-full-access" ? kind : null,
    network: policy?.network_access ?? (kind === "danger-full-access" ? true : null),
  };
}

function takeItem(draft: Draft, payload: z.infer<typeof lineSchema>["payload"], line: number): void {
  const item = itemSchema.safeParse(payload).data;
  const kind = payload.type ?? "";
  if (item === undefined) return;
  if (kind === "message" && item.role === "assistant") {
    const said = outputText(payload["content"]);
    if (said.trim() !== "") draft.log = { ...draft.log, last: said };
  } else if (kind.endsWith("_call")) {
    draft.asked.set(item.call_id, commandOf(draft, item.name, item.arguments ?? item.input ?? ""));
  } else if (kind.endsWith("_call_output")) {
    const text = outputText(payload["output"]);
    const command = draft.asked.get(item.call_id) ?? "";
    const session = /^Process running with session ID (\d+)$/m.exec(text)?.[1];
    if (session !== undefined) draft.sessions.set(session, command);
    else draft.calls.push(callOf(command, text, line));
  }
}

function commandOf(draft: Draft, tool: string, input: string): string {
  const session = tool === "write_stdin" ? sessionSchema.safeParse(parseJson(input)).data?.session_id : undefined;
  if (session !== undefined) return draft.sessions.get(String(session)) ?? "";
  return commandsOf(tool, input).map(bareCommand).join("; ");
}

/** An edit names no exit code: it went well unless the words say otherwise. */
function callOf(command: string, text: string, line: number): LogCall {
  const code = exitCodeOf(text);
  const refused = /^(?:exec_command failed|patch rejected|apply_patch verification failed|Failed to )|rejected/i.test(
    text,
  );
  const exitCode = code ?? (command === "" && !refused ? 0 : null);
  return { command: command === "" ? rejectedCommand(text) : command, exitCode, output: commandOutput(text), line };
}
