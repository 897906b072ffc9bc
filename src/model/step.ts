import * as z from "zod";

/** Where a worker is in its own plan: at step `n` of `of`. */
export const stepSchema = z.strictObject({ n: z.int().positive(), of: z.int().positive(), text: z.string() });

export type Step = z.infer<typeof stepSchema>;
