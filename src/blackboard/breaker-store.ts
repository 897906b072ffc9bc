import { randomUUID } from "node:crypto";
import { CcoError } from "../kernel/errors.ts";
import { type Breaker, breakerSchema } from "../model/breaker.ts";
import type { BreakerChange, Breakers, NamedBreaker } from "../ports/breakers.ts";
import type { ProcessIdentityReader } from "../ports/process-identity.ts";
import { inOrder, makeQueues } from "./write-order.ts";

/** Where the texts of breakers are kept. */
export interface BreakerTexts {
  names(): Promise<readonly string[]>;
  read(name: string): Promise<string | null>;
  /** Replaces a text that is still `expected` (null: that is not there); false when another was faster. */
  swap(name: string, expected: string | null, text: string): Promise<boolean>;
  /** Waits a moment after another was faster. */
  pause(): Promise<void>;
}

/** Tries while other processes are in the middle of a change, each of which takes a few milliseconds. */
const TRIES = 200;

/** Breakers over any place for texts. Changes of one process are made one after the other. */
export function makeBreakers(texts: BreakerTexts, identity: ProcessIdentityReader): Breakers {
  const queues = makeQueues();

  async function update(name: string, change: (breaker: Breaker | null) => BreakerChange | null) {
    for (let tries = 0; tries < TRIES; tries += 1) {
      const text = await texts.read(name);
      const before = parse(text);
      const changed = change(before);
      if (changed === null) return before;
      const after: Breaker = { v: 1, ...changed, token: randomUUID() };
      if (await texts.swap(name, text, `${JSON.stringify(after, null, 2)}\n`)) return after;
      await texts.pause();
    }
    throw new CcoError("BOARD_WRITE", `the breaker of ${name} is held by another process`, {
      hint: "try again; when it stays so, remove the files breaker.json.* beside breaker.json",
    });
  }

  return {
    identity,
    async list() {
      const all: NamedBreaker[] = [];
      for (const name of await texts.names()) {
        const breaker = parse(await texts.read(name));
        if (breaker !== null) all.push({ name, breaker });
      }
      return all;
    },
    read: async (name) => parse(await texts.read(name)),
    update: (name, change) => inOrder(queues, name, () => update(name, change)),
  };
}

function parse(text: string | null): Breaker | null {
  if (text === null) return null;
  try {
    return breakerSchema.safeParse(JSON.parse(text)).data ?? null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
