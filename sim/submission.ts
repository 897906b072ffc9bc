import type { Command } from "../src/model/command.ts";
import { type Envelope, makeEnvelope } from "../src/model/envelope.ts";
import type { Base } from "../src/model/options.ts";
import type { PlannedTask } from "./plan.ts";

/** The file that a task's worker has to write, and that no other task writes. */
export function fileOf(task: string): string {
  return `src/${task}.txt`;
}

/** The verify command of a task. */
export function checkOf(task: PlannedTask): string {
  const alone = task.clash === null ? "" : ` !${fileOf(task.clash)}`;
  return `check ${fileOf(task.id)}=good${alone}`;
}

/** The command that submits tasks as one run. */
export function submitCommand(run: string, base: Base, tasks: readonly PlannedTask[]): Command {
  const onBranch = tasks.every((task) => task.onBranch);
  return {
    v: 1,
    type: "submit",
    run,
    base: onBranch ? base : { ...base, branch: null },
    tasks: tasks.map((task) => ({
      envelope: envelopeOf(task),
      source: `# ${task.id}\n`,
      options: { lane: task.lane, effort: "auto", review: task.review, merge: task.merge, allowDirty: true },
    })),
  };
}

function envelopeOf(task: PlannedTask): Envelope {
  return makeEnvelope({
    task: task.id,
    goal: `Write ${fileOf(task.id)}.`,
    size: isHandoff(task.id) ? "handoff" : "full",
    risk: "medium",
    lane: task.lane,
    after: [...task.after],
    acceptance: [{ text: "it works", verify: checkOf(task) }],
    write: [fileOf(task.id), "shared"],
    budget: task.minutes === null ? {} : { minutes: task.minutes },
    stop: ["it is impossible"],
  });
}

/** Every third order is attacked before its work. */
function isHandoff(id: string): boolean {
  return Number(id.replace(/\D/g, "")) % 3 === 0;
}
