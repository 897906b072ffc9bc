import { statSync } from "node:fs";
import { join } from "node:path";
import { CcoError } from "../kernel/errors.ts";
import { parseJson } from "../kernel/json.ts";
import { type SpendingFile, spendingFileSchema } from "../model/cap.ts";
import type { UserCaps, UserCapsLook } from "../ports/user-caps.ts";
import { readOptional } from "./read-optional.ts";
import { loadUserConfig, type UserConfig } from "./user-config-file.ts";

/** Where the caps of the user are, and the boards of the other projects. `warn`: settings that cannot be read. */
export interface UserCapsPlace {
  readonly configFile: string;
  readonly otherBoards: () => readonly string[];
  readonly warn: (message: string) => void;
}

/** The file of a board that says what the project has spent. */
const SPENDING_FILE = "spending.json";

/** The caps of this user from files; a file that has not changed is not read again. */
export function openUserCaps({ configFile, otherBoards, warn }: UserCapsPlace): UserCaps {
  const seen = new Map<string, { readonly stamp: string; readonly file: SpendingFile | null }>();
  let config: UserConfig | null = null;
  let configStamp = "never";
  let known: UserCapsLook | null = null;

  async function readConfig(): Promise<void> {
    const stamp = stampOf(configFile);
    if (stamp === configStamp) return;
    configStamp = stamp;
    try {
      config = await loadUserConfig(configFile);
    } catch (error) {
      if (!(error instanceof CcoError)) throw error;
      warn(`${error.message}; the caps of before count on`);
    }
  }

  async function spendingIn(board: string): Promise<SpendingFile | null> {
    const path = join(board, SPENDING_FILE);
    const stamp = stampOf(path);
    const before = seen.get(path);
    if (before?.stamp === stamp) return before.file;
    const text = stamp === "" ? null : await readOptional(path);
    const file = text === null ? null : (spendingFileSchema.safeParse(parseJson(text)).data ?? null);
    seen.set(path, { stamp, file });
    return file;
  }

  return {
    async look() {
      await readConfig();
      const budget = config?.budget ?? null;
      if (budget === null || Object.values(budget).every((cap) => cap === null)) return null;
      const files = await Promise.all(otherBoards().map(spendingIn));
      const stamp = JSON.stringify([configStamp, [...seen].map(([path, one]) => [path, one.stamp])]);
      if (known?.stamp !== stamp) known = { budget, stamp, ...sumOf(files.filter((file) => file !== null)) };
      return known;
    },
  };
}

function sumOf(files: readonly SpendingFile[]): Pick<UserCapsLook, "others" | "raised" | "told"> {
  const others = new Map<string, { usd: number; tokens: number }>();
  for (const { days } of files) {
    for (const [day, { usd, tokens }] of Object.entries(days)) {
      const sum = others.get(day) ?? { usd: 0, tokens: 0 };
      others.set(day, { usd: sum.usd + usd, tokens: sum.tokens + tokens });
    }
  }
  return { others, raised: files.flatMap(({ raised }) => raised), told: files.flatMap(({ told }) => told) };
}

/** Empty where there is no file. */
function stampOf(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? "" : `${found.mtimeMs} ${found.size} ${found.ino}`;
}
