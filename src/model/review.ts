import * as z from "zod";
import { object, TEXT } from "./json-schema.ts";

/** Evidence of a challenge as the reviewer gives it (contract, "What the models are asked for"). */
const evidenceSchema = z.object({
  kind: z.enum(["failing-test", "counterexample", "spec-violation", "regression"]),
  path: z.string().optional(),
  content: z.string().optional(),
  command: z.string().optional(),
  expected: z.union([z.string(), z.number()]).transform(String).optional(),
  observed: z.string().optional(),
  quote: z.string().optional(),
  line: z.number().optional(),
});

export const challengeSchema = z.object({
  id: z.string(),
  claim: z.string(),
  violates: z.string(),
  severity: z.enum(["blocker", "major", "minor"]),
  path: z.string(),
  line: z.number(),
  evidence: evidenceSchema,
});

/** What a reviewer answers. */
export const findingsSchema = z.object({ summary: z.string(), challenges: z.array(challengeSchema) });

/** One execution of a piece of evidence. `ms` is wall time. */
export const evidenceRunSchema = z.strictObject({
  on: z.enum(["candidate", "base"]),
  exitCode: z.number().nullable(),
  ms: z.number(),
});

/** One challenge with its ruling (contract, "Review result"). */
export const ruledChallengeSchema = z.strictObject({
  id: z.string(),
  claim: z.string(),
  kind: z.string(),
  ruling: z.enum(["VALID", "PARTIAL", "NOISE"]),
  reason: z.string(),
  executed: z.boolean(),
  runs: z.array(evidenceRunSchema),
});

/** Substantive rate below which the reviewer's prompt is the likely fault (mission E3). */
export const LOW_SUBSTANTIVE_RATE = 0.2;

export const reviewRoundSchema = z.strictObject({
  round: z.number(),
  challenges: z.array(ruledChallengeSchema),
  /** (VALID + PARTIAL) / all; 0 without challenges. */
  substantiveRate: z.number(),
  /** Digest of the change that was reviewed; two rounds with the same one saw the same change. */
  change: z.string().optional(),
  /** Evidence of earlier rounds still failed, so that the reviewer was not asked. */
  standing: z.literal(true).optional(),
  /** Generated and lock files that no reviewer was shown. */
  leftOut: z.array(z.string()).optional(),
});

/** `cco.review/1`. */
export const reviewResultSchema = z.strictObject({
  schema: z.literal("cco.review/1"),
  rounds: z.array(reviewRoundSchema),
  converged: z.boolean(),
});

export type Challenge = z.infer<typeof challengeSchema>;
export type Findings = z.infer<typeof findingsSchema>;
export type EvidenceRun = z.infer<typeof evidenceRunSchema>;
export type RuledChallenge = z.infer<typeof ruledChallengeSchema>;
export type ReviewRound = z.infer<typeof reviewRoundSchema>;

/**
 * The JSON schema that Claude is asked to fill: draft-07, an object at the root, no `$schema`
 * (claude-code 2.1.330 rejects 2020-12). Names and enums are fixed by the contract.
 */
export const REVIEW_JSON_SCHEMA = object({
  summary: TEXT,
  challenges: {
    type: "array",
    items: object({
      id: TEXT,
      claim: TEXT,
      violates: TEXT,
      severity: { enum: ["blocker", "major", "minor"] },
      path: TEXT,
      line: { type: "integer" },
      evidence: object(
        {
          kind: { enum: ["failing-test", "counterexample", "spec-violation", "regression"] },
          path: TEXT,
          content: TEXT,
          command: TEXT,
          expected: { anyOf: [TEXT, { type: "number" }] },
          observed: TEXT,
          quote: TEXT,
          line: { type: "integer" },
        },
        ["kind"],
      ),
    }),
  },
});
