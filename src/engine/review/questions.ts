import type { Result } from "../../kernel/result.ts";
import { addUsage, type Failure, NO_USAGE, type Usage } from "../../model/outcome.ts";
import type { Challenge, Findings } from "../../model/review.ts";
import type { Judgment } from "../../model/judgment.ts";
import type { Call } from "../../model/ledger.ts";
import type { PartPlan } from "../../decide/review/parts.ts";
import type { Answer, Question, ReviewFailure } from "../../ports/reviewer.ts";
import type { ReviewLimits, ReviewSubject, ReviewTools } from "./tools.ts";

/** What the questions of one round may still spend. They share one time limit and one sum of money. */
export interface Purse {
  /** Every call that was made, whether it had an answer or not. */
  readonly calls: Call[];
  readonly endsAtMs: number;
  readonly usd: number;
}

/** What has been spent. */
export function spent({ calls }: Purse): Usage {
  return calls.map(({ usage }) => usage).reduce(addUsage, NO_USAGE);
}

/** What the questions of one round have in common. */
export interface Asking {
  readonly tools: ReviewTools;
  readonly subject: ReviewSubject;
  readonly limits: ReviewLimits;
  readonly round: number;
  readonly dir: string;
  readonly purse: Purse;
}

export function openPurse(tools: ReviewTools, limits: ReviewLimits): Purse {
  return { calls: [], endsAtMs: tools.clock.now() + limits.askMs, usd: limits.usd };
}

/** What a review needs to know besides the change. */
export interface ReviewAbout {
  readonly plan: PartPlan;
  readonly reviewers: 1 | 2;
  readonly priorClaims: readonly string[];
  readonly concrete: boolean;
}

/** Asks every reviewer about every part, one after the other; the first that fails ends the round. */
export async function askReviewers(asking: Asking, about: ReviewAbout): Promise<Result<Findings, Failure>> {
  const { plan, reviewers, priorClaims, concrete } = about;
  const summaries: string[] = [];
  const challenges: Challenge[] = [];
  for (const reviewer of reviewers === 2 ? ([1, 2] as const) : ([1] as const)) {
    for (const [index, part] of plan.parts.entries()) {
      const question = questionOf(asking, part.diff);
      if (question === null) return { ok: false, error: usedUp(asking) };
      const order = {
        ...question,
        priorClaims,
        ...(plan.parts.length === 1
          ? {}
          : { part: { number: index + 1, of: plan.parts.length, overview: plan.overview } }),
        ...(plan.leftOut.length === 0 ? {} : { leftOut: plan.leftOut }),
        ...(reviewer === 2 ? { reviewer } : {}),
        ...(concrete ? { concrete } : {}),
      };
      const answer = await paid(asking, "reviewer", asking.tools.reviewer.review(order, asking.tools.signal));
      if (!answer.ok) return { ok: false, error: failureOf(answer.error) };
      summaries.push(answer.value.summary);
      challenges.push(...answer.value.challenges);
    }
  }
  return { ok: true, value: { summary: summaries.join("\n\n"), challenges } };
}

/** What a judge says about challenges that could not be executed, or why nobody said anything. */
export interface JudgeAnswer {
  readonly judgment: Judgment | null;
  readonly why: string;
}

/** Asks a judge in two calls: for a reading of the work, then, with that reading, for rulings. The order is fixed. */
export async function askJudge(asking: Asking, diff: string, challenges: readonly Challenge[]): Promise<JudgeAnswer> {
  const first = questionOf(asking, diff);
  if (first === null) return { judgment: null, why: usedUp(asking).message };
  const reading = await paid(asking, "judge", asking.tools.reviewer.read(first, asking.tools.signal));
  if (!reading.ok) return { judgment: null, why: reading.error.message };
  const second = questionOf(asking, diff);
  if (second === null) return { judgment: null, why: usedUp(asking).message };
  const order = { ...second, reading: reading.value, challenges };
  const judgment = await paid(asking, "judge", asking.tools.reviewer.judge(order, asking.tools.signal));
  return judgment.ok ? { judgment: judgment.value, why: "" } : { judgment: null, why: judgment.error.message };
}

/** The next question, with what is left of time and money; null when nothing is. */
export function questionOf({ tools, subject, limits, round, dir, purse }: Asking, diff: string): Question | null {
  const timeoutMs = purse.endsAtMs - tools.clock.now();
  const usd = purse.usd - spent(purse).usd;
  if (timeoutMs <= 0 || usd <= 0) return null;
  const { task, attempt, envelope, place } = subject;
  return { task, attempt, round, dir, cwd: place.path, envelope, diff, model: limits.model, timeoutMs, usd };
}

/** Waits for an answer and notes what it cost, whether it is one or not. */
export async function paid<T>(
  { purse, tools }: Asking,
  role: Call["role"],
  asked: Promise<Result<Answer<T>, ReviewFailure>>,
): Promise<Result<T, ReviewFailure>> {
  const answer = await asked;
  tools.signal.throwIfAborted();
  const { usage, model } = answer.ok ? answer.value : answer.error;
  purse.calls.push({ role, model, usage, outcome: answer.ok ? "ok" : answer.error.code });
  return answer.ok ? { ok: true, value: answer.value.value } : answer;
}

function failureOf({ usage: _usage, model: _model, ...failure }: ReviewFailure): Failure {
  return failure;
}

function usedUp({ subject, purse, limits }: Asking): Failure {
  const what = spent(purse).usd >= purse.usd ? `its money limit of ${limits.usd} USD` : "its time limit";
  return {
    class: "environment",
    code: "REVIEW_UNAVAILABLE",
    message: `no review: it used up ${what} before every part was read`,
    evidence: null,
    attempt: subject.attempt,
    retryAt: null,
    next: `raise review.usd or review.minutes, then cco retry ${subject.task}`,
  };
}
