import * as z from "zod";
import { EFFORTS, LANES } from "./envelope.ts";

/** Options of a dispatch that override the envelope, per task. */
export const dispatchOptionsSchema = z.strictObject({
  lane: z.enum(LANES),
  effort: z.enum(EFFORTS),
  review: z.boolean(),
  merge: z.boolean(),
  allowDirty: z.boolean(),
});

/** The Claude Code session in which somebody asked for work, by the id that Claude Code gives it; bounded, because it comes from outside. */
export const sessionSchema = z.string().max(200).optional();

/** Where a run starts from: the branch that was checked out (null = detached HEAD) and its commit. */
export const baseSchema = z.strictObject({ branch: z.string().nullable(), commit: z.string() });

export type DispatchOptions = z.infer<typeof dispatchOptionsSchema>;
export type Base = z.infer<typeof baseSchema>;
