import * as z from "zod";

/** One verify command in the engine's own run. */
export const verifyResultSchema = z.strictObject({
  criterion: z.string(),
  command: z.string(),
  kind: z.enum(["passed", "failed", "timed-out", "cannot-run"]),
  /** null when it did not end by itself. */
  exitCode: z.number().nullable(),
  durationMs: z.number(),
  /** Last part of stdout + stderr, at most 4,000 characters. */
  tail: z.string(),
  /** File with the whole (bounded) output. */
  log: z.string(),
});

export type VerifyResult = z.infer<typeof verifyResultSchema>;

/** One path of a change, as git names it. `mode` and `link` tell of file mode changes and symlinks. */
export const changedFileSchema = z.strictObject({
  path: z.string(),
  status: z.enum(["added", "modified", "deleted", "renamed", "copied", "mode", "link", "ignored"]),
  /** Old path of a rename or copy. */
  from: z.string().optional(),
});

/** The sealed state of a work tree: what the worker changed, committed by the engine. */
export const candidateSchema = z.strictObject({
  commit: z.string(),
  base: z.string(),
  files: z.array(changedFileSchema),
  insertions: z.number(),
  deletions: z.number(),
});

export type ChangedFile = z.infer<typeof changedFileSchema>;
export type Candidate = z.infer<typeof candidateSchema>;
