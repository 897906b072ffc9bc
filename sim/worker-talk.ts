import { isoTime } from "../src/kernel/durations.ts";
import type { Ask, AskReply } from "../src/model/ask.ts";
import type { VirtualClock } from "./clock.ts";
import type { Random } from "./random.ts";

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
export function waitedIn(mail: Mail, nowMs: number): number {
  return mail.waitedMs + (mail.openSinceMs === null ? 0 : nowMs - mail.openSinceMs);
}

/** Kinds that policy answers by itself, and kinds that become a card. */
const KINDS = ["command", "command", "question", "form", "network", "patch", "permissions", "tool"] as const;

/** Who asks: `askMs`: how long it waits for an answer at most. */
export interface Asker {
  readonly name: string;
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly askMs: number;
}

/** The worker asks something; `goOn` is called when it was answered, or declined because nobody did. */
export function askSomething(mail: Mail, { name, clock, random, askMs }: Asker, goOn: () => void): void {
  const kind = random.pick(KINDS);
  const n = mail.asks.length + 1;
  const isRead = kind === "command" && random.chance(0.5);
  const actions = isRead ? [{ does: "read" as const, inside: true }] : [];
  const choices = kind === "question" && random.chance(0.5) ? ["tabs", "spaces"] : [];
  mail.asks.push({ v: 1, n, kind, what: `question ${n} of ${name}`, why: "", actions, choices, at: isoTime(0) });
  mail.openSinceMs = clock.elapsed();
  const settle = (): void => {
    if (mail.goOn !== settle) return;
    mail.goOn = null;
    mail.waitedMs = waitedIn(mail, clock.elapsed());
    mail.openSinceMs = null;
    goOn();
  };
  mail.goOn = settle;
  clock.after(askMs, settle);
  for (const heard of mail.listeners) heard();
}
