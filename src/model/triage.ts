import * as z from "zod";

/** What a failure inside the sandbox can be; `other`: the sandbox is not the cause. */
export const TRIAGE_KINDS = ["path", "network", "policy", "sandbox-cannot-start", "other"] as const;

/** A line of a log that proves something; `line` counts from 1. */
const evidenceSchema = z.strictObject({
  file: z.string(),
  line: z.number(),
  text: z.string(),
  /** The denied command; empty for an edit. */
  command: z.string(),
});

/** `cco.triage/1`. */
export const triageResultSchema = z.strictObject({
  schema: z.literal("cco.triage/1"),
  source: z.strictObject({
    name: z.string(),
    /** How the log was read. */
    form: z.enum(["exec-jsonl", "rollout", "text"]),
    /** Version of Codex where the log names it. */
    codex: z.string().nullable(),
    commands: z.number(),
  }),
  kind: z.enum(TRIAGE_KINDS),
  /** Error code of the kind; null for `other`. */
  code: z.string().nullable(),
  why: z.string(),
  evidence: evidenceSchema.nullable(),
  /** The smallest change: a line of the envelope, and the flag or setting for Codex by hand. */
  fix: z.strictObject({ envelope: z.string(), codex: z.string().nullable() }).nullable(),
  /** What was denied and did not matter. */
  notes: z.array(evidenceSchema.extend({ kind: z.enum(TRIAGE_KINDS), why: z.string() })),
});

export type TriageResult = z.infer<typeof triageResultSchema>;
export type TriageKind = (typeof TRIAGE_KINDS)[number];
