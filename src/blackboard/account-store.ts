import { randomUUID } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CcoError } from "../kernel/errors.ts";
import type { ProcessIdentityReader } from "../ports/process-identity.ts";
import { accountFolder } from "./account-folder.ts";
import { boardReadError, isMissing } from "./board-errors.ts";
import { readText, swapExclusive, takeExclusive } from "./exclusive-file.ts";
import { inOrder, makeQueues } from "./write-order.ts";

/** Where texts of accounts are kept, one for each name. */
export interface AccountTexts {
  names(): Promise<readonly string[]>;
  read(name: string): Promise<string | null>;
  /** Replaces a text that is still `expected` (null: that is not there); false when another was faster. */
  swap(name: string, expected: string | null, text: string): Promise<boolean>;
  /** Waits a moment after another was faster. */
  pause(): Promise<void>;
}

/** Values of accounts; those that cannot be read count as none. */
export interface AccountStore<T> {
  list(): Promise<readonly { readonly name: string; readonly value: T }[]>;
  read(name: string): Promise<T | null>;
  /** Changes a value in one step that nobody comes between; null leaves it as it is. Throws BOARD_WRITE. */
  update(name: string, change: (value: T | null) => Omit<T, "v" | "token"> | null): Promise<T | null>;
}

/** What is kept: `subject` and `file` for messages, `parse` for what is there (null: damaged). */
export interface AccountKind<T> {
  readonly subject: string;
  readonly file: string;
  readonly parse: (value: unknown) => T | null;
}

/** Tries while other processes are in the middle of a change, each of which takes a few milliseconds. */
const TRIES = 200;

/** Time between two tries while another process changes the same file, in ms. */
const WAIT_MS = 5;

/** A store over any place for texts. Changes of one process are made one after the other. */
export function makeAccountStore<T>(texts: AccountTexts, kind: AccountKind<T>): AccountStore<T> {
  const queues = makeQueues();
  const parse = (text: string | null): T | null => (text === null ? null : kind.parse(jsonOrNull(text)));

  async function update(name: string, change: (value: T | null) => Omit<T, "v" | "token"> | null): Promise<T | null> {
    for (let tries = 0; tries < TRIES; tries += 1) {
      const text = await texts.read(name);
      const before = parse(text);
      const changed = change(before);
      if (changed === null) return before;
      const after = `${JSON.stringify({ v: 1, ...changed, token: randomUUID() }, null, 2)}\n`;
      if (await texts.swap(name, text, after)) return parse(after);
      await texts.pause();
    }
    throw new CcoError("BOARD_WRITE", `${kind.subject} of ${name} is held by another process`, {
      hint: `try again; when it stays so, remove the files ${kind.file}.* beside ${kind.file}`,
    });
  }

  return {
    async list() {
      const all: { name: string; value: T }[] = [];
      for (const name of await texts.names()) {
        const value = parse(await texts.read(name));
        if (value !== null) all.push({ name, value });
      }
      return all;
    },
    read: async (name) => parse(await texts.read(name)),
    update: (name, change) => inOrder(queues, name, () => update(name, change)),
  };
}

/** Texts in the user's state folder: one file `accounts/<account>/<file>` each. Throws BOARD_WRITE, BOARD_CORRUPT (unreadable), INTERNAL for a name that cannot be a folder. */
export function openAccountTexts(stateDir: string, file: string, identity: ProcessIdentityReader): AccountTexts {
  const fileOf = (name: string): string => join(accountFolder(stateDir, name), file);
  return {
    names: async () => accountsIn(join(stateDir, "accounts")),
    async read(name) {
      const path = fileOf(name);
      try {
        return readText(path);
      } catch (error) {
        throw boardReadError(path, error);
      }
    },
    async swap(name, expected, text) {
      const place = { path: fileOf(name), identity, isStale: () => false };
      if (expected !== null) return await swapExclusive(place, expected, text);
      return (await takeExclusive(place, text)).taken;
    },
    pause: () => sleep(WAIT_MS),
  };
}

/** The in-memory twin of `openAccountTexts`; the map outlives the processes that share it. */
export function memoryAccountTexts(texts: Map<string, string>): AccountTexts {
  return {
    names: async () => [...texts.keys()].sort(),
    read: async (name) => texts.get(name) ?? null,
    async swap(name, expected, text) {
      if ((texts.get(name) ?? null) !== expected) return false;
      texts.set(name, text);
      return true;
    },
    pause: async () => undefined,
  };
}

function accountsIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    if (isMissing(error)) return [];
    throw boardReadError(folder, error);
  }
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
