import * as z from "zod";
import { CcoError } from "../kernel/errors.ts";
import { claudeFaultSchema, workerFaultSchema } from "./faults.ts";

/** Tokens that one answer reports. Input counts the cached ones too. Absent numbers: `DEFAULT_USAGE`. */
const usageSchema = z.strictObject({
  inputTokens: z.int().nonnegative().optional(),
  cachedInputTokens: z.int().nonnegative().optional(),
  outputTokens: z.int().nonnegative().optional(),
  reasoningTokens: z.int().nonnegative().optional(),
});

export const DEFAULT_USAGE = { inputTokens: 1000, cachedInputTokens: 300, outputTokens: 50, reasoningTokens: 10 };

/** One credit window; its end is `resetAt` (epoch seconds) or `resetInSeconds` from the answer on (default one hour). */
const windowSchema = z.strictObject({
  usedPercent: z.number().min(0),
  windowMinutes: z.int().positive(),
  resetAt: z.int().positive().optional(),
  resetInSeconds: z.int().positive().optional(),
});
/** Rate-limit headers of Codex: primary is the 5-hour window, secondary the weekly one. */
const limitsSchema = z.strictObject({
  name: z.string().optional(),
  primary: windowSchema.optional(),
  secondary: windowSchema.optional(),
});

/** Some contents travel as base64 inside one argument of a shell, and Linux takes at most 131072 bytes there. */
const content = z.string().refine((text) => Buffer.byteLength(text) <= 90_000, "at most 90000 bytes");
const planItem = z.strictObject({ step: z.string(), status: z.enum(["pending", "in_progress", "completed"]) });
const sayStep = z.strictObject({ say: z.string() });
const delayStep = z.strictObject({ delayMs: z.int().nonnegative() });
/** A pause before the headers of the answer, as a busy server makes it. */
const lateStep = z.strictObject({ headersAfterMs: z.int().nonnegative() });
/** Valid from this place of the scene on. */
const usageStep = z.strictObject({ usage: usageSchema });

const WORKER_STEPS =
  "run, patch, write, final, say, reasoning, item, plan, delayMs, headersAfterMs, usage, limits, fault";
const CLAUDE_STEPS = "tool, output, text, say, delayMs, usage, fault";

/**
 * One step of a worker. Acting steps end one answer of the model: `run`, `patch`, `write`, `plan`, `final`, `fault`.
 * The others (`say`, `reasoning`, `item`, `delayMs`, `headersAfterMs`) travel in front of the next acting one, because
 * Codex takes an answer without a tool call for the end of the turn.
 */
const workerStepSchema = z.union(
  [
    /**
     * A shell command. It is waited for at most `timeoutMs` (default 600000); then it is left running. `cut`: the socket
     * dies behind the call, so Codex runs the command and then takes the answer for a broken one. `escalate`: the reason
     * with which it asks to run outside of the sandbox.
     */
    z.strictObject({
      run: z.string().min(1),
      timeoutMs: z.int().positive().optional(),
      cut: z.literal(true).optional(),
      escalate: z.string().min(1).optional(),
    }),
    /** Text in Codex's patch format, from `*** Begin Patch` to `*** End Patch`. */
    z.strictObject({ patch: z.string().startsWith("*** Begin Patch") }),
    z.strictObject({ write: z.strictObject({ path: z.string().min(1), content }) }),
    z.strictObject({ final: z.string() }),
    sayStep,
    z.strictObject({ reasoning: z.string() }),
    /** An output item as it stands, for example of a type that Codex does not know. */
    z.strictObject({ item: z.looseObject({ type: z.string() }) }),
    /** Skipped where the Codex version offers no plan tool. */
    z.strictObject({ plan: z.array(planItem).min(1) }),
    delayStep,
    lateStep,
    usageStep,
    z.strictObject({ limits: limitsSchema }),
    z.strictObject({ fault: workerFaultSchema }),
  ],
  { error: (issue) => `not a valid step; a worker step has exactly one of: ${WORKER_STEPS}${inner(issue)}` },
);

/** One step of Claude. Acting steps end one answer: `tool`, `output` (structured), `text`, `fault`. */
const claudeStepSchema = z.union(
  [
    z.strictObject({ tool: z.string().min(1), input: z.record(z.string(), z.unknown()).optional() }),
    z.strictObject({ output: z.record(z.string(), z.unknown()) }),
    z.strictObject({ text: z.string() }),
    sayStep,
    delayStep,
    usageStep,
    z.strictObject({ fault: claudeFaultSchema }),
  ],
  { error: (issue) => `not a valid step; a Claude step has exactly one of: ${CLAUDE_STEPS}${inner(issue)}` },
);

/** What Claude is asked for, read off the schema it has to fill; `chat` when it has none to fill. */
const CLAUDE_CALLS = ["review", "spec", "reading", "judge", "expert", "plan", "chat"] as const;

/** What a worker does in one attempt. A property that is absent matches anything; the first scene that matches plays. */
const workerSceneSchema = z.strictObject({
  task: z.string().optional(),
  attempt: z.int().positive().optional(),
  usage: usageSchema.optional(),
  limits: limitsSchema.optional(),
  steps: z.array(workerStepSchema).min(1),
});

/** What Claude answers to one call. Matching as for the worker. */
const claudeSceneSchema = z.strictObject({
  call: z.enum(CLAUDE_CALLS).optional(),
  task: z.string().optional(),
  round: z.int().positive().optional(),
  usage: usageSchema.optional(),
  steps: z.array(claudeStepSchema).min(1),
});

/** A whole script, as it may stand in a JSON or YAML file. */
const scriptSchema = z.strictObject({
  usage: usageSchema.optional(),
  limits: limitsSchema.optional(),
  worker: z.array(workerSceneSchema).default([]),
  claude: z.array(claudeSceneSchema).default([]),
});

/** A script as people write it. */
export type ScriptInput = z.input<typeof scriptSchema>;
export type Script = z.infer<typeof scriptSchema>;
export type WorkerScene = z.infer<typeof workerSceneSchema>;
export type WorkerStep = z.infer<typeof workerStepSchema>;
export type ClaudeScene = z.infer<typeof claudeSceneSchema>;
export type ClaudeStep = z.infer<typeof claudeStepSchema>;
export type ClaudeCall = (typeof CLAUDE_CALLS)[number];
export type Limits = z.infer<typeof limitsSchema>;
export type Usage = Required<{ [key in keyof z.infer<typeof usageSchema>]: number }>;

/** Checks a script. Throws REHEARSAL_SCRIPT with one line per mistake. */
export function parseScript(value: unknown): Script {
  const parsed = scriptSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const mistakes = parsed.error.issues.map((issue) => `${issue.path.join(".") || "script"}: ${issue.message}`);
  throw new CcoError("REHEARSAL_SCRIPT", `the rehearsal script is not valid: ${mistakes.join("; ")}`, {
    data: { mistakes },
  });
}

/** `base` with the numbers and windows that `over` really sets. */
export function overlay<T extends object>(base: T, over: { [key in keyof T]?: T[key] | undefined } | undefined): T {
  const set = Object.entries(over ?? {}).filter(([, value]) => value !== undefined);
  return { ...base, ...Object.fromEntries(set) };
}

/** The most telling mistake inside a union: of the alternative that complains about something else than its keys. */
function inner(issue: { readonly code?: string | undefined; readonly errors?: unknown }): string {
  if (issue.code !== "invalid_union" || !Array.isArray(issue.errors)) return "";
  const alternatives = issue.errors.filter(
    (errors): errors is z.core.$ZodIssue[] =>
      Array.isArray(errors) &&
      !errors.some((e: z.core.$ZodIssue) => e.code === "unrecognized_keys" && e.path.length === 0),
  );
  const first = alternatives[0]?.[0];
  return first === undefined ? "" : ` (${first.path.join(".")}: ${first.message})`;
}
