import { appendFileSync, existsSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { systemCode } from "../kernel/errors.ts";
import { readJsonl } from "../process/jsonl.ts";
import type { Project } from "./project.ts";

/** What Claude reads of cco: answers of MCP tools, texts of hooks, the output of commands that Claude runs. */
export const READ_KINDS = ["mcp", "hook", "cli"] as const;
export type ReadKind = (typeof READ_KINDS)[number];

/** Two files of this size at most: what is older than both is forgotten. */
const FILE_BYTES = 512 * 1024;

/** Bytes that make a token, on the safe side; measured tokenizers need about 4 in English. */
const BYTES_PER_TOKEN = 3.5;

const MAX_LINE_BYTES = 4096;

const readSchema = z.object({
  at: z.string(),
  kind: z.enum(READ_KINDS),
  task: z.string().nullable(),
  bytes: z.number(),
});

/**
 * Notes that Claude has to read this many bytes, for a task or for none. One short line is appended, so that several processes may do it
 * at once. Without a blackboard, and where it cannot be written, nothing is noted: counting never fails what is counted.
 */
export function countRead(project: Project, kind: ReadKind, bytes: number, task: string | null = null): void {
  if (bytes <= 0 || !existsSync(project.board)) return;
  const file = join(project.board, "reads.jsonl");
  try {
    if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) >= FILE_BYTES) renameSync(file, oldFile(project));
    appendFileSync(file, `${JSON.stringify({ at: new Date().toISOString(), kind, task, bytes })}\n`);
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
  }
}

function oldFile(project: Project): string {
  return join(project.board, "reads.old.jsonl");
}

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
  for (const file of [oldFile(project), join(project.board, "reads.jsonl")]) {
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
