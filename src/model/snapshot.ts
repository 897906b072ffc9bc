import * as z from "zod";
import { noticesSchema } from "./event.ts";
import { taskSchema } from "./task-schema.ts";

/**
 * The fold of the journal up to line `seq`, so that a start does not read what came before. `tasks`: every open task, and the ended
 * ones that are still at hand; all others that have ended are kept in `tasks/<id>/task.json`.
 */
export const snapshotSchema = z.strictObject({
  v: z.literal(1),
  /** Version of the cco that folded: another one may fold differently and reads the journal itself. */
  by: z.string(),
  seq: z.int().positive(),
  tasks: z.array(taskSchema),
  /** Ids of the open tasks, in their order. */
  open: z.array(z.string()),
  /** Commands from the inbox that are in the journal, oldest first. */
  commands: z.array(z.string()),
  notices: noticesSchema,
  /** Place of the last line of every file that follows from the journal, by its path: one that ends before it has lost lines. */
  lines: z.record(z.string(), z.strictObject({ seq: z.int().nonnegative(), part: z.int().nonnegative() })),
});

/** An ended task that has left the world (`tasks/<id>/task.json`): what the journal up to line `seq` says of it. */
export const keptTaskSchema = z.strictObject({ v: z.literal(1), seq: z.int().positive(), task: taskSchema });

export type Snapshot = z.infer<typeof snapshotSchema>;
export type KeptTask = z.infer<typeof keptTaskSchema>;
