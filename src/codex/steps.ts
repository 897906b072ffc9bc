import { Buffer } from "node:buffer";
import type { FileHandle } from "node:fs/promises";
import { parseJson } from "../kernel/json.ts";
import { firstLine } from "../kernel/text.ts";
import type { Step } from "../model/event.ts";
import { openIfThere } from "../process/open-if-there.ts";
import { attemptFiles } from "./attempt-files.ts";
import { parseEvent } from "./events.ts";

/** Read at one look, in bytes: a worker that prints more is followed a little later. */
const LOOK_BYTES = 8 * 1024 * 1024;
const READ_BYTES = 256 * 1024;
/** Longest line that may be a plan: 100 steps of some words; longer ones are outputs. */
const LINE_BYTES = 256 * 1024;
const MOST_STEPS = 200;
/** Attempts that are remembered between two looks. */
const MOST_FOLLOWED = 64;

const LF = 10;

interface Follow {
  offset: number;
  /** Begin of a line that was not whole yet; null while the rest of one that is too long is passed over. */
  rest: Buffer | null;
  readonly steps: Step[];
}

/**
 * Follows the plans of workers through their event streams, each look from where the last one ended. 0.124 and later announce
 * `todo_list` items whenever the plan changes.
 */
export function followSteps(): (dir: string) => Promise<readonly Step[]> {
  const followed = new Map<string, Follow>();
  return async (dir) => {
    const follow = followed.get(dir) ?? { offset: 0, rest: Buffer.alloc(0), steps: [] };
    followed.delete(dir);
    followed.set(dir, follow);
    for (const oldest of followed.keys()) if (followed.size > MOST_FOLLOWED) followed.delete(oldest);
    const file = await openIfThere(attemptFiles(dir).events);
    if (file === null) return follow.steps;
    try {
      await readOn(file, follow);
    } finally {
      await file.close();
    }
    return follow.steps;
  };
}

async function readOn(file: FileHandle, follow: Follow): Promise<void> {
  const until = follow.offset + LOOK_BYTES;
  while (follow.offset < until) {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(READ_BYTES), 0, READ_BYTES, follow.offset);
    if (bytesRead === 0) return;
    follow.offset += bytesRead;
    takeBytes(follow, buffer.subarray(0, bytesRead));
  }
}

function takeBytes(follow: Follow, bytes: Buffer): void {
  let from = 0;
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, from)) {
    const part = bytes.subarray(from, at);
    from = at + 1;
    if (follow.rest !== null && follow.rest.length + part.length <= LINE_BYTES)
      takeLine(follow, follow.rest.length === 0 ? part : Buffer.concat([follow.rest, part]));
    follow.rest = Buffer.alloc(0);
  }
  const rest = bytes.subarray(from);
  const fits = follow.rest !== null && follow.rest.length + rest.length <= LINE_BYTES;
  follow.rest = fits && follow.rest !== null ? Buffer.concat([follow.rest, rest]) : null;
}

function takeLine({ steps }: Follow, line: Buffer): void {
  // Cheaper than parsing every line of what may be hundreds of megabytes.
  if (!line.includes('"todo_list"') || steps.length >= MOST_STEPS) return;
  const event = parseEvent(parseJson(line.toString("utf8")));
  if (event.type !== "item.started" && event.type !== "item.updated" && event.type !== "item.completed") return;
  if (event.item.type !== "todo_list") return;
  const step = stepOf(event.item.items);
  const last = steps.at(-1);
  if (step !== null && (last?.n !== step.n || last.of !== step.of)) steps.push(step);
}

/** The step that a plan is at: the first open one, or the last when all are done; null for an empty plan. */
function stepOf(plan: readonly { readonly text: string; readonly completed: boolean }[]): Step | null {
  if (plan.length === 0) return null;
  const open = plan.findIndex((entry) => !entry.completed);
  const at = open < 0 ? plan.length - 1 : open;
  return { n: at + 1, of: plan.length, text: firstLine(plan[at]?.text ?? "", 120) };
}
