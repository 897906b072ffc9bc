import type { Ask, AskReply } from "../model/ask.ts";

/**
 * The talk with workers that are attached: they ask, they are answered, and they can be told something while they work. Everything
 * goes through files of the attempt folder, so neither side has to run while the other speaks. Every method is idempotent.
 */
export interface LiveWorker {
  /** Questions of an attempt behind the first `known` ones, oldest first. What cannot be read yet is not among them. */
  asks(dir: string, known: number): Promise<readonly Ask[]>;
  /** Answers question `n`; the first answer counts. Throws BOARD_WRITE. */
  reply(dir: string, n: number, reply: AskReply): Promise<void>;
  /** Tells the worker something, as the `k`th time in this attempt. Throws BOARD_WRITE. */
  steer(dir: string, k: number, text: string): Promise<void>;
  /** Calls `onAsk` soon after a worker of this attempt has asked something; the result ends that. A hint: asking is the truth. */
  onAsk(dir: string, onAsk: () => void): () => void;
}
