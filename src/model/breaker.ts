import * as z from "zod";
import { processIdentitySchema } from "./lease.ts";

/** Who asks to pass a breaker: one step of one task. `project`: absolute path. `step`: `attempt 2`, `review 1`. */
export const breakerHolderSchema = z.object({ project: z.string(), task: z.string(), step: z.string() });

/** The one call that a half-open breaker has let through. It is free again when engine and worker are both gone. */
const probeSchema = z.object({
  ...breakerHolderSchema.shape,
  engine: processIdentitySchema,
  worker: processIdentitySchema.nullable(),
});

/** Why it opened: in words, and the signature of the error that it saw last. */
const openedBy = { why: z.string(), signature: z.string() };

/** Where a breaker stands. Each state carries only what it has. Times are ISO 8601. */
export const breakerStateSchema = z.discriminatedUnion("at", [
  z.object({
    at: z.literal("closed"),
    /** When it closed last; null when it was never open. */
    since: z.string().nullable(),
    /** Times of the tripping failures in a row. */
    failures: z.array(z.string()),
    /** The error that came last, and how often it came in a row. */
    same: z.object({ signature: z.string(), count: z.number() }).nullable(),
  }),
  z.object({
    at: z.literal("open"),
    since: z.string(),
    /** From then on one call may try. */
    until: z.string(),
    cooldownSeconds: z.number(),
    ...openedBy,
  }),
  z.object({
    at: z.literal("half-open"),
    since: z.string(),
    cooldownSeconds: z.number(),
    ...openedBy,
    probe: probeSchema.nullable(),
  }),
]);

/** `accounts/<account>/breaker.json` in the user's state folder. Not strict: one of a later version with more keys still counts. */
export const breakerSchema = z.object({
  v: z.literal(1),
  state: breakerStateSchema,
  /** Outcomes that were taken in, the latest last; one that a crash has reported twice counts once. */
  reported: z.array(z.string()),
  /** Unique per writing, so that a content never comes back. */
  token: z.string(),
});

export type BreakerHolder = z.infer<typeof breakerHolderSchema>;
export type BreakerProbe = z.infer<typeof probeSchema>;
export type BreakerState = z.infer<typeof breakerStateSchema>;
export type Breaker = z.infer<typeof breakerSchema>;

/** How a breaker looks to somebody who would like to pass. Times are Unix ms. */
export type BreakerLook =
  | { readonly kind: "closed"; readonly closedMs: number | null }
  | { readonly kind: "open"; readonly untilMs: number; readonly why: string }
  /** The cooldown is over and nobody tries: the next one is the probe. */
  | { readonly kind: "due"; readonly why: string }
  | { readonly kind: "probing"; readonly by: string; readonly why: string };

/** What a call that has ended says about its provider. `none`: nothing, it was ended by something else. */
export type BreakerOutcome =
  | { readonly kind: "good" }
  | { readonly kind: "none" }
  | { readonly kind: "bad"; readonly code: string; readonly signature: string; readonly trips: boolean };

/** A breaker as faces show it (`breakers` of `cco.status/1`, `cco.breaker/1`). Times are ISO 8601. */
export const shownBreakerSchema = z.strictObject({
  name: z.string(),
  state: z.enum(["closed", "open", "half-open"]),
  since: z.string().nullable(),
  /** When the next probe may start; null unless open. */
  until: z.string().nullable(),
  cooldownSeconds: z.number().nullable(),
  why: z.string().nullable(),
  /** Who probes; null when nobody does. */
  probe: breakerHolderSchema.nullable(),
});

export type ShownBreaker = z.infer<typeof shownBreakerSchema>;
