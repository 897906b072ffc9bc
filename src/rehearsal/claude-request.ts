import * as z from "zod";
import { namedLine, namedNumber, readMark, textOf, type Trace } from "./progress.ts";
import type { ClaudeCall } from "./script.ts";

const blockSchema = z.looseObject({ type: z.string(), id: z.string().optional() });
const messageSchema = z.looseObject({
  role: z.string(),
  content: z.union([z.string(), z.array(blockSchema)]),
});
const toolSchema = z.looseObject({
  name: z.string().optional(),
  input_schema: z.looseObject({ properties: z.record(z.string(), z.unknown()).optional() }).optional(),
});
const bodySchema = z.looseObject({
  model: z.string().default("unknown"),
  stream: z.boolean().default(false),
  system: z.unknown().optional(),
  messages: z.array(messageSchema),
  tools: z.array(toolSchema).default([]),
});

type Message = z.infer<typeof messageSchema>;

/** The tool through which Claude Code asks for an answer in a schema. */
export const STRUCTURED_TOOL = "StructuredOutput";

/** A request to the Messages API, read as far as the script needs it. */
export interface ClaudeRequest {
  readonly model: string;
  readonly stream: boolean;
  readonly call: ClaudeCall;
  readonly task: string | undefined;
  readonly round: number | undefined;
  /** All text that came from the user's side, in order. */
  readonly prompt: string;
  /** A request of Claude Code for itself (titles, summaries): it offers no tools. */
  readonly aside: boolean;
  readonly traces: readonly Trace[];
}

/** Reads the body of `POST /v1/messages`; undefined when it does not have the form of one. */
export function readClaudeRequest(body: unknown): ClaudeRequest | undefined {
  const parsed = bodySchema.safeParse(body);
  if (!parsed.success) return undefined;
  const { model, stream, messages, tools, system } = parsed.data;
  const structured = tools.find((tool) => tool.name === STRUCTURED_TOOL);
  const prompt = messages
    .filter((message) => message.role === "user")
    .map((message) => textOf(message.content))
    .join("\n");
  const everything = `${prompt}\n${textOf(system)}`;
  return {
    model,
    stream,
    call: structured === undefined ? "chat" : callOf(structured.input_schema?.properties ?? {}),
    task: namedLine(everything, "Task"),
    round: namedNumber(everything, "Round"),
    prompt,
    aside: tools.length === 0,
    traces: messages.flatMap(traceOf),
  };
}

/** What is asked for, by the properties of the schema. A review and a spec challenge differ in their challenges. */
function callOf(properties: Readonly<Record<string, unknown>>): ClaudeCall {
  if ("rulings" in properties) return "judge";
  if ("reading" in properties) return "reading";
  if ("diagnosis" in properties) return "expert";
  if ("tasks" in properties) return "plan";
  if (!("challenges" in properties)) return "chat";
  return JSON.stringify(properties["challenges"]).includes('"proposal"') ? "spec" : "review";
}

function traceOf(message: Message, index: number, all: readonly Message[]): Trace[] {
  if (message.role !== "assistant") return [];
  const blocks = typeof message.content === "string" ? [] : message.content;
  const calls = blocks.filter((block) => block.type === "tool_use").map((block) => readMark(block.id ?? ""));
  if (calls.length > 0)
    return calls.flatMap((mark) => (mark === undefined ? [] : [{ kind: "called", mark, output: "" }]));
  // Consecutive assistant messages are parts of one answer.
  return all[index + 1]?.role === "assistant" ? [] : [{ kind: "ended" }];
}
