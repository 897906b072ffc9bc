import { firstEvents, type Reply } from "./reply.ts";
import type { WorkerFault } from "./faults.ts";
import type { Limits, Usage } from "./script.ts";
import type { ToolCall } from "./worker-tools.ts";
import type { Lead, WorkerTurn } from "./worker-turn.ts";

/** Sends one answer in the form of OpenAI's Responses API. `number` makes the ids of the answer unique. */
export async function sendWorkerTurn(reply: Reply, turn: WorkerTurn, number: number): Promise<void> {
  const { act } = turn;
  const headers = limitHeaders(turn.limits);
  if (act.kind === "missing") return reply.whole(400, missingBody(act.message), headers);
  const fault = act.kind === "fault" ? act.fault : undefined;
  const beforeMs = turn.lead.reduce((sum, part) => sum + ("headersAfterMs" in part ? part.headersAfterMs : 0), 0);
  if (beforeMs > 0) await reply.wait(beforeMs);
  if (fault?.kind === "http") {
    await reply.wait(turn.lead.reduce((sum, part) => sum + ("delayMs" in part ? part.delayMs : 0), 0));
    return reply.whole(fault.status, fault.body ?? errorBody(fault.status), { ...headers, ...fault.headers });
  }
  if (fault?.kind === "no-headers") return reply.hold();
  if (fault?.kind === "reset") return reply.reset();
  const id = `resp_${number}`;
  reply.open(headers);
  const limit = fault !== undefined && "after" in fault ? fault.after : undefined;
  const stream = firstEvents(reply, limit ?? Infinity);
  stream.event("response.created", { response: { id, object: "response", status: "in_progress" } });
  await sendLead(stream, turn.lead, number);
  if (act.kind === "fault") {
    for (let left = limit === undefined ? 0 : stream.left(), n = 0; n < left; n += 1) sendPiece(stream, n, number);
    return sendFault(reply, act.fault, turn.usage, id);
  }
  const item = act.kind === "final" ? message(act.text, `msg_${number}`) : callItem(act.call, act.id, number);
  sendItem(reply, item);
  if (act.kind === "call" && act.cut === true) return reply.cut();
  complete(reply, turn.usage, id);
}

/** One piece of a message that has begun: its head, then words. */
function sendPiece(reply: Reply, piece: number, number: number): void {
  const item_id = `msg_${number}_piece`;
  if (piece === 0) {
    const item = { ...message("", item_id), status: "in_progress", content: [] };
    reply.event("response.output_item.added", { output_index: 0, item });
  } else reply.event("response.output_text.delta", { item_id, output_index: 0, content_index: 0, delta: "word " });
}

async function sendLead(reply: Reply, lead: readonly Lead[], number: number): Promise<void> {
  for (const [place, part] of lead.entries()) {
    if ("delayMs" in part) await reply.wait(part.delayMs);
    else if ("say" in part) sendItem(reply, message(part.say, `msg_${number}_${place}`));
    else if ("item" in part) sendItem(reply, part.item);
    else if ("reasoning" in part) sendItem(reply, reasoning(part.reasoning, `rs_${number}_${place}`));
  }
}

const TORN_EVENT = 'event: response.output_item.done\ndata: {"type":"response.output_item.done","item":{"ty\n\n';

async function sendFault(reply: Reply, fault: WorkerFault, usage: Usage, id: string): Promise<void> {
  switch (fault.kind) {
    case "failed": {
      const { code, message: words } = fault;
      const error = code === null ? null : { code, message: words ?? `rehearsed ${code}`, ...fault.error };
      reply.event("response.failed", { response: { id, status: "failed", error } });
      return error === null ? complete(reply, usage, id) : reply.end();
    }
    case "incomplete":
      sendItem(reply, message("The answer ends in the", `${id}_part`));
      reply.event("response.incomplete", {
        response: { id, status: "incomplete", incomplete_details: { reason: fault.reason } },
      });
      return reply.end();
    case "cut":
      return reply.cut();
    case "silent":
      return reply.hold(fault.pingMs);
    case "malformed":
      reply.raw(fault.text ?? TORN_EVENT);
      return reply.end();
    case "empty-message":
      sendItem(reply, message("", `${id}_empty`));
      return complete(reply, usage, id);
    default:
      return complete(reply, usage, id);
  }
}

function complete(reply: Reply, usage: Usage, id: string): void {
  reply.event("response.completed", {
    response: { id, object: "response", status: "completed", usage: usageBody(usage) },
  });
  reply.end();
}

function sendItem(reply: Reply, item: Readonly<Record<string, unknown>>): void {
  reply.event("response.output_item.done", { output_index: 0, item });
}

function message(text: string, id: string) {
  return { type: "message", id, role: "assistant", status: "completed", content: [{ type: "output_text", text }] };
}

function reasoning(text: string, id: string) {
  return { type: "reasoning", id, summary: [{ type: "summary_text", text }], encrypted_content: null };
}

function callItem(call: ToolCall, callId: string, number: number) {
  return call.type === "function"
    ? {
        type: "function_call",
        id: `fc_${number}`,
        call_id: callId,
        name: call.name,
        arguments: JSON.stringify(call.arguments),
      }
    : { type: "custom_tool_call", id: `ctc_${number}`, call_id: callId, name: call.name, input: call.input };
}

function usageBody(usage: Usage) {
  return {
    input_tokens: usage.inputTokens,
    input_tokens_details: { cached_tokens: usage.cachedInputTokens },
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    total_tokens: usage.inputTokens + usage.outputTokens,
  };
}

/** The headers in which Codex is told its credit windows; `reset-at` is in epoch seconds. */
function limitHeaders(limits: Limits): Record<string, string> {
  const headers: Record<string, string> = limits.name === undefined ? {} : { "x-codex-limit-name": limits.name };
  for (const name of ["primary", "secondary"] as const) {
    const window = limits[name];
    if (window === undefined) continue;
    const resetAt = window.resetAt ?? Math.ceil(Date.now() / 1000) + (window.resetInSeconds ?? 3600);
    headers[`x-codex-${name}-used-percent`] = String(window.usedPercent);
    headers[`x-codex-${name}-window-minutes`] = String(window.windowMinutes);
    headers[`x-codex-${name}-reset-at`] = String(resetAt);
  }
  return headers;
}

function missingBody(text: string) {
  return { error: { message: `rehearsal: ${text}`, type: "invalid_request_error", code: "rehearsal_scene_missing" } };
}

function errorBody(status: number) {
  return { error: { message: `rehearsed HTTP ${status}`, type: "rehearsed_error", code: `rehearsed_${status}` } };
}
