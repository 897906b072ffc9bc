import type { TaskResult } from "../model/result.ts";
import type { Output, Style } from "./output.ts";

const COLOURS: Readonly<Record<TaskResult["status"], Style>> = {
  accepted: "green",
  failed: "red",
  blocked: "yellow",
  dead: "red",
  cancelled: "yellow",
  running: "cyan",
  waiting: "dim",
};

/** Prints what became of tasks: one block each, verdict first. */
export function showTasks(out: Output, tasks: readonly TaskResult[]): void {
  for (const task of tasks) showTask(out, task);
}

/** Prints one task: verdict, what speaks for or against it, what to do next. */
export function showTask(out: Output, task: TaskResult): void {
  out.line(`${out.paint(COLOURS[task.status], task.status.padEnd(9))} ${out.paint("bold", task.id)}  ${task.summary}`);
  const green = task.verification.filter((check) => check.exitCode === 0).length;
  if (task.verification.length > 0) out.line(`  checks    ${green} of ${task.verification.length} green`);
  if (task.review !== null) {
    const { rounds, valid, partial, noise } = task.review;
    out.line(`  review    ${rounds} round(s): ${valid} valid, ${partial} partial, ${noise} noise`);
  }
  if (task.commit !== null)
    out.line(`  commit    ${task.commit.slice(0, 12)}${task.branch === null ? "" : ` (${task.branch})`}`);
  if (task.waitingFor !== undefined) out.line(`  waits for ${task.waitingFor}`);
  if (task.error !== null) {
    out.line(`  why       ${task.error.class}, attempt ${task.error.attempt ?? task.attempts}`);
    if (task.error.evidence !== null) out.line(`  evidence  ${task.error.evidence.split("\n", 1)[0] ?? ""}`);
    out.line(`  next      ${task.error.next}`);
  }
  for (const { attempt, what } of task.tried ?? []) out.line(`  tried     after attempt ${attempt}: ${what}`);
  if (task.card !== undefined) out.line(`  decide    cco decide ${task.card}`);
}
