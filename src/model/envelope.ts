import * as z from "zod";
import { isTaskId } from "../kernel/ids.ts";

/** The limits that a task may not exceed; absent = the configured default. Minutes may be fractions. */
export const budgetSchema = z.strictObject({
  toolCalls: z.int().positive().optional(),
  tokens: z.int().positive().optional(),
  usd: z.number().positive().optional(),
  minutes: z.number().positive().optional(),
});

/** One thing the worker has to read: a path and one line, never contents. */
const inputSchema = z.strictObject({ path: z.string().min(1), note: z.string().optional() });

/** One acceptance criterion; `verify` is a command that the engine itself runs in the sandbox. */
export const criterionSchema = z.strictObject({
  text: z.string().min(1),
  verify: z.string().min(1).optional(),
  /** The command listens on or connects to localhost. Network off blocks loopback too, so it must be declared. */
  loopback: z.boolean().optional(),
});

export const SIZES = ["light", "full", "handoff"] as const;
export const RISKS = ["low", "medium", "high"] as const;
export const ROLES = ["researcher", "coder", "reviewer", "devops"] as const;
export const LANES = ["worktree", "local", "cloud", "attached"] as const;
export const EFFORTS = ["auto", "low", "medium", "high", "xhigh"] as const;

/** Body sections of a structured handoff, by the property that holds them. */
export const SECTION_TITLES = {
  context: "Context",
  interface: "Interface contract",
  antiPatterns: "Anti-patterns",
  checklist: "Review checklist",
  dataIntegrity: "Data integrity requirements",
} as const;

/** Free text of the body, by section; a section that is not there is absent. */
const sectionsSchema = z.strictObject({
  context: z.string().optional(),
  interface: z.string().optional(),
  antiPatterns: z.string().optional(),
  checklist: z.string().optional(),
  dataIntegrity: z.string().optional(),
});

/** The one model of an envelope, whichever form it was written in (contract, "Envelope"). Defaults are filled in. */
export const envelopeSchema = z.strictObject({
  task: z.string().refine(isTaskId, "not a task id"),
  goal: z.string().min(1),
  size: z.enum(SIZES),
  risk: z.enum(RISKS),
  role: z.enum(ROLES),
  lane: z.enum(LANES),
  after: z.array(z.string()),
  inputs: z.array(inputSchema),
  acceptance: z.array(criterionSchema),
  /** Glob patterns of what may change; empty = only `output.path` (light) or nothing. */
  write: z.array(z.string()),
  allow: z.array(z.string()),
  forbid: z.array(z.string()),
  network: z.boolean(),
  effort: z.enum(EFFORTS),
  budget: budgetSchema,
  checkpoint: z.string().nullable(),
  stop: z.array(z.string()),
  output: z.strictObject({ path: z.string().min(1), format: z.string().optional() }).nullable(),
  reviewers: z.int().min(0).max(2),
  sections: sectionsSchema,
});

export type Envelope = z.infer<typeof envelopeSchema>;
export type Criterion = z.infer<typeof criterionSchema>;
export type Budget = z.infer<typeof budgetSchema>;
export type Lane = (typeof LANES)[number];
export type Effort = (typeof EFFORTS)[number];

/** What an envelope says that names nothing but its task and its goal. */
const UNSAID: Envelope = {
  task: "",
  goal: "",
  size: "full",
  risk: "low",
  role: "coder",
  lane: "worktree",
  after: [],
  inputs: [],
  acceptance: [],
  write: [],
  allow: [],
  forbid: [],
  network: false,
  effort: "auto",
  budget: {},
  checkpoint: null,
  stop: [],
  output: null,
  reviewers: 1,
  sections: {},
};

/** An envelope of what is given, with the default of everything else. */
export function makeEnvelope(given: Partial<Envelope>): Envelope {
  return { ...UNSAID, ...given };
}

/** One remark of the envelope lint. `line` is 1-based in the file, 1 when it concerns the whole. */
export interface LintFinding {
  readonly file: string;
  readonly line: number;
  readonly rule: string;
  readonly severity: "error" | "warning" | "info";
  readonly message: string;
  readonly hint: string;
}

/** Paths and globs that the task may change: its write scope, and its output. */
export function writeScopeOf(envelope: Envelope): string[] {
  const output = envelope.output === null ? [] : [envelope.output.path];
  return [...new Set([...envelope.write, ...output])];
}

/** True when the task has to leave a changed file behind: everything that may write, unless it only researches. */
export function mustChangeFiles(envelope: Envelope): boolean {
  return envelope.role !== "researcher" && envelope.role !== "reviewer" && writeScopeOf(envelope).length > 0;
}
