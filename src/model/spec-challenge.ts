import * as z from "zod";

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

const text = { type: "string" } as const;

/** The JSON schema of the call: draft-07, an object at the root, names fixed by the contract. */
export const SPEC_JSON_SCHEMA = {
  type: "object",
  additionalProperties: false,
  required: ["summary", "challenges"],
  properties: {
    summary: text,
    challenges: {
      type: "array",
      items: {
        type: "object",
        additionalProperties: false,
        required: ["id", "claim", "quote", "proposal"],
        properties: { id: text, claim: text, quote: text, proposal: text },
      },
    },
  },
} as const;
