import type { ErrorCode } from "../../kernel/error-table.ts";
import { firstLine } from "../../kernel/text.ts";
import type { Card } from "../../model/card.ts";
import type { CcoEvent, EventTopic, Notices } from "../../model/event.ts";
import type { JournalRecord } from "../../model/record.ts";
import type { Usage } from "../../model/outcome.ts";
import type { Task } from "../../model/task.ts";
import { NEAR_LIMIT, TOPIC_POLICY } from "./tiers.ts";

/** Events and answers that are kept in the fold: far more than any round yields, so that a crash loses none. */
const KEPT_EVENTS = 256;
const KEPT_ANSWERS = 128;

/** Longest line of an event, in characters. */
const LINE = 600;

const SILENT: ErrorCode = "TASK_SILENT";

/** What a topic is told with; the rest follows from record, task and policy. */
interface Draft {
  readonly topic: EventTopic;
  readonly line: string;
  readonly code?: string | null;
  readonly card?: string;
  readonly output?: string | null;
}

/** Notes the events of one journal line that changed a task; in place. A line always yields the same events. */
export function noteEvents(notices: Notices, record: JournalRecord, before: Task, after: Task): void {
  const drafts = [...draftsOf(record, before, after), ...costDraft(before, after)];
  addEvents(notices, record, drafts, after);
  const { fact } = record;
  if (fact.type !== "card.answered" || before.state.at !== "blocked") return;
  noteAnswer(notices, record, before.state.card);
}

/** Keeps how a card was answered; in place. */
export function noteAnswer(notices: Notices, { fact, seq, at }: JournalRecord, { options }: Card): void {
  if (fact.type !== "card.answered") return;
  const { card, task, letter, by, note } = fact;
  const option = options.find((known) => known.letter === letter)?.text ?? "";
  notices.answers.push({ card, task, letter, option, by, note, seq, at });
  notices.answers.splice(0, notices.answers.length - KEPT_ANSWERS);
}

/** Notes that the breaker opened or closed; in place. Told once for each turn. */
export function noteBreaker(notices: Notices, record: JournalRecord): void {
  const { fact } = record;
  if (fact.type !== "breaker.turned" || fact.open === (notices.breakerOpen ?? false)) return;
  notices.breakerOpen = fact.open;
  const draft: Draft = fact.open
    ? { topic: "breaker.opened", line: `The breaker opened, workers wait: ${fact.why}` }
    : { topic: "breaker.closed", line: "The breaker closed, workers start again" };
  addEvents(notices, record, [draft], null);
}

/** Notes events of a line; `task` null: they are about none. In place. */
export function addEvents(notices: Notices, record: JournalRecord, drafts: readonly Draft[], task: Task | null): void {
  for (const [index, draft] of drafts.entries()) notices.events.push(eventOf(record, { task, draft, index }));
  notices.events.splice(0, notices.events.length - KEPT_EVENTS);
}

function eventOf(record: JournalRecord, of: { task: Task | null; draft: Draft; index: number }): CcoEvent {
  const { task, draft, index } = of;
  const step = task?.step;
  return {
    schema: "cco.event/1",
    id: `${record.seq}-${index + 1}`,
    seq: record.seq,
    at: record.at,
    ...TOPIC_POLICY[draft.topic],
    topic: draft.topic,
    line: firstLine(draft.line, LINE),
    task: task?.id ?? null,
    run: task?.run ?? null,
    attempt: task?.attempts.at(-1)?.attempt ?? null,
    step: step === undefined ? null : { n: step.n, of: step.of, text: step.text },
    code: draft.code ?? null,
    card: draft.card ?? null,
    output: draft.output ?? null,
  };
}

function draftsOf({ fact }: JournalRecord, before: Task, after: Task): Draft[] {
  const name = `Task ${after.id}`;
  switch (fact.type) {
    case "attempt.started":
      return [{ topic: "task.started", line: `${name} running: attempt ${fact.attempt}` }];
    case "step.reached":
      return [{ topic: "task.step", line: `${name} running: step ${fact.n} of ${fact.of} (${fact.text})` }];
    case "chunk.ended":
      return [{ topic: "task.chunk", line: `${name} partial: ${chunkText(after)}` }];
    case "retry.decided":
      return [{ topic: "task.retry", line: `${name} running: ${fact.cause}; ${fact.why}`, code: fact.cause }];
    case "verification.ended":
      return fact.failure === null ? phase(name, "verified: its checks are green") : [];
    case "review.ended":
      return fact.failure === null && fact.feedback === null && after !== before ? phase(name, "reviewed") : [];
    case "merge.ended":
      return fact.outcome.kind === "merged" ? phase(name, `merged into ${fact.outcome.branch}`) : [];
    case "event.missing": {
      const line = `${name} FAILED: no event by its deadline: ${fact.why}`;
      return [{ topic: "task.silent", line, code: SILENT }];
    }
    case "card.opened": {
      const { id, default: fallback, deadline, options } = fact.card;
      const letters = options.map((option) => option.letter).join("|");
      const how = `decide: cco decide ${id} ${letters}; without an answer ${fallback} at ${deadline}`;
      return [
        {
          topic: "card.opened",
          line: `${name} blocked: ${fact.card.context}; ${how}`,
          code: fact.failure.code,
          card: id,
        },
      ];
    }
    case "card.answered":
      return [
        {
          topic: "card.answered",
          line: `${name}: ${fact.card} answered ${fact.letter} by ${fact.by}`,
          card: fact.card,
        },
      ];
    case "review.postponed":
      return fact.cause === "breaker"
        ? []
        : [{ topic: "task.retry", line: `${name} running: ${fact.why}`, code: fact.cause }];
    case "task.parked": {
      // Told once; what its sweeps come to is told when it ends.
      if (after.parked?.times !== 1) return [];
      const why = `${fact.failure.code}: ${firstLine(fact.failure.message)}`;
      const next = `parked as a dead letter, tried again at ${fact.retryAfter}`;
      return [{ topic: "task.dead", line: `${name} FAILED: ${why}; ${next}`, code: fact.failure.code }];
    }
    case "task.swept":
      return [{ topic: "task.retry", line: `${name} running: taken up again, ${fact.why}` }];
    case "task.ended":
      return [endDraft(after, fact.status)];
    default:
      return [];
  }
}

function phase(name: string, says: string): Draft[] {
  return [{ topic: "phase.done", line: `${name} ${says}` }];
}

function endDraft(task: Task, status: "accepted" | "failed" | "cancelled" | "dead"): Draft {
  const { state } = task;
  const summary = state.at === "ended" ? state.summary : "";
  const code = state.at === "ended" ? (state.failure?.code ?? null) : null;
  if (status === "accepted") {
    const output = outputOf(task);
    return { topic: "task.completed", line: `Task ${task.id} completed. Output: ${output}. ${summary}`, output };
  }
  const kept = keptText(task);
  const line = `Task ${task.id} FAILED: ${summary}${kept === "" ? "" : `. Partial: ${kept}`}`;
  return { topic: `task.${status}`, line, code };
}

/** Where the work of an accepted task is. */
function outputOf({ envelope, candidate, place, mergedInto }: Task): string {
  const commit = candidate === null || candidate.commit === candidate.base ? null : candidate.commit.slice(0, 12);
  const where = mergedInto ?? place?.branch ?? null;
  const named = [where, commit].filter((part) => part !== null).join(" ");
  if (envelope.output !== null) return named === "" ? envelope.output.path : `${envelope.output.path} (${named})`;
  const files = candidate?.files.length ?? 0;
  const what = files === 1 ? (candidate?.files[0]?.path ?? "1 file") : `${files} files`;
  return named === "" ? what : `${what} (${named})`;
}

/** What is there of a task that did not succeed. */
function keptText({ step, candidate, place }: Task): string {
  const steps = step === undefined ? "" : `at step ${step.n} of ${step.of}`;
  const work = candidate !== null && place !== null && place.branch !== null ? `kept on branch ${place.branch}` : "";
  return [steps, work].filter((part) => part !== "").join(", ");
}

function chunkText({ chunks, left }: Task): string {
  const of = left === null ? 0 : left.completed.length + left.open.length;
  const done = of === 0 ? "the session ended at its soft limit" : `${left?.completed.length ?? 0} of ${of} steps done`;
  return `${done}; goes on in a fresh session (chunk ${chunks.line})`;
}

/** Told once, when the spending of a task first comes near one of its limits. */
function costDraft(before: Task, after: Task): Draft[] {
  if (before.usage === after.usage) return [];
  const share = spentShare(after);
  if (share < NEAR_LIMIT || spentShare(before) >= NEAR_LIMIT) return [];
  const line = `Task ${after.id} has used ${Math.round(share * 100)} % of its budget (${costText(after.usage)})`;
  return [{ topic: "cost.near-limit", line }];
}

/** The largest part of a budget of tokens or money that a task has spent; 0 without such a budget. */
function spentShare({ usage, envelope }: Task): number {
  const { tokens, usd } = envelope.budget;
  const ofTokens = tokens === undefined ? 0 : (usage.inputTokens + usage.outputTokens) / tokens;
  return Math.max(ofTokens, usd === undefined ? 0 : usage.usd / usd);
}

/** What was spent, in words. */
function costText(usage: Usage): string {
  const money = usage.usd > 0 ? `, ${usage.usd.toFixed(2)} USD` : "";
  return `${usage.inputTokens + usage.outputTokens} tokens${money}`;
}
