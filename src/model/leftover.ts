import * as z from "zod";

/** What an attempt that was cut short left for the next session. Texts are bounded and hold no secret. */
export const leftoverSchema = z.strictObject({
  /** A few lines to go on from, below 400 tokens; also `digest.md` of the attempt. */
  digest: z.string(),
  /** Names the content of the work tree, so that two of them can be compared; null when it could not be read. */
  tree: z.string().nullable(),
  /** Steps of the worker's own plan that were done, and those that were open, in their order. */
  completed: z.array(z.string()),
  open: z.array(z.string()),
});

export type Leftover = z.infer<typeof leftoverSchema>;

/** What a worker said and did in an attempt, as its adapter read it: bounded, secrets still in it. */
export interface WorkerProgress {
  /** Its last messages, oldest first. */
  readonly messages: readonly string[];
  /** Its plan as it stood last; empty when it made none. */
  readonly plan: readonly { readonly text: string; readonly completed: boolean }[];
  /** Commands that ended red and were not green later, oldest first. */
  readonly failed: readonly { readonly command: string; readonly exitCode: number; readonly output: string }[];
  /** The command that had not ended; null when there was none. */
  readonly underWay: string | null;
}
