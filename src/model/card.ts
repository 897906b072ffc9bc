import * as z from "zod";

/** One choice of a card. */
export const cardOptionSchema = z.strictObject({
  letter: z.string().regex(/^[A-D]$/),
  text: z.string(),
  pros: z.string(),
  cons: z.string(),
  /** What the engine does when it is chosen. */
  effect: z.enum([
    "retry",
    "review-again",
    "accept-without-review",
    "accept-as-is",
    "one-more-round",
    "accept-change",
    "accept-order",
    "amend-order",
    "merge-again",
    "keep-branch",
    "go-on",
    "allow-ask",
    "decline-ask",
    "keep-partial",
    "raise-cap",
    "wait-for-cap",
    "cancel-waiting",
    "give-up",
  ]),
});

/** A decision that a person has to take (contract, "Cards"). Times are ISO 8601. */
export const cardSchema = z.strictObject({
  id: z.string(),
  /** Empty for a card about a cap, which is about all new work. */
  task: z.string(),
  tier: z.enum(["gate", "notify"]),
  context: z.string(),
  options: z.array(cardOptionSchema).min(2),
  recommended: z.string(),
  reason: z.string(),
  risk: z.string(),
  cost: z.string(),
  default: z.string(),
  deadline: z.string(),
});

export type Card = z.infer<typeof cardSchema>;
export type CardEffect = z.infer<typeof cardOptionSchema>["effect"];
