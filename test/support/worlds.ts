import { applyRecord } from "../../src/decide/fold.ts";
import { DEFAULT_CONFIG } from "../../src/model/config.ts";
import { type Envelope, makeEnvelope } from "../../src/model/envelope.ts";
import type { DispatchOptions } from "../../src/model/options.ts";
import { type AttemptOutcome, type Failure, NO_USAGE } from "../../src/model/outcome.ts";
import type { Fact } from "../../src/model/record.ts";
import { emptyWorld, type Task, type World } from "../../src/model/task.ts";
import type { Snapshot } from "../../src/model/snapshot.ts";
import type { Candidate } from "../../src/model/verification.ts";
import { snapshotOf } from "../../src/engine/retire.ts";
import { decide, type Decision } from "../../src/decide/decide.ts";

/** 2026-01-01T00:00:00Z. */
export const T0 = Date.UTC(2026, 0, 1);

/** A valid envelope; parts may be replaced. */
function envelope(task: string, parts: Partial<Envelope> = {}): Envelope {
  return makeEnvelope({
    task,
    goal: "Do the thing.",
    risk: "medium",
    acceptance: [{ text: "it works", verify: "true" }],
    write: ["src/**"],
    stop: ["it is impossible"],
    ...parts,
  });
}

const OPTIONS: DispatchOptions = {
  lane: "worktree",
  effort: "auto",
  review: true,
  merge: true,
  allowDirty: false,
};

export const CANDIDATE: Candidate = {
  commit: "c".repeat(40),
  base: "b".repeat(40),
  files: [{ path: "src/a.js", status: "modified" }],
  insertions: 1,
  deletions: 0,
};

/** A failure with a code; the class is given because it decides. */
export function failure(code: string, kind: string, retryAt: string | null = null): Failure {
  return { class: kind, code, message: `${code} happened`, evidence: null, attempt: 1, retryAt, next: "look" };
}

/** An attempt outcome: green, or with a failure. */
export function outcome(failed: Failure | null = null): AttemptOutcome {
  return {
    signals: { exit: true, turn: true, sidecar: true },
    report: { status: "COMPLETED", summary: "did it" },
    usage: { ...NO_USAGE, inputTokens: 10, outputTokens: 1 },
    exit: { v: 1, reason: "completed", code: 0, signal: null, detail: "", startedAt: "", endedAt: "" },
    threadId: "t",
    model: "m",
    version: "0.0.0",
    toolCalls: 1,
    failure: failed,
    notes: [],
  };
}

/** A world that facts are poured into, one journal line each. */
export function worldOf(...facts: readonly Fact[]): World {
  const world = emptyWorld();
  for (const fact of facts) pour(world, fact);
  return world;
}

/** Journals one fact into a world. */
export function pour(world: World, fact: Fact, nowMs = T0): void {
  applyRecord(world, { v: 1, seq: world.seq + 1, at: new Date(nowMs).toISOString(), fact });
}

export function submitted(task: string, parts: Partial<Envelope> = {}, options: Partial<DispatchOptions> = {}): Fact {
  const base = { branch: "main", commit: "b".repeat(40) };
  return {
    type: "task.submitted",
    task,
    run: "R",
    envelope: envelope(task, parts),
    options: { ...OPTIONS, ...options },
    base,
  };
}

export function started(task: string, attempt = 1): Fact {
  const place = { path: `/w/${task}`, branch: `cco/${task}` };
  return { type: "attempt.started", task, attempt, place, base: CANDIDATE.base, feedback: null };
}

/** Decides with the default settings. */
export function decideNow(world: World, nowMs = T0, parallel = 3): Decision {
  // Archived after 2.4 hours, so that a week of sweeps is a few of them.
  const dead = { ...DEFAULT_CONFIG.dead, archiveDays: 0.1 };
  const config = { ...DEFAULT_CONFIG, dead, worker: { ...DEFAULT_CONFIG.worker, parallel } };
  return decide(world, { config, nowMs, random: () => 0.5 });
}

/** The task, which must exist. */
export function taskOf(world: World, id: string): Task {
  const task = world.tasks.get(id);
  if (task === undefined) throw new Error(`no task ${id}`);
  return task;
}

/** A snapshot of a world, of a board without lines that follow from the journal. */
export function snapshotOfWorld(world: World): Snapshot {
  return snapshotOf({ world, version: "1", derived: { ends: () => ({}) } }, new Set());
}
