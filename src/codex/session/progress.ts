import type { WorkerProgress } from "../../model/leftover.ts";
import { activityFileSchema, attemptFiles, type ActivityFile } from "../attempt-files.ts";
import { readStateFile } from "../state-file.ts";
import { commandOutput } from "./tool-call.ts";

const NOTHING: WorkerProgress = { messages: [], plan: [], failed: [], underWay: null };

/** Most red commands that are told. */
const MAX_FAILED = 5;

/** What the worker of a collected attempt said and did; nothing when the attempt left no trace. */
export async function readProgress(dir: string): Promise<WorkerProgress> {
  const activity = readStateFile(attemptFiles(dir).activity, activityFileSchema);
  return activity === null ? NOTHING : progressOf(activity);
}

function progressOf({ calls, todo, messages }: ActivityFile): WorkerProgress {
  const failed = new Map<string, WorkerProgress["failed"][number]>();
  for (const call of calls) {
    const command = call.commands.join("; ");
    // Whatever was red and then green is no news for the next session.
    failed.delete(command);
    if (command !== "" && call.exitCode !== null && call.exitCode !== 0)
      failed.set(command, { command, exitCode: call.exitCode, output: commandOutput(call.output) });
  }
  const last = calls.at(-1);
  const underWay = last !== undefined && last.exitCode === null ? last.commands.join("; ") : "";
  return {
    messages,
    plan: todo,
    failed: [...failed.values()].slice(-MAX_FAILED),
    underWay: underWay === "" ? null : underWay,
  };
}
