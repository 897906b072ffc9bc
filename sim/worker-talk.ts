import { isoTime } from "../src/kernel/durations.ts";
import type { Ask, AskReply } from "../src/model/ask.ts";
import type { LiveWorker } from "../src/ports/live-worker.ts";
import type { Random } from "./random.ts";
import { type AttemptFolder, folderOf, type WorkerYard } from "./worker-yard.ts";

/** What lies in the folders of one attempt through which a worker asks and is told. */
export interface Mail {
  readonly asks: Ask[];
  /** By number of the question; the first answer stays. */
  readonly answers: Map<number, AskReply>;
  readonly steers: Map<number, string>;
  readonly listeners: Set<() => void>;
  /** Called when an answer has come. */
  goOn: (() => void) | null;
  /** Time that questions were open so far, and since when one is, in ms. */
  waitedMs: number;
  openSinceMs: number | null;
}

/** Folders in which nobody has asked. */
export function emptyMail(): Mail {
  return {
    asks: [],
    answers: new Map(),
    steers: new Map(),
    listeners: new Set(),
    goOn: null,
    waitedMs: 0,
    openSinceMs: null,
  };
}

/** How long questions of this attempt have been open so far, in ms. */
export function waitedIn({ mail }: AttemptFolder, nowMs: number): number {
  return mail.waitedMs + (mail.openSinceMs === null ? 0 : nowMs - mail.openSinceMs);
}

/** Kinds that policy answers by itself, and kinds that become a card. */
const KINDS = ["command", "command", "question", "form", "network", "patch", "permissions", "tool"] as const;

/** The worker asks something; `goOn` is called when it was answered, or declined because nobody did. */
export function askSomething(yard: WorkerYard, folder: AttemptFolder, random: Random, goOn: () => void): void {
  const { clock } = yard.deps;
  const { mail } = folder;
  const kind = random.pick(KINDS);
  const n = mail.asks.length + 1;
  const isRead = kind === "command" && random.chance(0.5);
  const actions = isRead ? [{ does: "read" as const, inside: true }] : [];
  const choices = kind === "question" && random.chance(0.5) ? ["tabs", "spaces"] : [];
  mail.asks.push({ v: 1, n, kind, what: `question ${n} of ${folder.dir}`, why: "", actions, choices, at: isoTime(0) });
  mail.openSinceMs = clock.elapsed();
  const settle = (): void => {
    if (mail.goOn !== settle) return;
    mail.goOn = null;
    mail.waitedMs = waitedIn(folder, clock.elapsed());
    mail.openSinceMs = null;
    goOn();
  };
  mail.goOn = settle;
  clock.after(folder.order?.limits.askMs ?? Infinity, settle);
  for (const heard of mail.listeners) heard();
}

/** The in-memory twin of the talk with attached workers. `checkWrite` throws where the disk takes nothing. */
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
