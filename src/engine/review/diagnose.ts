import { NO_USAGE } from "../../model/outcome.ts";
import type { Fact } from "../../model/record.ts";
import type { Task } from "../../model/task.ts";
import { redact } from "../../guard/secrets.ts";
import { tailOf } from "../../kernel/text.ts";
import { planParts } from "../../decide/review/parts.ts";
import type { EffectContext } from "../deps.ts";
import { limitsOf, subjectOf, toolsOf } from "./review.ts";
import { type Asking, openPurse, paid, questionOf, spent } from "./questions.ts";

/** Bytes of the change and characters of the history that an expert is shown. */
const DIFF_BYTES = 400_000;
const HISTORY_LIMIT = 20_000;

/** Asks an expert why the review does not move; without an answer the loop goes on without one. */
export async function diagnoseStall(context: EffectContext): Promise<readonly Fact[]> {
  const { task, deps } = context;
  const { state } = task;
  const subject = subjectOf(context);
  if (state.at !== "reviewed" || state.feedback === null || subject === null) return [];
  const round = task.rounds.length;
  const dir = deps.board.paths.review(task.id, round);
  const [tools, limits] = [toolsOf(context), limitsOf(context)];
  const asking: Asking = { tools, subject, limits, round, dir, purse: openPurse(tools, limits) };
  const range = { base: subject.base, commit: subject.commit };
  const diff = await deps.repo.writeDiff(subject.place, range, `${dir}/diff.patch`, DIFF_BYTES);
  const about = { type: "diagnosis.ended", task: task.id, attempt: state.attempt, round } as const;
  const question = questionOf(asking, planParts(diff).leftOut.length > 0 ? written(diff) : diff);
  if (question === null) return [{ ...about, diagnosis: null, usage: NO_USAGE, calls: [], failure: null }];
  const order = { ...question, history: historyOf(task, state.feedback) };
  const answer = await paid(asking, "expert", deps.reviewer.diagnose(order, context.signal));
  const cost = { usage: spent(asking.purse), calls: asking.purse.calls };
  if (answer.ok) {
    const { diagnosis, cause, advice } = answer.value;
    return [
      { ...about, diagnosis: { diagnosis: redact(diagnosis), cause, advice: redact(advice) }, ...cost, failure: null },
    ];
  }
  const { usage: _usage, model: _model, ...failure } = answer.error;
  deps.log.warn(`no diagnosis for ${task.id}: ${failure.message}`);
  return [{ ...about, diagnosis: null, ...cost, failure }];
}

/** The change without generated files. */
function written(diff: string): string {
  return planParts(diff)
    .parts.map((part) => part.diff)
    .join("");
}

/** Rounds and what failed in each, then the evidence of the last one. */
function historyOf(task: Task, feedback: string): string {
  const rounds = task.rounds.map(({ round, challenges, change }) => {
    const lines = challenges.map(({ ruling, claim, reason }) => `- ${ruling}: ${claim} (${reason})`);
    return `Round ${round}, change ${change ?? "unknown"}:\n${lines.join("\n") || "- no challenge"}`;
  });
  return tailOf(`${rounds.join("\n\n")}\n\nEvidence of the last round:\n${feedback}`, HISTORY_LIMIT);
}
