import * as z from "zod";
import { namedLine, namedNumber, readMark, textOf, type Trace } from "./progress.ts";

const itemSchema = z.looseObject({
  type: z.string().optional(),
  role: z.string().optional(),
  call_id: z.string().optional(),
  content: z.unknown().optional(),
  output: z.unknown().optional(),
  tools: z.array(z.unknown()).optional(),
});
const bodySchema = z.looseObject({
  model: z.string().default("unknown"),
  input: z.array(itemSchema),
  tools: z.array(z.unknown()).default([]),
});
const toolSchema = z.looseObject({
  type: z.string().optional(),
  name: z.string().optional(),
  tools: z.array(z.unknown()).optional(),
});

type Item = z.infer<typeof itemSchema>;

/** A request to the Responses API, read as far as the script needs it. */
export interface WorkerRequest {
  readonly model: string;
  readonly task: string | undefined;
  readonly attempt: number | undefined;
  /** The message that gave the order; empty when the conversation has none. */
  readonly prompt: string;
  /** Names of the tools on offer. With `exec` among them the model is in code mode: it calls tools from JavaScript. */
  readonly tools: ReadonlySet<string>;
  readonly traces: readonly Trace[];
  /** Codex asks for a summary of the conversation, not for the next step. */
  readonly compaction: boolean;
}

/** Reads the body of `POST /v1/responses`; undefined when it does not have the form of one. */
export function readWorkerRequest(body: unknown): WorkerRequest | undefined {
  const parsed = bodySchema.safeParse(body);
  if (!parsed.success) return undefined;
  const { model, input, tools } = parsed.data;
  const order = orderOf(input);
  const offered = [...tools, ...input.flatMap((item) => (item.type === "additional_tools" ? (item.tools ?? []) : []))];
  return {
    model,
    task: order.task,
    attempt: order.attempt,
    prompt: order.prompt,
    tools: new Set(offered.flatMap(toolNames)),
    traces: tracesOf(input.slice(order.index)),
    compaction: textOf(input.at(-1)?.content).startsWith("You are performing a CONTEXT CHECKPOINT COMPACTION"),
  };
}

interface Order {
  readonly index: number;
  readonly task: string | undefined;
  readonly attempt: number | undefined;
  readonly prompt: string;
}

/**
 * The order that is being carried out: the last one when a thread was given several, at the first place where it
 * stands, so that a repeated order goes on with its scene.
 */
function orderOf(input: readonly Item[]): Order {
  const orders = input.flatMap((item, index): Order[] => {
    const prompt = isUser(item) ? textOf(item.content) : "";
    const task = namedLine(prompt, "Task");
    return task === undefined ? [] : [{ index, task, attempt: namedNumber(prompt, "Attempt"), prompt }];
  });
  const last = orders.at(-1);
  const first = orders.find((order) => order.task === last?.task && order.attempt === last?.attempt);
  if (first !== undefined) return first;
  const prompt = textOf(input.findLast((item) => isUser(item))?.content);
  return { index: 0, task: undefined, attempt: undefined, prompt };
}

function isUser(item: Item): boolean {
  return item.type === "message" && item.role === "user";
}

function toolNames(tool: unknown): string[] {
  const parsed = toolSchema.safeParse(tool);
  if (!parsed.success) return [];
  const inside = parsed.data.type === "namespace" ? (parsed.data.tools ?? []).flatMap(toolNames) : [];
  return parsed.data.name === undefined ? inside : [parsed.data.name, ...inside];
}

function tracesOf(input: readonly Item[]): Trace[] {
  return input.flatMap((item, index): Trace[] => {
    if (item.type === "function_call_output" || item.type === "custom_tool_call_output") {
      const mark = readMark(item.call_id ?? "");
      return mark === undefined ? [] : [{ kind: "called", mark, output: textOf(item.output) }];
    }
    if (!isUser(item)) return [];
    // The summary of a compacted conversation carries the mark of the last call that was done before.
    const compacted = readMark(/\[rehearsal (\S+)\]/.exec(textOf(item.content))?.[1] ?? "");
    if (compacted !== undefined) return [{ kind: "called", mark: compacted, output: "" }];
    const before = input[index - 1];
    return before?.type === "message" && before.role === "assistant" ? [{ kind: "ended" }] : [];
  });
}
