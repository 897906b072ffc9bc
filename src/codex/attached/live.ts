import { join } from "node:path";
import { parseJson } from "../../kernel/json.ts";
import { type Ask, askSchema } from "../../model/ask.ts";
import type { LiveWorker } from "../../ports/live-worker.ts";
import { writingBoard } from "../../process/board-write.ts";
import { openFolderHint } from "../../process/folder-hint.ts";
import { MOST_ASKS, openMail, readMail, sendMail } from "./mail.ts";

/** Longest text that is told to a worker. */
const MOST_CHARS = 8000;
const FAR_MS = 3_600_000;

/** The engine's side of the talk with attached workers. */
export const liveWorker: LiveWorker = {
  async asks(dir, known) {
    const asks: Ask[] = [];
    for (let n = known + 1; n <= MOST_ASKS; n += 1) {
      const text = readMail(dir, "asks", n);
      const ask = text === null ? undefined : askSchema.safeParse(parseJson(text)).data;
      if (ask?.n !== n) break;
      asks.push(ask);
    }
    return asks;
  },
  async reply(dir, n, reply) {
    writingBoard(dir, () => sendMail(dir, "answers", { n, value: { v: 1, ...reply } }));
  },
  async steer(dir, k, text) {
    const value = { v: 1, text: text.slice(0, MOST_CHARS) };
    writingBoard(dir, () => sendMail(dir, "steer", { n: k, value }));
  },
  onAsk(dir, onAsk) {
    writingBoard(dir, () => openMail(dir));
    const hint = openFolderHint([join(dir, "asks")], null);
    const stop = new AbortController();
    const isOver = (): boolean => stop.signal.aborted;
    const listen = async (): Promise<void> => {
      while (!isOver()) {
        await hint.next(FAR_MS, stop.signal);
        if (!isOver()) onAsk();
      }
    };
    void listen();
    return () => {
      stop.abort();
      hint.close();
    };
  },
};
