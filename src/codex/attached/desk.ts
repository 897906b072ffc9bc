import { join } from "node:path";
import { parseJson } from "../../kernel/json.ts";
import type { Ask, AskReply } from "../../model/ask.ts";
import { openFolderHint } from "../../process/folder-hint.ts";
import { type Conversation, NO_TURN, type OpenRequest } from "./conversation.ts";
import { fields, text } from "./fields.ts";
import { MOST_ASKS, openMail, readMail, sendMail } from "./mail.ts";
import { askIn, QUESTION, resultFor } from "./requests.ts";
import type { Wire } from "./wire.ts";

/** Longest time between two looks for answers, in ms: watching is a hint, this is the truth. */
const LOOK_MS = 500;

interface Open extends OpenRequest {
  readonly askedAt: number;
}

/** Where questions of the worker lie until they are answered, and where what people tell it arrives. */
export interface Desk {
  asked(request: OpenRequest): void;
  /** The app-server does not wait for this answer any more. */
  resolved(id: unknown): void;
  /** How long at least one question has been open so far, in ms. */
  waitedMs(): number;
  close(): void;
}

/** Opens the desk of an attempt. A question that nobody answers within `askMs` is declined. */
export function openDesk(
  { dir, cwd, askMs }: { readonly dir: string; readonly cwd: string; readonly askMs: number },
  wire: Wire,
  conversation: Pick<Conversation, "files" | "steer">,
): Desk {
  openMail(dir);
  const hint = openFolderHint([join(dir, "answers"), join(dir, "steer")], null);
  const stop = new AbortController();
  const open = new Map<number, Open>();
  const waited = stopwatch();
  const pass = wordsFor(dir, conversation);
  let asks = 0;
  const close = (n: number): void => {
    open.delete(n);
    if (open.size === 0) waited.stop();
  };
  const answer = (n: number, request: Open, reply: AskReply): void => {
    wire.answer(request.id, resultFor(request.method, request.params, reply));
    close(n);
    // An approval has no room for words; they come right behind it.
    if (request.method !== QUESTION && reply.by !== "policy" && reply.note !== "") void conversation.steer(reply.note);
  };
  const look = async (): Promise<void> => {
    for (const [n, request] of open) {
      const reply = replyIn(readMail(dir, "answers", n));
      if (reply !== null) answer(n, request, reply);
      else if (performance.now() - request.askedAt > askMs) answer(n, request, UNANSWERED);
    }
    await pass();
  };
  void (async () => {
    while (!stop.signal.aborted) {
      await look();
      await hint.next(LOOK_MS, stop.signal);
    }
  })();
  return {
    asked(request) {
      const content = askIn(request.method, request.params, { cwd, files: conversation.files });
      if (content === null) return wire.refuse(request.id, "not supported by this client");
      if (asks >= MOST_ASKS) return wire.answer(request.id, resultFor(request.method, request.params, UNANSWERED));
      asks += 1;
      const ask: Ask = { v: 1, n: asks, ...content, at: new Date().toISOString() };
      open.set(asks, { ...request, askedAt: performance.now() });
      waited.start();
      sendMail(dir, "asks", { n: asks, value: ask });
    },
    resolved(id) {
      for (const [n, request] of open) if (request.id === id) close(n);
    },
    waitedMs: waited.ms,
    close: () => {
      stop.abort();
      hint.close();
      open.clear();
      waited.stop();
    },
  };
}

/** Passes on what people have told the worker, each word once; called again and again. */
function wordsFor(dir: string, conversation: Pick<Conversation, "steer">): () => Promise<void> {
  let told = 0;
  return async () => {
    for (let mail = readMail(dir, "steer", told + 1); mail !== null; mail = readMail(dir, "steer", told + 1)) {
      const problem = await conversation.steer(text(fields(parseJson(mail))["text"]));
      // Told before the turn has begun: it is tried again at the next look.
      if (problem === NO_TURN) return;
      told += 1;
      sendMail(dir, "steered", { n: told, value: { v: 1, problem } });
    }
  };
}

const UNANSWERED: AskReply = { verdict: "decline", choice: null, note: "", by: "deadline" };

/** The answer in a piece of mail; what cannot be understood declines. */
function replyIn(mail: string | null): AskReply | null {
  if (mail === null) return null;
  const given = fields(parseJson(mail));
  return {
    verdict: given["verdict"] === "allow" ? "allow" : "decline",
    choice: typeof given["choice"] === "string" ? given["choice"] : null,
    note: text(given["note"]),
    by: text(given["by"]),
  };
}

function stopwatch() {
  let sum = 0;
  let since: number | null = null;
  return {
    start(): void {
      since ??= performance.now();
    },
    stop(): void {
      if (since !== null) sum += performance.now() - since;
      since = null;
    },
    ms: (): number => sum + (since === null ? 0 : performance.now() - since),
  };
}
