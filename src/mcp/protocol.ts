import * as z from "zod";

/** Versions of the Model Context Protocol that differ in nothing that is used here; the newest first. */
const PROTOCOL_VERSIONS = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"] as const;

/** Codes of JSON-RPC 2.0. */
export const RPC_ERRORS = {
  parse: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internal: -32603,
} as const;

export type RequestId = string | number;

/** One message as it came in. `response`: an answer to something that was never asked, or a remark; nothing is due. */
export type Incoming =
  | { readonly kind: "request"; readonly id: RequestId; readonly method: string; readonly params: unknown }
  | { readonly kind: "notification"; readonly method: string; readonly params: unknown }
  | { readonly kind: "response" }
  | { readonly kind: "invalid"; readonly id: RequestId | null };

const idSchema = z.union([z.string(), z.number()]);
const messageSchema = z.looseObject({ id: idSchema.nullish(), method: z.string(), params: z.unknown().optional() });
const responseSchema = z.looseObject({ id: z.unknown(), method: z.undefined().optional() });

/** Reads one line of a client; a batch is read as its messages. Unknown keys are no mistake. */
export function readMessages(value: unknown): Incoming[] {
  if (Array.isArray(value) && value.length > 0) return value.map(readMessage);
  return [readMessage(value)];
}

function readMessage(value: unknown): Incoming {
  const parsed = messageSchema.safeParse(value);
  if (parsed.success) {
    const { id, method, params } = parsed.data;
    return id === undefined || id === null
      ? { kind: "notification", method, params }
      : { kind: "request", id, method, params };
  }
  const response = responseSchema.safeParse(value);
  if (!response.success) return { kind: "invalid", id: null };
  const answers = "result" in response.data || "error" in response.data;
  return answers ? { kind: "response" } : { kind: "invalid", id: idSchema.safeParse(response.data.id).data ?? null };
}

/** The version both speak: the client's own where it is known, else the newest one here; a client that cannot follow ends the session. */
export function agreedVersion(wanted: string): string {
  return PROTOCOL_VERSIONS.find((version) => version === wanted) ?? PROTOCOL_VERSIONS[0];
}

/** What a client says of itself; all of it may be missing. */
export const initializeSchema = z.looseObject({
  protocolVersion: z.string().catch(""),
  clientInfo: z.looseObject({ name: z.string().catch("") }).catch({ name: "" }),
});

/** A call of a tool. */
export const callSchema = z.looseObject({
  name: z.string(),
  arguments: z.unknown().optional(),
  _meta: z.looseObject({ progressToken: idSchema.optional() }).optional().catch(undefined),
});

/** A client that no longer wants an answer. */
export const cancelledSchema = z.looseObject({ requestId: idSchema });
