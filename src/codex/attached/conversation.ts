import { assertNever } from "../../kernel/assert-never.ts";
import type { Talk } from "../../process/supervised-command.ts";
import { type Fields, fields, list, text } from "./fields.ts";
import { openThread, startTurn } from "./opening.ts";
import { eventsFor, type ExecEvent, turnEvent } from "./translate.ts";
import type { Incoming, RequestId, Wire } from "./wire.ts";

/** A request of the app-server that waits for an answer. */
export interface OpenRequest {
  readonly id: RequestId;
  readonly method: string;
  readonly params: Fields;
}

/** Where a conversation reports. */
export interface Listener {
  event(event: ExecEvent): void;
  /** The app-server wants to know something; it waits until `answer` or `refuse` of the wire. */
  asked(request: OpenRequest): void;
  /** A request needs no answer any more. */
  resolved(id: unknown): void;
  /** The turn is over; the final message is null where the last answer of the model had none. */
  ended(final: string | null): void;
}

/** One thread with one turn. */
export interface Conversation {
  take(message: Incoming): void;
  /** Shakes hands, opens the thread and starts the turn; resolves with what went wrong, or null. */
  begin(order: { readonly cwd: string; readonly prompt: string }): Promise<string | null>;
  /** Tells the running turn something; resolves with what went wrong, or null. */
  steer(words: string): Promise<string | null>;
  /** Ends the turn, with the commands that it left running. */
  interrupt(): Promise<void>;
  /** Files that the items of the turn want to change, by item. */
  readonly files: ReadonlyMap<string, string[]>;
}

/** What `steer` says before the turn has begun, and after its end. */
export const NO_TURN = "no turn is running";

/** The app-server answers at once. */
const LIMIT_MS = { steer: 20_000, interrupt: 2000 };

/** A conversation over a wire. The words of failures begin with the method that failed, for the table of failures. */
export function makeConversation(wire: Wire, { client }: Talk, listener: Listener): Conversation {
  const files = new Map<string, string[]>();
  const final = finalMessage();
  let [thread, turn]: [string | null, string | null] = [null, null];
  let total: Fields = {};
  const noted = (method: string, params: Fields): void => {
    for (const event of eventsFor(method, params)) listener.event(event);
    noteItem(method, fields(params["item"]), { files, final });
    if (method === "turn/started") turn = text(fields(params["turn"])["id"]);
    if (method === "serverRequest/resolved") listener.resolved(params["requestId"]);
    if (method === "thread/tokenUsage/updated") {
      total = fields(fields(params["tokenUsage"])["total"]);
      final.counted(JSON.stringify(total));
    }
    if (method === "turn/completed" && params["threadId"] === thread) {
      turn = null;
      const event = turnEvent(fields(params["turn"]), total);
      if (event !== null) listener.event(event);
      // Words of a turn that did not come to its own end are no report.
      listener.ended(event?.["type"] === "turn.completed" ? final.text() : null);
    }
  };
  return {
    files,
    take(message) {
      switch (message.kind) {
        case "request":
          return listener.asked(message);
        case "note":
          return noted(message.method, message.params);
        default:
          return assertNever(message);
      }
    },
    async begin({ cwd, prompt }) {
      const opened = await openThread(wire, client, cwd);
      if (typeof opened === "string") return opened;
      thread = opened.thread;
      listener.event({ type: "thread.started", thread_id: thread });
      listener.event({ type: "turn.started" });
      const begun = await startTurn(wire, thread, prompt);
      if (typeof begun === "string") return begun;
      turn ??= begun.turn;
      return null;
    },
    async steer(words) {
      if (thread === null || turn === null) return NO_TURN;
      const input = [{ type: "text", text: words, text_elements: [] }];
      const told = await wire.ask("turn/steer", { threadId: thread, expectedTurnId: turn, input }, LIMIT_MS.steer);
      return told.ok ? null : told.message;
    },
    async interrupt() {
      if (thread === null || turn === null) return;
      await wire.ask("turn/interrupt", { threadId: thread, turnId: turn }, LIMIT_MS.interrupt);
      // An interrupted turn leaves its command running.
      await wire.ask("thread/backgroundTerminals/clean", { threadId: thread }, LIMIT_MS.interrupt);
    },
  };
}

function noteItem(
  method: string,
  item: Fields,
  to: { readonly files: Map<string, string[]>; readonly final: ReturnType<typeof finalMessage> },
): void {
  if (method === "item/started" && item["type"] === "fileChange") {
    const paths = list(item["changes"]).map((change) => text(change["path"]));
    to.files.set(text(item["id"]), paths);
  }
  if (method === "item/completed" && item["type"] === "agentMessage") to.final.said(text(item["text"]));
}

/**
 * Finds the message of the model's last answer, which is what `codex exec` writes as the last message: one that was said before a call
 * of a tool does not count. Answers are told apart by the tokens that the thread has used.
 */
function finalMessage() {
  let [current, before]: [string | null, string | null] = [null, null];
  let tokens = "";
  return {
    said(words: string): void {
      current = words;
    },
    counted(total: string): void {
      if (total === tokens) return;
      tokens = total;
      [before, current] = [current, null];
    },
    text: (): string | null => current ?? before,
  };
}
