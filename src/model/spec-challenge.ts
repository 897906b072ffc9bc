import * as z from "zod";
import { object, TEXT } from "./json-schema.ts";

/** One hole in an order: the words that have it, and what should stand there instead (contract, "spec challenge"). */
export const specChallengeSchema = z.object({
  id: z.string(),
  claim: z.string(),
  quote: z.string(),
  proposal: z.string(),
});

/** What Claude answers when it attacks an order. */
export const specFindingsSchema = z.object({ summary: z.string(), challenges: z.array(specChallengeSchema) });

/** How an order stood the attack. `failure`: nobody could be asked, in words; the work went on without. */
export const specCheckSchema = z.strictObject({
  challenges: z.array(specChallengeSchema.strict()),
  failure: z.string().nullable(),
});

export type SpecChallenge = z.infer<typeof specChallengeSchema>;
export type SpecFindings = z.infer<typeof specFindingsSchema>;
export type SpecCheck = z.infer<typeof specCheckSchema>;

/** The JSON schema of the call: draft-07, an object at the root, names fixed by the contract. */
export const SPEC_JSON_SCHEMA = object({
  summary: TEXT,
  challenges: { type: "array", items: object({ id: TEXT, claim: TEXT, quote: TEXT, proposal: TEXT }) },
});
