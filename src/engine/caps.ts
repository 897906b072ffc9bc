import { CcoError, describeThrown } from "../kernel/errors.ts";
import { parseJson } from "../kernel/json.ts";
import type { CapInputs } from "../decide/spending/caps.ts";
import { sharedCaps } from "../decide/spending/caps-fold.ts";
import type { Decision } from "../decide/decide.ts";
import { addDay, type Spending } from "../decide/spending/spending.ts";
import { spendingFileSchema } from "../model/cap.ts";
import type { Config } from "../model/config.ts";
import type { World } from "../model/task.ts";
import type { Blackboard } from "../ports/blackboard.ts";
import type { UserCapsLook } from "../ports/user-caps.ts";
import type { EngineDeps } from "./deps.ts";

/** What an engine knows of caps besides the journal. */
export interface CapWatch {
  /** Looks at the caps of the user, and at the settings while work waits for a cap: raising one lets it go on. Returns the settings that count now. */
  look(config: Config, last: Decision | null): Promise<Config>;
  /** What decisions depend on. */
  inputs(config: Config, own: Spending): CapInputs;
  /** Text that differs when what was seen differs. */
  stamp(): string;
  /** Writes what other projects of the user have to know; after the ledger. Throws BOARD_WRITE. */
  project(world: World, own: Spending): Promise<void>;
}

const FILE = "spending.json";

/** The watch of one engine. */
export function createCapWatch(deps: EngineDeps): CapWatch {
  let seen: UserCapsLook | null = null;
  let settings = "";
  let written = "";
  return {
    async look(config, last) {
      seen = (await deps.userCaps?.look()) ?? null;
      const waits = last !== null && [...last.waiting.values()].some((one) => one.for === "budget");
      const now = waits ? await reread(deps, config) : config;
      settings = JSON.stringify(now.budget);
      return now;
    },
    inputs(config, own) {
      const books: CapInputs["books"][number][] = [{ scope: "project", budget: config.budget, spending: own }];
      if (seen !== null) {
        const all: Spending = new Map(own);
        for (const [day, sum] of seen.others) addDay(all, day, sum);
        books.push({ scope: "user", budget: seen.budget, spending: all });
      }
      return { books, raisedElsewhere: seen?.raised ?? [], toldElsewhere: seen?.told ?? [] };
    },
    stamp: () => `${settings} ${seen?.stamp ?? ""}`,
    async project(world, own) {
      const days = Object.fromEntries([...own].toSorted(([a], [b]) => a.localeCompare(b)));
      const text = `${JSON.stringify({ v: 1, days, ...sharedCaps(world) })}\n`;
      if (text === written || (own.size === 0 && written === "")) return;
      await deps.board.writeFile(FILE, text);
      written = text;
    },
  };
}

/** Settings that cannot be read now count as they were. */
async function reread(deps: EngineDeps, config: Config): Promise<Config> {
  try {
    return { ...config, budget: (await deps.loadConfig()).budget };
  } catch (error) {
    if (!(error instanceof CcoError)) throw error;
    deps.log.warn(describeThrown(error));
    return config;
  }
}

/**
 * Brings the sums of an engine that starts to what was known before: the end of the ledger, from which they are read, may not reach back
 * to Monday.
 */
export async function recallSpending(board: Pick<Blackboard, "readFile">, own: Spending): Promise<void> {
  const text = await board.readFile(FILE);
  const before = text === null ? undefined : spendingFileSchema.safeParse(parseJson(text)).data;
  for (const [day, { usd, tokens }] of Object.entries(before?.days ?? {})) {
    const sum = own.get(day) ?? { usd: 0, tokens: 0 };
    addDay(own, day, { usd: Math.max(0, usd - sum.usd), tokens: Math.max(0, tokens - sum.tokens) });
  }
}
