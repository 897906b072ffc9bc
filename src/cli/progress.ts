import { formatDuration } from "../kernel/durations.ts";
import { isSettled } from "../app/settled.ts";
import type { TaskResult } from "../model/result.ts";
import type { Output } from "./output.ts";

/** Live progress: one line per change; on a terminal the running tasks are redrawn once a second below. */
export interface Progress {
  show(task: TaskResult): void;
  end(): void;
}

/**
 * Progress on stderr. `endLine`: how the end of a task, or its card, is told in one line; on a terminal that rings the bell too and stands in the
 * title.
 */
export function createProgress(out: Output, endLine: (task: string) => string | null): Progress {
  const running = new Map<string, TaskResult>();
  let drawn = 0;
  const clear = (): void => {
    if (drawn > 0) process.stderr.write(`\u001B[${drawn}A\u001B[0J`);
    drawn = 0;
  };
  const draw = (): void => {
    clear();
    for (const task of running.values()) {
      const elapsed = formatDuration(Date.now() - Date.parse(task.startedAt));
      const tokens = task.usage.inputTokens + task.usage.outputTokens;
      process.stderr.write(
        `  ${task.id}  ${task.waitingFor ?? phaseOf(task)}  ${elapsed}${tokens > 0 ? `  ${tokens} tokens` : ""}\n`,
      );
      drawn += 1;
    }
  };
  const timer = out.live ? setInterval(draw, 1000) : null;
  return {
    show(task) {
      clear();
      const end = isSettled(task) ? endLine(task.id) : null;
      out.note(end ?? `${task.id}  ${describe(task)}`);
      if (out.live && isSettled(task)) process.stderr.write(`${title(`cco: ${task.id} ${task.status}`)}\u0007`);
      if (task.status === "running" || task.status === "waiting") running.set(task.id, task);
      else running.delete(task.id);
      if (out.live) draw();
    },
    end() {
      if (timer !== null) clearInterval(timer);
      clear();
    },
  };
}

function describe(task: TaskResult): string {
  if (task.status === "waiting") return `waiting (${task.waitingFor ?? "next in line"})`;
  if (task.status === "running") return `attempt ${task.attempts}: ${phaseOf(task)}`;
  return task.status;
}

/** Sets the title of a terminal; control characters in it would end it early. */
function title(text: string): string {
  return `\u001B]2;${text.replaceAll(/[^\u0020-\u007E]/g, "?")}\u0007`;
}

function phaseOf({ phase, step }: TaskResult): string {
  return step === undefined ? phase : `${phase}, step ${step.n} of ${step.of} (${step.text})`;
}
