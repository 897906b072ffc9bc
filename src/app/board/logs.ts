import { existsSync } from "node:fs";
import { join } from "node:path";
import { folderNumber } from "../../kernel/ids.ts";
import { CcoError } from "../../kernel/errors.ts";
import type { TaskResult } from "../../model/result.ts";
import { parseEvent } from "../../codex/session/events.ts";
import { describeEvent } from "../../codex/session/log-lines.ts";
import { makeJsonlFramer } from "../../process/jsonl.ts";
import { printable } from "./last-report.ts";
import { redactSecrets } from "../redact.ts";

/** The worker's event file of an attempt (default: the last). Throws USAGE for an attempt that was not. */
export function eventsFile(task: TaskResult, attempt: number | undefined): string {
  const number = attempt ?? task.attempts;
  const file = join(task.paths.task, "attempts", folderNumber(number), "events.jsonl");
  if (number >= 1 && number <= task.attempts && existsSync(file)) return file;
  if (task.attempts === 0)
    throw new CcoError("USAGE", `${task.id} has not started yet`, { hint: `cco status ${task.id}` });
  throw new CcoError("USAGE", `${task.id} has no log of attempt ${number}`, {
    hint: `attempts: 1 to ${task.attempts}`,
  });
}

/** Largest line of the worker's log that is read, in bytes: events reach 1.1 MB. */
const LINE_LIMIT_BYTES = 4 * 1024 * 1024;

/** Turns chunks of events.jsonl into readable lines, secrets and control characters removed. */
export function createLogReader(): { read(chunk: Uint8Array): string[] } {
  const framer = makeJsonlFramer(LINE_LIMIT_BYTES);
  return {
    read(chunk) {
      const lines: string[] = [];
      for (const frame of framer.push(chunk)) {
        if (frame.kind === "record") lines.push(...describeEvent(parseEvent(frame.value)));
        else if (frame.kind === "noise") lines.push(frame.text);
        else lines.push(`[a line of ${frame.bytes} bytes left out]`);
      }
      return lines.map((line) => printable(redactSecrets(line)));
    },
  };
}
