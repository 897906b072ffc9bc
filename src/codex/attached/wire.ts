import type { Readable, Writable } from "node:stream";
import { makeJsonlFramer } from "../../process/jsonl.ts";
import { type Fields, fields, isFields, text } from "./fields.ts";

/** Longest message that is read; a longer one is dropped. */
const MOST_BYTES = 32 * 1024 * 1024;

/** Id of a request; each side counts its own. */
export type RequestId = number | string;

/** What comes from the app-server by itself. */
export type Incoming =
  | { readonly kind: "request"; readonly id: RequestId; readonly method: string; readonly params: Fields }
  | { readonly kind: "note"; readonly method: string; readonly params: Fields };

/** The answer to a request of ours. */
export type Answer = { readonly ok: true; readonly result: Fields } | { readonly ok: false; readonly message: string };

/** Words of an answer that the death of the app-server cut off: its exit says more. */
export const GONE = "codex app-server is gone";

/** One end of the line-framed JSON-RPC of `codex app-server`. */
export interface Wire {
  /** Asks; resolves with a failed answer when none came in time or the line is gone. Never rejects. */
  ask(method: string, params: Fields, limitMs: number): Promise<Answer>;
  note(method: string): void;
  answer(id: RequestId, result: Fields): void;
  refuse(id: RequestId, message: string): void;
  /** No more is said: the app-server ends by itself when it has read that. */
  hangUp(): void;
}

/** Opens the line; `onMessage` gets everything that is no answer, in order. */
export function openWire(stdin: Writable, stdout: Readable, onMessage: (message: Incoming) => void): Wire {
  const waiting = new Map<RequestId, (answer: Answer) => void>();
  const framer = makeJsonlFramer(MOST_BYTES);
  let last = 0;
  let isOpen = true;
  const close = (): void => {
    isOpen = false;
    for (const settle of waiting.values()) settle({ ok: false, message: GONE });
    waiting.clear();
  };
  const send = (message: Fields): void => {
    if (isOpen && stdin.writable) stdin.write(`${JSON.stringify(message)}\n`);
  };
  const take = (value: unknown): void => {
    if (!isFields(value)) return;
    const { id, method, params, result, error } = value;
    const known = typeof id === "number" || typeof id === "string" ? id : null;
    if (typeof method === "string") {
      const about = { method, params: fields(params) };
      onMessage(known === null ? { kind: "note", ...about } : { kind: "request", id: known, ...about });
    } else if (known !== null) {
      const settle = waiting.get(known);
      waiting.delete(known);
      settle?.(
        error === undefined
          ? { ok: true, result: fields(result) }
          : { ok: false, message: text(fields(error)["message"]) || JSON.stringify(error) },
      );
    }
  };
  stdout.on("data", (chunk: Buffer) => {
    for (const frame of framer.push(chunk)) if (frame.kind === "record") take(frame.value);
  });
  stdout.on("close", close);
  // The pipe breaks when the app-server dies; its exit says so.
  stdin.on("error", close);
  return {
    ask: (method, params, limitMs) =>
      new Promise((resolve) => {
        if (!isOpen) return resolve({ ok: false, message: GONE });
        const id = (last += 1);
        const timer = setTimeout(() => {
          waiting.delete(id);
          resolve({ ok: false, message: `no answer to ${method} within ${limitMs / 1000} s` });
        }, limitMs);
        waiting.set(id, (answer) => {
          clearTimeout(timer);
          resolve(answer);
        });
        send({ id, method, params });
      }),
    note: (method) => send({ method }),
    answer: (id, result) => send({ id, result }),
    refuse: (id, message) => send({ id, error: { code: -32601, message } }),
    hangUp: () => {
      if (stdin.writable) stdin.end();
    },
  };
}
