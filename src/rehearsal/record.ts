import type { ClaudeCall } from "./script.ts";

/** What is kept of one request. `n` counts from 1 over all requests. */
export interface RecordedRequest {
  readonly n: number;
  /** When it arrived, in epoch milliseconds. */
  readonly at: number;
  readonly api: "responses" | "messages" | "other";
  readonly method: string;
  readonly path: string;
  readonly task?: string;
  readonly attempt?: number;
  readonly call?: ClaudeCall;
  readonly round?: number;
  /** Text of the order (worker) or of the user's side (Claude). */
  readonly prompt?: string;
  /** Place in the script of the answer; null when no scene matched. */
  readonly scene: number | null;
  readonly step: number | null;
  /** Kind of the answer: `call`, `final`, `text`, `fault http 429`, `fault cut`, `missing` … */
  readonly answer: string;
  /** The parsed body; absent for old requests, see `KEPT_BODIES`. */
  readonly body?: unknown;
}

/** Bodies grow with every turn of a conversation, so only the newest are kept; the rest of a record is small. */
const KEPT_BODIES = 200;
const KEPT_REQUESTS = 10_000;

/** Collects records up to a bound. */
export interface Recorder {
  add(record: Omit<RecordedRequest, "n">): void;
  all(): RecordedRequest[];
  /** Number of the request that is being answered. */
  next(): number;
}

/** An empty recorder. */
export function createRecorder(): Recorder {
  const records: RecordedRequest[] = [];
  let count = 0;
  return {
    next: () => count + 1,
    all: () => [...records],
    add(record) {
      count += 1;
      records.push({ n: count, ...record });
      if (records.length > KEPT_REQUESTS) records.shift();
      const old = records.length - 1 - KEPT_BODIES;
      const aged = records[old];
      if (aged?.body !== undefined) {
        const { body: _body, ...rest } = aged;
        records[old] = rest;
      }
    },
  };
}
