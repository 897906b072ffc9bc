import type { Raise } from "../model/cap.ts";
import type { Config } from "../model/config.ts";

/** Caps over all projects of the user, and what the others have spent and decided under them. */
export interface UserCapsLook {
  readonly budget: Config["budget"];
  /** What all other projects have spent, by day of UTC (YYYY-MM-DD). */
  readonly others: ReadonlyMap<string, { readonly usd: number; readonly tokens: number }>;
  readonly raised: readonly Raise[];
  readonly told: readonly string[];
  /** Differs when anything of it differs. */
  readonly stamp: string;
}

/** The caps of this user as they stand; each look reads only what has changed. */
export interface UserCaps {
  /** null: the user has set none. Settings that cannot be read count as they were before. */
  look(): Promise<UserCapsLook | null>;
}
