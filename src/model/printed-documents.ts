import * as z from "zod";
import { shownBreakerSchema } from "./breaker.ts";
import { cardSchema } from "./card.ts";
import { weekTallySchema } from "./event.ts";
import { taskResultSchema } from "./result.ts";
import { statusWindowSchema } from "./window.ts";

/** `cco.status/1`. */
export const statusResultSchema = z.strictObject({
  schema: z.literal("cco.status/1"),
  engine: z.enum(["running", "idle"]),
  tasks: z.array(taskResultSchema),
  cards: z.number(),
  breakers: z.array(shownBreakerSchema),
  windows: z.array(statusWindowSchema),
  /** How often tasks of this week needed a decision; see `decide/escalation.ts`. */
  escalation: z.optional(
    z.strictObject({ ...weekTallySchema.shape, rate: z.number().nullable(), verdict: z.string(), says: z.string() }),
  ),
});

/** `cco.cards/1`. */
export const cardsResultSchema = z.strictObject({ schema: z.literal("cco.cards/1"), cards: z.array(cardSchema) });

/** One line of `cco doctor`. */
export const doctorCheckSchema = z.strictObject({
  id: z.string(),
  status: z.enum(["ok", "warn", "fail"]),
  detail: z.string(),
  fix: z.string(),
});

/** `cco.doctor/1`. */
export const doctorResultSchema = z.strictObject({
  schema: z.literal("cco.doctor/1"),
  checks: z.array(doctorCheckSchema),
});

export type DoctorCheck = z.infer<typeof doctorCheckSchema>;
