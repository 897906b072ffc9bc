import type { ClaudeAct, ClaudeTurn } from "./claude-turn.ts";
import { firstEvents, type Reply } from "./reply.ts";
import type { ClaudeFault } from "./faults.ts";
import type { Usage } from "./script.ts";

/** How the answer was asked for. `number` makes its ids unique. */
export interface MessageOrder {
  readonly model: string;
  readonly stream: boolean;
  readonly number: number;
}

type Block =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "tool_use"; readonly id: string; readonly name: string; readonly input: unknown };

/** Sends one answer in the form of Anthropic's Messages API, streamed or whole as asked. */
export async function sendClaudeTurn(reply: Reply, turn: ClaudeTurn, order: MessageOrder): Promise<void> {
  const { act } = turn;
  const pauseMs = turn.lead.reduce((sum, part) => sum + ("delayMs" in part ? part.delayMs : 0), 0);
  if (act.kind === "missing") return reply.whole(400, errorBody("invalid_request_error", `rehearsal: ${act.message}`));
  if (act.kind === "fault" && act.fault.kind !== "never-structured" && act.fault.kind !== "refusal") {
    await reply.wait(pauseMs);
    return sendFault(reply, act.fault, turn.usage, order);
  }
  const blocks = [
    ...turn.lead.flatMap((part): Block[] => ("say" in part ? [textBlock(part.say)] : [])),
    ...actBlocks(act),
  ];
  const stop = stopReason(act);
  if (order.stream) start(reply, turn.usage, order);
  await reply.wait(pauseMs);
  if (!order.stream) {
    return reply.whole(200, {
      ...head(order, turn.usage),
      content: blocks,
      stop_reason: stop,
      usage: usageBody(turn.usage),
    });
  }
  for (const [index, block] of blocks.entries()) sendBlock(reply, block, index);
  reply.event("message_delta", { delta: { stop_reason: stop, stop_sequence: null }, usage: usageBody(turn.usage) });
  reply.event("message_stop", {});
  reply.end();
}

/** Events of an answer that has begun: its start, the head of a text and one piece of it. */
const DEFAULT_START = 3;

function sendStart(reply: Reply & { left(): number }, usage: Usage, order: MessageOrder): void {
  start(reply, usage, order);
  reply.event("content_block_start", { index: 0, content_block: { type: "text", text: "" } });
  while (reply.left() > 0)
    reply.event("content_block_delta", { index: 0, delta: { type: "text_delta", text: "The answer ends in the" } });
}

async function sendFault(reply: Reply, fault: ClaudeFault, usage: Usage, order: MessageOrder): Promise<void> {
  if (fault.kind === "http") {
    const body = fault.body ?? errorBody(errorType(fault.status), `rehearsed HTTP ${fault.status}`);
    return reply.whole(fault.status, body, fault.headers);
  }
  if (fault.kind === "no-headers") return reply.hold();
  if (fault.kind === "reset") return reply.reset();
  sendStart(firstEvents(reply, ("after" in fault ? fault.after : undefined) ?? DEFAULT_START), usage, order);
  switch (fault.kind) {
    case "failed": {
      const code = fault.code ?? "api_error";
      const error = { type: code, message: fault.message ?? `rehearsed ${code}`, ...fault.error };
      reply.event("error", { type: "error", error });
      return reply.end();
    }
    case "cut":
      return reply.cut();
    case "silent":
      return reply.hold(fault.pingMs);
    case "malformed":
      if (fault.text !== undefined) reply.raw(fault.text);
      return reply.end();
    default:
      return reply.end();
  }
}

function start(reply: Reply, usage: Usage, order: MessageOrder): void {
  reply.open();
  reply.event("message_start", {
    message: {
      ...head(order, usage),
      content: [],
      stop_reason: null,
      usage: { ...usageBody(usage), output_tokens: 1 },
    },
  });
}

function head(order: MessageOrder, usage: Usage) {
  const id = `msg_rehearsal_${order.number}`;
  return { id, type: "message", role: "assistant", model: order.model, stop_sequence: null, usage: usageBody(usage) };
}

function sendBlock(reply: Reply, block: Block, index: number): void {
  const empty = block.type === "text" ? { ...block, text: "" } : { ...block, input: {} };
  const delta =
    block.type === "text"
      ? { type: "text_delta", text: block.text }
      : { type: "input_json_delta", partial_json: JSON.stringify(block.input) };
  reply.event("content_block_start", { index, content_block: empty });
  reply.event("content_block_delta", { index, delta });
  reply.event("content_block_stop", { index });
}

function actBlocks(act: ClaudeAct): Block[] {
  if (act.kind === "call") return [{ type: "tool_use", id: act.id, name: act.name, input: act.input }];
  if (act.kind === "text") return [textBlock(act.text)];
  const unhelpful = act.kind === "fault" && "text" in act.fault ? act.fault.text : undefined;
  return [textBlock(unhelpful ?? "I have nothing to say in that form.")];
}

function stopReason(act: ClaudeAct): string {
  if (act.kind === "call") return "tool_use";
  return act.kind === "fault" && act.fault.kind === "refusal" ? "refusal" : "end_turn";
}

function textBlock(text: string): Block {
  return { type: "text", text };
}

function usageBody(usage: Usage) {
  return {
    input_tokens: Math.max(usage.inputTokens - usage.cachedInputTokens, 0),
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: usage.cachedInputTokens,
    output_tokens: usage.outputTokens,
  };
}

/** Error types of the Messages API, by HTTP status. */
const ERROR_TYPES: Readonly<Record<number, string>> = {
  400: "invalid_request_error",
  401: "authentication_error",
  403: "permission_error",
  404: "not_found_error",
  413: "request_too_large",
  429: "rate_limit_error",
  529: "overloaded_error",
};

function errorType(status: number): string {
  return ERROR_TYPES[status] ?? "api_error";
}

function errorBody(type: string, message: string) {
  return { type: "error", error: { type, message } };
}
