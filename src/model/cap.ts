import * as z from "zod";
import { cardSchema } from "./card.ts";

/** Whose caps: those of one project, or those over all projects of the user. */
export const CAP_SCOPES = ["project", "user"] as const;

/** What can be capped, by day and by week of UTC; tokens are uncached input and output. */
export const CAP_NAMES = ["dayUsd", "dayTokens", "weekUsd", "weekTokens"] as const;

export type CapScope = (typeof CAP_SCOPES)[number];
export type CapName = (typeof CAP_NAMES)[number];

/** A cap that a person has raised for one period. `key`: scope, name and first day of the period. */
export const raiseSchema = z.strictObject({ key: z.string(), by: z.number() });

/** A cap that a person was asked about. `card` null: it is answered. */
const askedSchema = z.strictObject({
  key: z.string(),
  /** How much more option A grants, in the unit of the cap. */
  by: z.number(),
  card: cardSchema.nullable(),
  /** Option that was chosen, and by whom. */
  chosen: z.strictObject({ letter: z.string(), by: z.string() }).nullable(),
});

/** What the fold keeps of caps: notices that were given, cards, and what was granted. Bounded; the latest last. */
export const capStateSchema = z.strictObject({
  told: z.array(z.string()),
  asked: z.array(askedSchema),
  raised: z.array(raiseSchema),
  /** Work that waited for this cap until then is to be cancelled. */
  cancel: z.strictObject({ key: z.string(), card: z.string(), at: z.string() }).nullable(),
});

/** `.cco/spending.json`: what the project has spent by day of UTC, for the caps over all projects of the user. */
export const spendingFileSchema = z.object({
  v: z.literal(1),
  days: z.record(z.string(), z.object({ usd: z.number(), tokens: z.number() })),
  /** Caps of the user that somebody has raised in this project. */
  raised: z.array(z.object({ key: z.string(), by: z.number() })),
  /** Notices about caps of the user that this project has given. */
  told: z.array(z.string()),
});

export type CapState = z.infer<typeof capStateSchema>;
export type Raise = z.infer<typeof raiseSchema>;
export type SpendingFile = z.infer<typeof spendingFileSchema>;
