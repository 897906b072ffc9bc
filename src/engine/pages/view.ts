import type { Waiting } from "../../decide/admission.ts";
import type { Failure } from "../../model/outcome.ts";
import type { TaskResult, TaskStatus } from "../../model/result.ts";
import type { Task, TaskState } from "../../model/task.ts";
import type { BoardPaths } from "../../ports/blackboard.ts";

/** What a task is doing, in one word, by its state. */
const PHASES: Readonly<Record<TaskState["at"], string>> = {
  queued: "waiting",
  running: "working",
  attempted: "sealing",
  sealed: "verifying",
  verified: "reviewing",
  reviewed: "merging",
  merging: "merging",
  merged: "merging",
  blocked: "blocked",
  "given-up": "ending",
  dead: "parked",
  ended: "ended",
};

/** A change that was convicted waits for an expert's word; every other one that was reviewed is about to be merged. */
function phaseOf(state: TaskState): string {
  return state.at === "reviewed" && state.feedback !== null ? "diagnosing" : PHASES[state.at];
}

/** A task as results show it. `waiting` is the reason of the latest decision, when there is one. */
export function taskResult(task: Task, paths: BoardPaths, waiting: Waiting | undefined): TaskResult {
  const last = task.attempts.at(-1);
  const outcome = last?.outcome ?? null;
  const merged = mergedCommit(task);
  const failure = failureOf(task);
  const lastDir = last === undefined ? null : paths.attempt(task.id, last.attempt);
  return {
    id: task.id,
    status: statusOf(task.state),
    lane: task.options.lane,
    effort: last?.effort ?? task.options.effort,
    branch: task.place?.branch ?? null,
    commit: merged,
    base: task.workBase,
    attempts: task.attempts.length,
    chunks: task.chunks.line,
    signals: outcome === null ? null : { ...outcome.signals },
    report: outcome?.report ?? null,
    verification: task.verification.map(({ criterion, command, exitCode, durationMs }) => ({
      criterion,
      command,
      exitCode,
      durationMs,
    })),
    review: reviewSummary(task),
    error: failure,
    usage: {
      inputTokens: task.usage.inputTokens,
      cachedInputTokens: task.usage.cachedInputTokens,
      outputTokens: task.usage.outputTokens,
      usd: task.usage.usd,
    },
    summary: summaryOf(task, failure),
    paths: {
      task: paths.task(task.id),
      lastMessage: lastDir === null || outcome === null ? null : `${lastDir}/last-message.md`,
      diff: lastDir === null || task.candidate === null ? null : `${lastDir}/diff.patch`,
      worktree: task.place?.path ?? null,
    },
    phase: phaseOf(task.state),
    ...waitOf(task.state, waiting),
    ...(task.tried.length === 0 ? {} : { tried: [...task.tried] }),
    ...(task.state.at === "running" && task.step !== undefined
      ? { step: { n: task.step.n, of: task.step.of, text: task.step.text } }
      : {}),
    run: task.run,
    ...(task.session === undefined ? {} : { session: task.session }),
    startedAt: task.submittedAt,
    updatedAt: task.updatedAt,
  };
}

/** What the task waits for, where it waits for something. */
function waitOf(
  state: TaskState,
  waiting: Waiting | undefined,
): Partial<Pick<TaskResult, "waitingFor" | "paused" | "card">> {
  switch (state.at) {
    case "queued":
      return waiting === undefined ? {} : queuedFor(waiting);
    case "blocked":
      return { waitingFor: `card: ${state.card.id}`, card: state.card.id };
    case "dead":
      return { waitingFor: `dead letter: tried again at ${state.retryAfter}` };
    case "verified":
      return waiting === undefined ? {} : { waitingFor: `${waiting.for}: ${waiting.detail}` };
    default:
      return {};
  }
}

/** The wait of a task that has not started, with the card that could end it. */
function queuedFor(waiting: Waiting): Partial<Pick<TaskResult, "waitingFor" | "paused" | "card">> {
  const card = waiting.for === "budget" && waiting.card !== null ? { card: waiting.card } : {};
  return { waitingFor: `${waiting.for}: ${waiting.detail}`, paused: waiting.paused, ...card };
}

function statusOf(state: TaskState): TaskStatus {
  if (state.at === "ended") return state.status;
  if (state.at === "dead") return "dead";
  if (state.at === "queued") return "waiting";
  return state.at === "blocked" ? "blocked" : "running";
}

function failureOf(task: Task): Failure | null {
  const { state } = task;
  if (state.at === "dead") return { ...state.failure, retryAt: state.retryAfter };
  return state.at === "ended" || state.at === "blocked" || state.at === "given-up" ? state.failure : null;
}

/** Commit that holds the work: on the base when merged, else the candidate. */
function mergedCommit(task: Task): string | null {
  return task.candidate === null || task.candidate.commit === task.candidate.base ? null : task.candidate.commit;
}

function reviewSummary(task: Task): TaskResult["review"] {
  const final = task.rounds.at(-1);
  if (final === undefined) return null;
  const asked = task.rounds.findLast((round) => round.standing === undefined);
  const count = (ruling: string): number =>
    task.rounds.reduce(
      (sum, round) => sum + round.challenges.filter((challenge) => challenge.ruling === ruling).length,
      0,
    );
  return {
    rounds: task.rounds.length,
    valid: count("VALID"),
    partial: count("PARTIAL"),
    noise: count("NOISE"),
    ...(asked === undefined ? {} : { substantiveRate: asked.substantiveRate }),
    converged: !final.challenges.some((challenge) => challenge.ruling === "VALID"),
  };
}

function summaryOf(task: Task, failure: Failure | null): string {
  if (task.state.at === "ended") return task.state.summary;
  if (failure !== null) return `${failure.code}: ${failure.message}`;
  return phaseOf(task.state);
}
