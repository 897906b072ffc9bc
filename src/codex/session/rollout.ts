import * as z from "zod";
import { tailOf } from "../../kernel/text.ts";
import { readJsonl } from "../../process/jsonl.ts";
import { parseTurnContext, type TurnContext } from "./turn-context.ts";
import { GOES_ON, NO_WORK } from "./session-marks.ts";
import { commandsOf, exitCodeOf, outputText } from "./tool-call.ts";

/** One call of a tool as the model made it, and what it got back. The only full record there is: see `Rollout`. */
export interface ToolCall {
  readonly tool: string;
  /** Shell command lines; empty for tools that run none. */
  readonly commands: readonly string[];
  /** null: it had not ended, or the tool has no exit code. */
  readonly exitCode: number | null;
  /** Last part of what the model saw, or its empty text. */
  readonly output: string;
}

const windowSchema = z
  .looseObject({ used_percent: z.number(), window_minutes: z.number().nullish(), resets_at: z.number().nullish() })
  .nullish()
  .catch(null);
const limitsSchema = z.looseObject({ primary: windowSchema, secondary: windowSchema });

/** A credit window as the provider reports it; `resetsAt` in epoch seconds. */
export interface CreditWindow {
  readonly usedPercent: number;
  readonly windowMinutes: number | null;
  readonly resetsAt: number | null;
}
export interface CreditWindows {
  readonly primary: CreditWindow | null;
  readonly secondary: CreditWindow | null;
}

/** Tokens of the whole thread. */
export interface TokenTotals {
  readonly input: number;
  readonly cached: number;
  readonly output: number;
  readonly reasoning: number;
}

/**
 * What the session file tells. The event stream leaves out what the sandbox denied quickly, what a rule rejected, credit
 * windows and the class of an error; all of it is here.
 */
export interface Rollout {
  readonly version: string | null;
  readonly context: TurnContext | null;
  readonly calls: readonly ToolCall[];
  /** Number of calls, also of those that are no longer in `calls`. */
  readonly toolCalls: number;
  /** Calls without those that only waited for something and those that changed the plan. */
  readonly workCalls: number;
  readonly tokens: TokenTotals | null;
  readonly windows: CreditWindows | null;
  /** When the provider said so, ISO 8601; null where the line has no time. */
  readonly windowsAt: string | null;
  /** `codex_error_info` of the failed turn as text, for example `usage_limit_exceeded` (0.146 and later). */
  readonly errorInfo: string | null;
  /** True when the turn was interrupted by SIGINT or on request. */
  readonly aborted: boolean;
}

const MAX_LINE_BYTES = 8 * 1024 * 1024;
const MAX_CALLS = 500;
const TAIL = 1500;

const lineSchema = z.looseObject({
  timestamp: z.string().nullish().catch(null),
  type: z.string(),
  payload: z.looseObject({ type: z.string().optional() }).catch({}),
});
const tokensSchema = z.looseObject({
  input_tokens: z.number().catch(0),
  cached_input_tokens: z.number().catch(0),
  output_tokens: z.number().catch(0),
  reasoning_output_tokens: z.number().catch(0),
});
const tokenCountSchema = z.looseObject({
  info: z.looseObject({ total_token_usage: tokensSchema }).nullish().catch(null),
  rate_limits: limitsSchema.nullish().catch(null),
});
/** Written when an answer has come, before what it asked for is done; `token_count` comes after that. Later versions only. */
const usageRecordSchema = z.looseObject({ thread_token_usage: tokensSchema });
const callSchema = z.looseObject({
  type: z.string(),
  call_id: z.string().catch(""),
  name: z.string().catch(""),
  arguments: z.string().optional(),
  input: z.string().optional(),
});
const metaSchema = z.looseObject({ cli_version: z.string().optional() });
const completeSchema = z.looseObject({ error: z.looseObject({ codex_error_info: z.unknown().optional() }).nullish() });

type Payload = z.infer<typeof lineSchema>["payload"];

interface Draft {
  version: string | null;
  context: TurnContext | null;
  calls: Map<string, ToolCall>;
  toolCalls: number;
  workCalls: number;
  tokens: TokenTotals | null;
  windows: CreditWindows | null;
  windowsAt: string | null;
  errorInfo: string | null;
  aborted: boolean;
}

/** Streams a session file; lines that are torn, too long or unknown are passed over. */
export async function readRollout(path: string): Promise<Rollout> {
  const draft: Draft = {
    version: null,
    context: null,
    calls: new Map(),
    toolCalls: 0,
    workCalls: 0,
    tokens: null,
    windows: null,
    windowsAt: null,
    errorInfo: null,
    aborted: false,
  };
  for await (const frame of readJsonl(path, MAX_LINE_BYTES)) {
    const line = frame.kind === "record" ? lineSchema.safeParse(frame.value) : null;
    if (line?.success === true) takeLine(draft, line.data);
  }
  return { ...draft, calls: [...draft.calls.values()] };
}

function takeLine(draft: Draft, { type, payload, timestamp }: z.infer<typeof lineSchema>): void {
  if (type === "session_meta") draft.version = metaSchema.safeParse(payload).data?.cli_version ?? null;
  else if (type === "turn_context") draft.context = parseTurnContext(payload) ?? draft.context;
  else if (type === "response_item") takeItem(draft, payload);
  else if (type === "token_usage_record")
    takeTotals(draft, usageRecordSchema.safeParse(payload).data?.thread_token_usage);
  else if (type === "event_msg" && payload.type === "token_count") takeTokens(draft, payload, timestamp ?? null);
  else if (type === "event_msg" && payload.type === "task_complete") takeEnd(draft, payload);
  else if (type === "event_msg" && payload.type === "turn_aborted") draft.aborted = true;
}

function takeItem(draft: Draft, payload: Payload): void {
  const call = callSchema.safeParse(payload).data;
  if (call === undefined) return;
  if (call.type.endsWith("_call")) {
    draft.toolCalls += 1;
    if (!NO_WORK.includes(call.name)) draft.workCalls += 1;
    const commands = commandsOf(call.name, call.arguments ?? call.input ?? "");
    draft.calls.set(call.call_id || `call ${draft.toolCalls}`, {
      tool: call.name || call.type,
      commands,
      exitCode: null,
      output: "",
    });
    const oldest = draft.calls.keys().next();
    if (draft.calls.size > MAX_CALLS && oldest.done === false) draft.calls.delete(oldest.value);
  } else if (call.type.endsWith("_call_output")) {
    const known = draft.calls.get(call.call_id);
    const text = outputText(payload["output"]);
    if (GOES_ON.some((words) => text.includes(words))) draft.workCalls -= 1;
    if (known !== undefined)
      draft.calls.set(call.call_id, { ...known, exitCode: exitCodeOf(text), output: tailOf(text, TAIL) });
  }
}

function takeTokens(draft: CountDraft, payload: Payload, at: string | null): void {
  const count = tokenCountSchema.safeParse(payload).data;
  takeTotals(draft, count?.info?.total_token_usage);
  const windows = windowsOf(count?.rate_limits);
  if (windows === null) return;
  draft.windows = windows;
  draft.windowsAt = Number.isFinite(Date.parse(at ?? "")) ? at : null;
}

/** What a `token_count` line of a session file says, as a worker at work writes it; null for every other line. */
export function readTokenCount(
  value: unknown,
): { readonly tokens: TokenTotals | null; readonly windows: CreditWindows | null; readonly at: string | null } | null {
  const line = lineSchema.safeParse(value).data;
  if (line?.type !== "event_msg" || line.payload.type !== "token_count") return null;
  const draft: CountDraft = { tokens: null, windows: null, windowsAt: null };
  takeTokens(draft, line.payload, line.timestamp ?? null);
  return { tokens: draft.tokens, windows: draft.windows, at: draft.windowsAt };
}

type CountDraft = Pick<Draft, "tokens" | "windows" | "windowsAt">;

function windowsOf(limits: z.infer<typeof limitsSchema> | null | undefined): CreditWindows | null {
  const windows = { primary: windowOf(limits?.primary), secondary: windowOf(limits?.secondary) };
  return windows.primary === null && windows.secondary === null ? null : windows;
}

/** Totals of a thread only grow; the larger of two is the newer one. */
function takeTotals(draft: CountDraft, total: z.infer<typeof tokensSchema> | undefined): void {
  if (total === undefined) return;
  const { input_tokens: input, cached_input_tokens: cached, output_tokens: output } = total;
  const known = draft.tokens;
  if (known !== null && known.input + known.output > input + output) return;
  draft.tokens = { input, cached, output, reasoning: total.reasoning_output_tokens };
}

function windowOf(found: z.infer<typeof windowSchema>): CreditWindow | null {
  if (found === null || found === undefined) return null;
  return {
    usedPercent: found.used_percent,
    windowMinutes: found.window_minutes ?? null,
    resetsAt: found.resets_at ?? null,
  };
}

/** The class is a word, or an object with one key that may hold an HTTP status. */
function takeEnd(draft: Draft, payload: Payload): void {
  const info = completeSchema.safeParse(payload).data?.error?.codex_error_info;
  if (info === undefined || info === null) return;
  draft.errorInfo = typeof info === "string" ? info : JSON.stringify(info).slice(0, 300);
}
