import * as z from "zod";
import { readJsonl } from "../../process/jsonl.ts";
import { countFiles, READ_KINDS, type ReadKind } from "../economy/count-read.ts";
import type { Project } from "../project.ts";

/** Bytes that make a token, on the safe side; measured tokenizers need about 4 in English. */
const BYTES_PER_TOKEN = 3.5;

const MAX_LINE_BYTES = 4096;

const readSchema = z.object({
  at: z.string(),
  kind: z.enum(READ_KINDS),
  task: z.string().nullable(),
  bytes: z.number(),
});

/** What Claude has read for a task (null: for none), in tokens by kind; estimates. */
export interface ReadSum {
  readonly task: string | null;
  readonly reads: number;
  readonly tokens: Readonly<Record<ReadKind, number>>;
}

/** Everything that is noted, by task, and since when; `since` null: nothing is. */
export async function sumReads(
  project: Project,
): Promise<{ readonly since: string | null; readonly sums: readonly ReadSum[] }> {
  const sums = new Map<string | null, { reads: number; bytes: Record<ReadKind, number> }>();
  let since: string | null = null;
  for (const file of countFiles(project)) {
    for await (const frame of readJsonl(file, MAX_LINE_BYTES)) {
      const read = frame.kind === "record" ? readSchema.safeParse(frame.value).data : undefined;
      if (read === undefined) continue;
      since ??= read.at;
      const sum = sums.get(read.task) ?? { reads: 0, bytes: { mcp: 0, hook: 0, cli: 0 } };
      sum.reads += 1;
      sum.bytes[read.kind] += read.bytes;
      sums.set(read.task, sum);
    }
  }
  const tokens = (bytes: number): number => Math.ceil(bytes / BYTES_PER_TOKEN);
  return {
    since,
    sums: [...sums].map(([task, { reads, bytes }]) => ({
      task,
      reads,
      tokens: { mcp: tokens(bytes.mcp), hook: tokens(bytes.hook), cli: tokens(bytes.cli) },
    })),
  };
}
