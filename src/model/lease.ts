import * as z from "zod";

/**
 * One process, told apart from a later one with the same pid. `startTime`: when it started, in whatever unit the platform has
 * (Linux: clock ticks since boot); compared for equality only. `bootId`: one value per boot of the machine.
 */
export const processIdentitySchema = z.object({ pid: z.int().positive(), startTime: z.string(), bootId: z.string() });

/** engine.lock. Not strict: an engine of a later version with more keys still counts as a holder. `token` is unique per taking. */
export const engineLockSchema = z.object({ ...processIdentitySchema.shape, at: z.string(), token: z.string() });

/**
 * A worker slot that is taken (accounts/<account>/slots/<n>.json). It is free again when the engine that took it and the worker's
 * supervisor are both gone; `worker` is null until the supervisor is known. Not strict, as above.
 */
export const slotLeaseSchema = z.object({
  v: z.literal(1),
  engine: processIdentitySchema,
  worker: processIdentitySchema.nullable(),
  project: z.string(),
  task: z.string(),
  at: z.string(),
  token: z.string(),
});

export type ProcessIdentity = z.infer<typeof processIdentitySchema>;
export type EngineLock = z.infer<typeof engineLockSchema>;
export type SlotLease = z.infer<typeof slotLeaseSchema>;
