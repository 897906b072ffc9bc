import * as z from "zod";

/**
 * What the scripted models can do wrong. Everything a provider, a proxy in front of it or the network between can do to an
 * answer is one of these, on both APIs where not said otherwise:
 *
 * | kind | what the client sees |
 * |---|---|
 * | `http` | a whole answer with this status, headers (`retry-after` …) and body (JSON value or text; a text that starts with `<` goes out as HTML); a status of 200 makes an answer that is no event stream |
 * | `failed` | an event stream that ends with the API's own error: `response.failed`, or `event: error` for Claude. `error` adds fields to it (`resets_at`, `type` …) |
 * | `incomplete` | `response.incomplete` with this reason (Codex) |
 * | `cut` | a stream whose socket dies in the middle |
 * | `reset` | a connection that is reset before any header (TCP RST) |
 * | `no-headers` | a request that is taken and never answered |
 * | `silent` | a stream that starts and then says nothing for ever; `pingMs`: but for a comment line every so often |
 * | `malformed` | a stream of this text (default: an event whose JSON ends in the middle) with a proper end of the connection and no end of the answer |
 * | `empty-message`, `no-output` | a well-formed answer that says nothing (Codex) |
 * | `never-structured`, `refusal` | plain text where the StructuredOutput tool was asked for; stop reason `refusal` (Claude) |
 *
 * `times`: how many requests the fault answers before the scene goes on; absent: every one. Counted per scene.
 * `after`: how many events of the stream leave before the fault. Absent: the start of the answer and all steps in front of
 * the fault (`say`, `reasoning`, `item`). 0: headers and nothing else. More than there are: the rest are pieces of an
 * answer that has begun.
 * A command that runs although its answer never got to its end is the step `{ run, cut: true }`.
 * A server that is not there at all (refused) is `close()` of the provider, or a port that nobody listens on.
 */
const times = z.int().positive().optional();
const after = z.int().nonnegative().optional();

const httpFault = z.strictObject({
  kind: z.literal("http"),
  status: z.int().min(200).max(599),
  body: z.unknown().optional(),
  headers: z.record(z.string(), z.string()).optional(),
  times,
});
/**
 * `code: null` (Responses API): a failure that names no error, with a completion behind it; Codex takes the two together
 * for a success that says nothing.
 */
const failedFault = z.strictObject({
  kind: z.literal("failed"),
  code: z.string().nullable(),
  message: z.string().optional(),
  error: z.record(z.string(), z.unknown()).optional(),
  after,
  times,
});
const cutFault = z.strictObject({ kind: z.literal("cut"), after, times });
const silentFault = z.strictObject({
  kind: z.literal("silent"),
  pingMs: z.int().positive().optional(),
  after,
  times,
});
const malformedFault = z.strictObject({ kind: z.literal("malformed"), text: z.string().optional(), after, times });
const deafFault = z.strictObject({ kind: z.enum(["no-headers", "reset"]), times });
const incompleteFault = z.strictObject({ kind: z.literal("incomplete"), reason: z.string(), after, times });
const hollowFault = z.strictObject({ kind: z.enum(["empty-message", "no-output"]), times });
const unhelpfulFault = z.strictObject({
  kind: z.enum(["never-structured", "refusal"]),
  text: z.string().optional(),
  times,
});

const WIRE = [httpFault, failedFault, cutFault, silentFault, malformedFault, deafFault] as const;

export const workerFaultSchema = z.discriminatedUnion("kind", [...WIRE, incompleteFault, hollowFault]);
export const claudeFaultSchema = z.discriminatedUnion("kind", [...WIRE, unhelpfulFault]);

export type WorkerFault = z.infer<typeof workerFaultSchema>;
export type ClaudeFault = z.infer<typeof claudeFaultSchema>;
