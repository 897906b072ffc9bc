import type { Talk } from "../../process/supervised-command.ts";
import { type Fields, fields, text } from "./fields.ts";
import type { Wire } from "./wire.ts";

/** The app-server answers at once, except where it starts a thread: a cold start was seen to take 2 s. */
const LIMIT_MS = 60_000;

/**
 * Shakes hands and opens a thread under our terms; a sentence when that went wrong. The words of failures begin with the method that
 * failed, for the table of failures.
 */
export async function openThread(
  wire: Wire,
  client: Talk["client"],
  cwd: string,
): Promise<{ thread: string } | string> {
  const about = { clientInfo: { ...client, title: null }, capabilities: { experimentalApi: true } };
  const hands = await wire.ask("initialize", about, LIMIT_MS);
  if (!hands.ok) return failed("initialize", hands.message);
  wire.note("initialized");
  const started = await wire.ask("thread/start", { cwd, ...TERMS }, LIMIT_MS);
  if (!started.ok) return failed("thread/start", started.message);
  const weaker = termsMissed(started.result);
  if (weaker !== null) return failed("thread/start", weaker);
  const thread = text(fields(started.result["thread"])["id"]);
  return thread === "" ? failed("thread/start", "the answer names no thread") : { thread };
}

/** Starts the one turn of a thread; a sentence when that went wrong. */
export async function startTurn(wire: Wire, thread: string, prompt: string): Promise<{ turn: string } | string> {
  const input = [{ type: "text", text: prompt, text_elements: [] }];
  const begun = await wire.ask("turn/start", { threadId: thread, input }, LIMIT_MS);
  if (!begun.ok) return failed("turn/start", begun.message);
  return { turn: text(fields(begun.result["turn"])["id"]) };
}

/** A person answers, and nobody else: a setting of the user may have put a model in that place. */
const TERMS = { approvalPolicy: "on-request", approvalsReviewer: "user" } as const;

function termsMissed(result: Fields): string | null {
  for (const [name, wanted] of Object.entries(TERMS)) {
    if (result[name] !== wanted) return `${name} is ${JSON.stringify(result[name])}, not ${wanted}`;
  }
  return null;
}

function failed(method: string, message: string): string {
  return `codex app-server ${method}: ${message}`;
}
