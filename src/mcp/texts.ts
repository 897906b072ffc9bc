import type { Card } from "../model/card.ts";
import type { TaskResult } from "../model/result.ts";
import type { CcoError } from "../kernel/errors.ts";
import { firstLine } from "../kernel/text.ts";
import { printable } from "../app/board/last-report.ts";
import { isSettled } from "../app/board/settled.ts";

/** Most bytes of an answer; whoever wants more reads the file that it names. */
const ANSWER_BYTES = 1000;

/** Lines of an answer. The last of them is the next step: it stays when others have to go. */
export function answer(lines: readonly string[], next: string): string {
  const end = `next: ${line(next, 300)}`;
  const kept: string[] = [];
  let left = ANSWER_BYTES - Buffer.byteLength(end) - 40;
  for (const [index, line] of lines.entries()) {
    left -= Buffer.byteLength(line) + 1;
    if (left < 0) {
      kept.push(`[${lines.length - index} more lines]`);
      break;
    }
    kept.push(line);
  }
  return [...kept, end].join("\n");
}

/** An error as a tool answers it: code and message, then the next step. */
export function errorAnswer(error: CcoError): string {
  return answer(
    [`${error.code}: ${line(error.message, 400)}`, line(error.why, 200), ...findingLines(error)],
    error.hint,
  );
}

/** What is wrong with an envelope, one line each; the first is the message already. */
function findingLines(error: CcoError): string[] {
  const findings = error.data["findings"];
  if (!Array.isArray(findings)) return [];
  return findings.slice(1).flatMap((finding: unknown) => {
    if (typeof finding !== "object" || finding === null) return [];
    const { file, line: at, severity, message }: Record<string, unknown> = { ...finding };
    return severity === "error" ? [line(`${String(file)}:${String(at)}: ${String(message)}`, 160)] : [];
  });
}

/** One line of foreign text, bounded and safe to show. */
export function line(text: string, limit: number): string {
  return firstLine(printable(text.replaceAll(/\s+/g, " ")), limit);
}

/** One task in one line: what it is now, and why. */
export function taskLine(task: TaskResult): string {
  const { id, status, waitingFor, phase, summary, attempts, error } = task;
  if (status === "running") return `${id}: ${phase}, attempt ${attempts}`;
  if (status === "waiting") return `${id}: waiting${waitingFor === undefined ? "" : ` for ${line(waitingFor, 120)}`}`;
  const why = error === null || summary.startsWith(error.code) ? summary : `${error.code}: ${summary}`;
  return `${id}: ${status}. ${line(why, 160)}`;
}

/** An option without the words for the command line. */
export function optionText(text: string): string {
  return text.replace(" (--note TEXT)", "");
}

/** A card in a few lines: question, choices, what is recommended and what happens without an answer. */
export function cardLines(card: Card, limit: number): string[] {
  return [
    `${card.id} (${card.task === "" ? "all new work" : `task ${card.task}`}): ${line(card.context, limit)}`,
    ...card.options.map(
      ({ letter, text, cons }) => `  ${letter} ${line(optionText(text), 90)} (against: ${line(cons, 60)})`,
    ),
    `  recommended ${card.recommended}: ${line(card.reason, 110)}; risk: ${line(card.risk, 90)}`,
    `  no answer by ${card.deadline.slice(0, 16)}Z: ${card.default}`,
  ];
}

/** How to answer a card that has just been shown. */
export function answerStep({ id, recommended, options }: Card): string {
  const isWords = options.some(({ letter, text }) => letter === recommended && text.includes("--note TEXT"));
  const note = isWords ? ',"note":"your words"' : "";
  return `decide {"card":"${id}","letter":"${recommended}"${note}}, or ask the user which letter`;
}

/** A worker in the attached lane can be told something meanwhile. */
function waitStep({ id, lane, status }: TaskResult): string {
  const steer =
    lane === "attached" && status === "running" ? `; in Bash: cco steer ${id} "TEXT" tells it something` : "";
  return `wait {"tasks":["${id}"]}${steer}`;
}

/** How work that failed is begun again. */
export function retryStep({ id }: TaskResult): string {
  return `in Bash: cco retry ${id} --feedback "what to do differently"`;
}

/** The most useful step after a look at these tasks. What needs somebody comes before what runs. */
export function nextStep(tasks: readonly TaskResult[]): string {
  const held = tasks.find((task) => task.card !== undefined);
  if (held?.card !== undefined) return `decide {"card":"${held.card}"} shows the card; add "letter" to answer it`;
  const failed = tasks.find((task) => task.status === "failed" || task.status === "dead");
  if (failed !== undefined) return `result {"task":"${failed.id}"}, then ${retryStep(failed)}`;
  const paused = tasks.find((task) => task.paused === true);
  if (paused !== undefined) return `retry what ${paused.id} waits for, or cancel {"task":"${paused.id}"}`;
  const open = tasks.filter((task) => !isSettled(task));
  const [only] = open;
  if (only !== undefined) return open.length === 1 ? waitStep(only) : "wait {}";
  const ended = tasks.find((task) => task.status === "accepted");
  return ended === undefined
    ? "dispatch an envelope, when there is more to do"
    : `nothing has to be done; result {"task":"${ended.id}"} shows checks, review and diff`;
}
