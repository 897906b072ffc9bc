import { endLine } from "../app/board/event-lines.ts";
import type { Project } from "../app/project.ts";
import { isSettled } from "../app/board/settled.ts";
import { windowsInUse } from "../app/economy/windows.ts";
import { formatDuration } from "../kernel/durations.ts";
import type { TaskResult } from "../model/result.ts";
import type { Output } from "./output.ts";
import { usedInWords } from "./window-text.ts";

/** Time between two looks at the credit windows, in ms. */
const WINDOWS_MS = 5000;

/** Live progress: one line per change; on a terminal the running tasks and the windows are redrawn once a second below. */
export interface Progress {
  show(task: TaskResult): void;
  end(): void;
}

/** Progress on stderr. The end of a task, or its card, is one line; on a terminal that rings the bell too and stands in the title. */
export function createProgress(project: Project, out: Output): Progress {
  const running = new Map<string, TaskResult>();
  const said = new Map<string, string>();
  let drawn = 0;
  let windows = "";
  const lookAtWindows = async (): Promise<void> => {
    windows = usedInWords(await windowsInUse());
  };
  const clear = (): void => {
    if (drawn > 0) process.stderr.write(`\u001B[${drawn}A\u001B[0J`);
    drawn = 0;
  };
  const draw = (): void => {
    clear();
    const lines = [...running.values()].map(runningLine);
    if (lines.length > 0 && windows !== "") lines.push(windows);
    // A line that the terminal breaks could not be cleared again.
    const { columns } = process.stderr;
    const width = (columns > 20 ? columns : 80) - 3;
    for (const line of lines)
      process.stderr.write(`  ${line.length > width ? `${line.slice(0, width - 1)}…` : line}\n`);
    drawn = lines.length;
  };
  // What cannot be read of the windows now may be readable in five seconds; the work does not depend on it.
  const look = (): void => void lookAtWindows().catch(() => (windows = ""));
  if (out.live) look();
  const timers = out.live ? [setInterval(draw, 1000), setInterval(look, WINDOWS_MS)] : [];
  return {
    show(task) {
      clear();
      const end = isSettled(task) ? endLine(project, task.id) : null;
      const gist = end ?? gistOf(task);
      if (said.get(task.id) !== gist) out.note(end ?? `${task.id}  ${describe(task)}`);
      said.set(task.id, gist);
      if (out.live && isSettled(task)) process.stderr.write(`${title(`cco: ${task.id} ${task.status}`)}\u0007`);
      if (task.status === "running" || task.status === "waiting") running.set(task.id, task);
      else running.delete(task.id);
      if (out.live) draw();
    },
    end() {
      for (const timer of timers) clearInterval(timer);
      clear();
    },
  };
}

function runningLine(task: TaskResult): string {
  const tokens = task.usage.inputTokens + task.usage.outputTokens;
  const phase = task.waitingFor === undefined ? phaseOf(task) : gistOf(task);
  const parts = [task.id, formatDuration(Date.now() - Date.parse(task.startedAt)), phase];
  return [...parts, ...(tokens > 0 ? [`${tokens} tokens`] : [])].join("  ");
}

function describe(task: TaskResult): string {
  if (task.status === "waiting") return `waiting (${task.waitingFor ?? "next in line"})`;
  if (task.status === "running") return `attempt ${task.attempts}: ${phaseOf(task)}`;
  return task.status;
}

/** What is worth a new line: of a wait its kind and its end, not the numbers in between, which change with every other task. */
function gistOf(task: TaskResult): string {
  const [, kind, until] = /^(\w+):.*(until .*)/s.exec(task.waitingFor ?? "") ?? [];
  return kind === undefined || until === undefined ? describe(task) : `waits for ${kind} ${until}`;
}

/** Sets the title of a terminal; control characters in it would end it early. */
function title(text: string): string {
  return `\u001B]2;${text.replaceAll(/[^\u0020-\u007E]/g, "?")}\u0007`;
}

function phaseOf({ phase, step }: TaskResult): string {
  return step === undefined ? phase : `${phase}, step ${step.n} of ${step.of} (${step.text})`;
}
