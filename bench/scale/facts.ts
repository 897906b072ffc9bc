import { makeUlid } from "../../src/kernel/ids.ts";
import type { Card } from "../../src/model/card.ts";
import type { Envelope } from "../../src/model/envelope.ts";
import { makeFailure } from "../../src/model/failure.ts";
import { type AttemptOutcome, NO_USAGE } from "../../src/model/outcome.ts";
import type { Fact } from "../../src/model/record.ts";
import type { Candidate } from "../../src/model/verification.ts";

const commit = (n: number): string => n.toString(16).padStart(40, "0");
const SENTENCE = "The limiter keeps one bucket per key and refills it from the clock it was given. ";
const words = (bytes: number): string => SENTENCE.repeat(Math.ceil(bytes / SENTENCE.length)).slice(0, bytes);

function envelopeOf(task: string): Envelope {
  return {
    task,
    goal: "Add a token-bucket rate limiter to the public API and say in the headers what is left.",
    size: "handoff",
    risk: "medium",
    role: "coder",
    lane: "worktree",
    after: [],
    inputs: [{ path: "src/server.ts", note: "HTTP entry point" }],
    acceptance: [{ text: "The 101st request within a minute gets 429", verify: "node --test test/limiter.test.js" }],
    write: ["src/**", "test/**"],
    allow: ["read", "write", "test"],
    forbid: ["new dependencies"],
    network: false,
    effort: "auto",
    budget: { toolCalls: 40, tokens: 200_000 },
    checkpoint: "after the unit tests of the limiter pass",
    stop: ["the entry point is missing", "the same step fails three times"],
    output: null,
    reviewers: 1,
    sections: { context: words(1500), interface: words(800), antiPatterns: words(400), checklist: words(300) },
  };
}

function outcomeOf(failed: AttemptOutcome["failure"]): AttemptOutcome {
  const at = "2026-01-01T00:00:00.000Z";
  return {
    signals: { exit: true, turn: true, sidecar: true },
    report: { status: failed === null ? "COMPLETED" : "BLOCKED", summary: words(300) },
    usage: { ...NO_USAGE, inputTokens: 120_000, cachedInputTokens: 80_000, outputTokens: 9000 },
    exit: { v: 1, reason: "completed", code: 0, signal: null, detail: "", startedAt: at, endedAt: at },
    threadId: "019a0000-0000-7000-8000-000000000000",
    model: "gpt-5-codex",
    version: "0.169.0",
    toolCalls: 23,
    failure: failed,
    notes: [],
  };
}

function begun(n: number, root: string): { task: string; facts: Fact[] } {
  const task = `task-${String(n).padStart(6, "0")}`;
  const options = { lane: "worktree", effort: "auto", review: true, merge: true, allowDirty: false } as const;
  const base = { branch: "main", commit: commit(n) };
  const place = { path: `${root}/worktrees/${task}`, branch: `cco/${task}` };
  const ulid = makeUlid(Date.now(), Math.random);
  return {
    task,
    facts: [
      { type: "task.submitted", task, run: ulid, envelope: envelopeOf(task), options, base },
      { type: "command.done", command: ulid },
      { type: "attempt.started", task, attempt: 1, place, base: base.commit, feedback: null },
    ],
  };
}

/** The journal of a task that was accepted at the first attempt, after one round of review: about 11 kB with this much output of its check. */
export function factsOfFinished(n: number, root: string, outputBytes = 3500): Fact[] {
  const { task, facts } = begun(n, root);
  const files = Array.from({ length: 6 }, (_, i) => ({
    path: `src/limiter/part-${i}.ts`,
    status: "modified" as const,
  }));
  const candidate: Candidate = { commit: commit(n + 1), base: commit(n), files, insertions: 120, deletions: 30 };
  const log = `${root}/tasks/${task}/attempts/01/verify/01.log`;
  const result = {
    criterion: "The 101st request within a minute gets 429",
    command: "node --test test/limiter.test.js",
    kind: "passed" as const,
    exitCode: 0,
    durationMs: 812,
    tail: words(outputBytes),
    log,
  };
  const runs = [{ on: "candidate" as const, exitCode: 0, ms: 640 }];
  const challenges = ["1", "2"].map((id) => ({
    id,
    claim: words(200),
    kind: "failing-test",
    ruling: "NOISE" as const,
    reason: "its test passes on the change",
    executed: true,
    runs,
  }));
  const about = { task, attempt: 1 };
  return [
    ...facts,
    { type: "attempt.ended", ...about, outcome: outcomeOf(null) },
    { type: "candidate.sealed", ...about, candidate, failure: null },
    { type: "verification.ended", ...about, commit: candidate.commit, results: [result], failure: null },
    {
      type: "review.ended",
      ...about,
      round: { round: 1, challenges, substantiveRate: 0 },
      feedback: null,
      usage: { ...NO_USAGE, inputTokens: 30_000, outputTokens: 1200, usd: 0.11 },
      failure: null,
    },
    { type: "merge.started", ...about, commit: candidate.commit },
    {
      type: "merge.ended",
      ...about,
      outcome: { kind: "merged", commit: candidate.commit, branch: "main" },
      candidate: null,
      results: [],
    },
    { type: "task.ended", task, status: "accepted", failure: null, summary: words(300) },
  ];
}

/** The journal of a task that is open and does nothing by itself: every other one waits for a person, the rest for a time. */
export function factsOfOpen(n: number, root: string): Fact[] {
  const { task, facts } = begun(n, root);
  const failure = makeFailure("REPORT_BLOCKED", "it wants to know which API", { attempt: 1, task });
  const feedback = { from: "failure", text: words(1000) } as const;
  const far = "2099-01-01T00:00:00.000Z";
  const why = "waits for its time";
  return [
    ...facts,
    { type: "attempt.ended", task, attempt: 1, outcome: outcomeOf(failure) },
    n % 2 === 0
      ? { type: "card.opened", card: cardOf(task, far), failure }
      : { type: "retry.decided", task, notBefore: far, feedback, cause: failure.code, why },
  ];
}

function cardOf(task: string, deadline: string): Card {
  const option = { pros: "it goes on", cons: "one more attempt" };
  return {
    id: `D-${task}-1`,
    task,
    tier: "gate",
    context: words(200),
    options: [
      { letter: "A", text: "Try again with your note", effect: "retry", ...option },
      { letter: "B", text: "Stop here", effect: "give-up", ...option },
    ],
    recommended: "A",
    reason: "the worker names what it needs",
    risk: "without a note it will ask the same again",
    cost: "129000 tokens so far",
    default: "B",
    deadline,
  };
}
