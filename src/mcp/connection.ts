import type { Framed } from "../app/lines.ts";
import { VERSION } from "../app/version.ts";
import {
  agreedVersion,
  cancelledSchema,
  type Incoming,
  initializeSchema,
  readMessages,
  type RequestId,
  RPC_ERRORS,
} from "./protocol.ts";
import { makeTold } from "./told.ts";
import { type CallParts, makeToolCalls } from "./tool-calls.ts";
import { describeTools, INSTRUCTIONS, TOOLS } from "./tool-table.ts";

/** What a connection needs of its surroundings. */
export interface ConnectionParts extends Pick<CallParts, "project" | "recover"> {
  /** Sends one message. */
  readonly send: (message: object) => void;
}

/** One client, from its first line to its last. */
export interface Connection {
  receive(framed: Framed): void;
  /** Resolves when no call is under way. */
  idle(): Promise<void>;
  /** The client is gone: calls under way end, the work that they started goes on. */
  close(): void;
}

/** Answers one client. A call that fails is an answer; nothing that a client sends ends the connection. */
export function openConnection({ send, ...surroundings }: ConnectionParts): Connection {
  const notify = (method: string, params: object): void => send({ jsonrpc: "2.0", method, params });
  const calls = makeToolCalls({ ...surroundings, notify, told: makeTold() });
  const running = new Set<Promise<void>>();
  let client = "";

  const fail = (id: RequestId | null, code: number, message: string): void =>
    send({ jsonrpc: "2.0", id, error: { code, message } });
  const succeed = (id: RequestId, result: object): void => send({ jsonrpc: "2.0", id, result });

  function call(id: RequestId, params: unknown): void {
    const answered = calls.run(id, params, client);
    if (answered === undefined) {
      return fail(id, RPC_ERRORS.invalidParams, `no such tool; there are ${TOOLS.map(({ name }) => name).join(", ")}`);
    }
    // Whoever took a call back expects nothing any more.
    const one = answered.then((result) => {
      running.delete(one);
      if (result !== null) succeed(id, result);
    });
    running.add(one);
  }

  function request({ id, method, params }: Extract<Incoming, { kind: "request" }>): void {
    if (method === "tools/call") return call(id, params);
    if (method === "tools/list") return succeed(id, { tools: describeTools() });
    if (method === "ping") return succeed(id, {});
    if (method !== "initialize") {
      return fail(id, RPC_ERRORS.methodNotFound, `there is no method ${method.slice(0, 80)}`);
    }
    const hello = initializeSchema.safeParse(params).data;
    client = hello?.clientInfo.name ?? "";
    succeed(id, {
      protocolVersion: agreedVersion(hello?.protocolVersion ?? ""),
      capabilities: { tools: {} },
      serverInfo: { name: "cco", version: VERSION },
      instructions: INSTRUCTIONS,
    });
  }

  function take(message: Incoming): void {
    if (message.kind === "request") return request(message);
    if (message.kind === "invalid") return fail(message.id, RPC_ERRORS.invalidRequest, "this is no JSON-RPC message");
    if (message.kind !== "notification" || message.method !== "notifications/cancelled") return;
    const cancelled = cancelledSchema.safeParse(message.params).data;
    if (cancelled !== undefined) calls.cancel(cancelled.requestId);
  }

  return {
    receive(framed) {
      if (framed.kind !== "record") return fail(null, RPC_ERRORS.parse, "this is no line of JSON");
      for (const message of readMessages(framed.value)) take(message);
    },
    async idle() {
      await Promise.allSettled(running);
    },
    close: () => calls.cancelAll(),
  };
}
