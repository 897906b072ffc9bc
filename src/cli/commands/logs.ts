import { closeSync, openSync, readSync } from "node:fs";
import { createLogReader, eventsFile } from "../../app/board/logs.ts";
import { requireTask } from "../../app/board/read-board.ts";
import { systemClock } from "../../app/system.ts";
import type { TaskResult } from "../../model/result.ts";
import { type Invocation, isOn, numberOption, textArg } from "../invocation.ts";

/** Time between two looks at a growing log, in ms. */
const FOLLOW_POLL_MS = 200;

/** `cco logs TASK`: the worker's events, readable or raw; `-f` follows until the attempt has ended. */
export async function runLogs(invocation: Invocation): Promise<number> {
  const project = invocation.project();
  const id = textArg(invocation, 0);
  const task = requireTask(project, id);
  const attempt = numberOption(invocation, "attempt", 1);
  const file = eventsFile(task, attempt);
  const followed = attempt ?? task.attempts;
  const stillRuns = (): boolean => {
    const now = requireTask(project, id);
    return now.attempts === followed && now.status === "running" && now.phase === "working";
  };
  await copyLog(file, printer(invocation), isOn(invocation, "follow") ? stillRuns : () => false);
  if (!isOn(invocation, "raw") && !invocation.out.json) tellEnd(invocation, task, followed);
  return 0;
}

function printer(invocation: Invocation): (chunk: Uint8Array) => void {
  if (isOn(invocation, "raw") || invocation.out.json) return (chunk) => void process.stdout.write(chunk);
  const reader = createLogReader();
  return (chunk) => {
    for (const line of reader.read(chunk)) invocation.out.line(line);
  };
}

function tellEnd(invocation: Invocation, task: TaskResult, attempt: number): void {
  if (attempt === task.attempts && task.error !== null)
    invocation.out.note(`${task.error.code}: ${task.error.message}`);
}

/** Copies a file to `print` in chunks; goes on at its end as long as `more` says so. */
async function copyLog(file: string, print: (chunk: Uint8Array) => void, more: () => boolean): Promise<void> {
  const clock = systemClock();
  const fd = openSync(file, "r");
  const buffer = Buffer.alloc(64 * 1024);
  try {
    for (;;) {
      const goOn = more();
      for (let bytes = readSync(fd, buffer); bytes > 0; bytes = readSync(fd, buffer)) {
        print(Buffer.from(buffer.subarray(0, bytes)));
      }
      if (!goOn) return;
      await clock.sleep(FOLLOW_POLL_MS);
    }
  } finally {
    closeSync(fd);
  }
}
