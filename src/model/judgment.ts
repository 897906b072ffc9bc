import * as z from "zod";
import { object, TEXT } from "./json-schema.ts";

/** What a judge answers before it sees any challenge: its own reading of the work. */
export const readingSchema = z.object({ reading: z.string(), concerns: z.array(z.string()) });

/** What a judge answers about challenges that could not be executed. Rulings on anything else are ignored. */
export const judgmentSchema = z.object({
  rulings: z.array(z.object({ id: z.string(), ruling: z.enum(["VALID", "PARTIAL", "NOISE"]), reason: z.string() })),
});

/** What an expert says about a review that does not move (mission E5). */
export const diagnosisSchema = z.strictObject({
  diagnosis: z.string(),
  cause: z.enum(["spec", "implementation", "test", "approach"]),
  advice: z.string(),
});

export type Reading = z.infer<typeof readingSchema>;
export type Judgment = z.infer<typeof judgmentSchema>;
export type Diagnosis = z.infer<typeof diagnosisSchema>;

/** The JSON schemas of these calls: draft-07, an object at the root, names and enums fixed by the contract. */
export const READING_JSON_SCHEMA = object({ reading: TEXT, concerns: { type: "array", items: TEXT } });
export const JUDGMENT_JSON_SCHEMA = object({
  rulings: {
    type: "array",
    items: object({ id: TEXT, ruling: { enum: ["VALID", "PARTIAL", "NOISE"] }, reason: TEXT }),
  },
});
export const DIAGNOSIS_JSON_SCHEMA = object({
  diagnosis: TEXT,
  cause: { enum: ["spec", "implementation", "test", "approach"] },
  advice: TEXT,
});
