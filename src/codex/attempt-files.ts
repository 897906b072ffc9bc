import { join } from "node:path";
import * as z from "zod";

/** Files that the adapter keeps in an attempt folder, besides those of the supervisor. */
export interface AttemptFiles {
  readonly prompt: string;
  readonly events: string;
  readonly stderr: string;
  /** The sidecar. */
  readonly lastMessage: string;
  /** The confinement that was asked for. */
  readonly asked: string;
  /** Digest of what the worker did: commands with results, denials, credit windows. */
  readonly activity: string;
}

/** Names of the files of an attempt. */
export function attemptFiles(dir: string): AttemptFiles {
  return {
    prompt: join(dir, "prompt.md"),
    events: join(dir, "events.jsonl"),
    stderr: join(dir, "stderr.log"),
    lastMessage: join(dir, "last-message.md"),
    asked: join(dir, "asked.json"),
    activity: join(dir, "activity.json"),
  };
}

/** What an attempt was started with; read back when it has ended, whatever is installed by then. */
export const askedSchema = z.strictObject({
  v: z.literal(1),
  version: z.string(),
  /** The user's Codex folder, where the session is. */
  codexHome: z.string(),
  /** Credit account that it works on; absent in what earlier versions wrote. */
  account: z.string().optional(),
  confinement: z.strictObject({
    cwd: z.string(),
    readOnly: z.boolean(),
    network: z.enum(["off", "loopback", "on"]),
    denied: z.array(z.string()),
    protected: z.array(z.string()),
    readOnlyInside: z.array(z.string()),
    profiled: z.boolean(),
    secrets: z.array(z.array(z.string())),
    writable: z.array(z.string()),
    /** When it may ask; absent: never. */
    approval: z.literal("on-request").optional(),
  }),
});
export type Asked = z.infer<typeof askedSchema>;

const windowSchema = z
  .strictObject({ usedPercent: z.number(), windowMinutes: z.number().nullable(), resetsAt: z.number().nullable() })
  .nullable();

/** `activity.json`: what an attempt did, bounded; `resetsAt` in epoch seconds. */
export const activityFileSchema = z.strictObject({
  v: z.literal(1),
  calls: z.array(
    z.strictObject({
      tool: z.string(),
      commands: z.array(z.string()),
      exitCode: z.number().nullable(),
      output: z.string(),
    }),
  ),
  denials: z.array(
    z.strictObject({ kind: z.enum(["path", "network", "policy"]), command: z.string(), line: z.string() }),
  ),
  fileChanges: z.record(z.string(), z.string()),
  todo: z.array(z.strictObject({ text: z.string(), completed: z.boolean() })),
  messages: z.array(z.string()),
  windows: z.strictObject({ primary: windowSchema, secondary: windowSchema }).nullable(),
});
export type ActivityFile = z.infer<typeof activityFileSchema>;
