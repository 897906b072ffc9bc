import * as z from "zod";

/** Tokens as Codex counts them; versions differ in what they report. */
const usageSchema = z.looseObject({
  input_tokens: z.number().catch(0),
  cached_input_tokens: z.number().catch(0),
  output_tokens: z.number().catch(0),
  reasoning_output_tokens: z.number().catch(0),
});

const text = z.string().catch("");
const itemSchema = z.discriminatedUnion("type", [
  z.looseObject({ type: z.literal("agent_message"), id: text, text }),
  z.looseObject({ type: z.literal("reasoning"), id: text, text }),
  z.looseObject({
    type: z.literal("command_execution"),
    id: text,
    command: text,
    aggregated_output: text,
    exit_code: z.number().nullable().catch(null),
    status: text,
  }),
  z.looseObject({
    type: z.literal("file_change"),
    id: text,
    changes: z.array(z.looseObject({ path: z.string(), kind: text })).catch([]),
    status: text,
  }),
  z.looseObject({
    type: z.literal("mcp_tool_call"),
    id: text,
    server: text,
    tool: text,
    status: text,
    error: z.looseObject({ message: text }).nullish().catch(null),
  }),
  z.looseObject({ type: z.literal("web_search"), id: text, query: text }),
  z.looseObject({
    type: z.literal("todo_list"),
    id: text,
    items: z.array(z.looseObject({ text, completed: z.boolean().catch(false) })).catch([]),
  }),
  z.looseObject({ type: z.literal("error"), id: text, message: text }),
]);

const eventSchema = z.discriminatedUnion("type", [
  z.looseObject({ type: z.literal("thread.started"), thread_id: z.string() }),
  z.looseObject({ type: z.literal("turn.started") }),
  z.looseObject({ type: z.literal("turn.completed"), usage: usageSchema.optional() }),
  z.looseObject({ type: z.literal("turn.failed"), error: z.looseObject({ message: text }).catch({ message: "" }) }),
  z.looseObject({ type: z.literal("error"), message: text }),
  // A line of the bridge to the cloud.
  z.looseObject({ type: z.literal("cloud"), text }),
  z.looseObject({ type: z.literal("item.started"), item: itemSchema }),
  z.looseObject({ type: z.literal("item.updated"), item: itemSchema }),
  z.looseObject({ type: z.literal("item.completed"), item: itemSchema }),
]);

/** One item of a turn. */
export type CodexItem = z.infer<typeof itemSchema>;
/** One line of `codex exec --json`. What this version of cco does not know is kept as it is. */
export type CodexEvent = z.infer<typeof eventSchema> | { readonly type: "unknown"; readonly raw: unknown };
export type CodexUsage = z.infer<typeof usageSchema>;

/** Reads one line of the stream; never throws. */
export function parseEvent(value: unknown): CodexEvent {
  const parsed = eventSchema.safeParse(value);
  return parsed.success ? parsed.data : { type: "unknown", raw: value };
}
