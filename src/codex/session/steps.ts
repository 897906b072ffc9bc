import type { Buffer } from "node:buffer";
import { parseJson } from "../../kernel/json.ts";
import { firstLine } from "../../kernel/text.ts";
import type { Step } from "../../model/step.ts";
import { followLines, type LineFollower } from "../../process/follow-lines.ts";
import { attemptFiles } from "../attempt-files.ts";
import { parseEvent } from "./events.ts";

/** Longest line that may be a plan: 100 steps of some words; longer ones are outputs. */
const LINE_BYTES = 256 * 1024;
const MOST_STEPS = 200;
/** Attempts that are remembered between two looks. */
const MOST_FOLLOWED = 64;

interface Follow {
  readonly lines: LineFollower;
  readonly steps: Step[];
}

/**
 * Follows the plans of workers through their event streams, each look from where the last one ended. 0.124 and later announce
 * `todo_list` items whenever the plan changes.
 */
export function followSteps(): (dir: string) => Promise<readonly Step[]> {
  const followed = new Map<string, Follow>();
  return async (dir) => {
    const follow = followed.get(dir) ?? { lines: followLines(LINE_BYTES), steps: [] };
    followed.delete(dir);
    followed.set(dir, follow);
    for (const oldest of followed.keys()) if (followed.size > MOST_FOLLOWED) followed.delete(oldest);
    await follow.lines.read(attemptFiles(dir).events, (line) => takeLine(follow, line));
    return follow.steps;
  };
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
