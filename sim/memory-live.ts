import type { LiveWorker } from "../src/ports/live-worker.ts";
import { folderOf, type WorkerYard } from "./worker-yard.ts";

/** The in-memory twin of the talk with attached workers. */
export function memoryLive(yard: WorkerYard): LiveWorker {
  const { deps } = yard;
  return {
    async asks(dir, known) {
      return folderOf(yard, dir).mail.asks.slice(known);
    },
    async reply(dir, n, reply) {
      const { mail } = folderOf(yard, dir);
      const first = mail.answers.get(n);
      deps.onReply({ dir, n, isAsked: n <= mail.asks.length, first, reply });
      if (first !== undefined) return;
      mail.answers.set(n, reply);
      if (n === mail.asks.length) deps.clock.after(deps.random.int(0, 500), () => mail.goOn?.());
    },
    async steer(dir, k, text) {
      const { steers } = folderOf(yard, dir).mail;
      deps.onSteer({ dir, k, isNext: k <= steers.size + 1, first: steers.get(k), text });
      if (!steers.has(k)) steers.set(k, text);
    },
    onAsk(dir, onAsk) {
      const { listeners } = folderOf(yard, dir).mail;
      listeners.add(onAsk);
      return () => void listeners.delete(onAsk);
    },
  };
}
