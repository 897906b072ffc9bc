import * as z from "zod";
import { envelopeSchema } from "./envelope.ts";
import { callSchema } from "./ledger.ts";
import { baseSchema, dispatchOptionsSchema, sessionSchema } from "./options.ts";

/** A task as a face hands it in: the parsed envelope and its text as submitted. */
export const submittedTaskSchema = z.strictObject({
  envelope: envelopeSchema,
  source: z.string(),
  options: dispatchOptionsSchema,
});

/** What a face may ask of the engine; one file in the inbox holds one command. */
export const commandSchema = z.discriminatedUnion("type", [
  z.strictObject({
    v: z.literal(1),
    type: z.literal("submit"),
    run: z.string(),
    base: baseSchema,
    tasks: z.array(submittedTaskSchema).min(1),
    session: sessionSchema,
  }),
  z.strictObject({ v: z.literal(1), type: z.literal("cancel"), task: z.string(), by: z.string() }),
  /** Tells the attached worker of a task something while it works. */
  z.strictObject({ v: z.literal(1), type: z.literal("steer"), task: z.string(), text: z.string(), by: z.string() }),
  z.strictObject({ v: z.literal(1), type: z.literal("drop"), task: z.string(), by: z.string() }),
  z.strictObject({
    v: z.literal(1),
    type: z.literal("retry"),
    task: z.string(),
    feedback: z.string().nullable(),
    by: z.string(),
    session: sessionSchema,
  }),
  z.strictObject({
    v: z.literal(1),
    type: z.literal("answer"),
    card: z.string(),
    letter: z.string(),
    note: z.string(),
    by: z.string(),
  }),
  /** A call of a model that a face has made itself; `task` null: for no task. */
  z.strictObject({ v: z.literal(1), type: z.literal("note-call"), task: z.string().nullable(), call: callSchema }),
]);

export type SubmittedTask = z.infer<typeof submittedTaskSchema>;
export type Command = z.infer<typeof commandSchema>;
