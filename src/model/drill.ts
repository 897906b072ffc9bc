import * as z from "zod";

const endingSchema = z.strictObject({
  /** Error code; null for a task that is accepted. */
  code: z.string().nullable(),
  class: z.string().nullable(),
  /** Status of the task; `refused`: nothing was started. */
  status: z.string(),
});

/** `cco.drill/1`. */
export const drillResultSchema = z.strictObject({
  schema: z.literal("cco.drill/1"),
  /** Version of Codex. */
  codex: z.string(),
  drills: z.array(
    z.strictObject({
      name: z.string(),
      fault: z.string(),
      expected: endingSchema,
      got: endingSchema,
      /** Requests that reached the model. */
      requests: z.number(),
      ms: z.number(),
      ok: z.boolean(),
      attempts: z.number(),
      /** What Codex did in the last attempt, in words. */
      did: z.string(),
      /** What was decided between the attempts, oldest first. */
      cure: z.array(z.string()),
      /** Why it is not ok; empty when it is. */
      why: z.string(),
    }),
  ),
});

export type DrillEnding = z.infer<typeof endingSchema>;
export type DrillRun = z.infer<typeof drillResultSchema>["drills"][number];
