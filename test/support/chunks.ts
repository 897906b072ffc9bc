import type { Envelope } from "../../src/model/envelope.ts";
import { makeFailure } from "../../src/model/failure.ts";
import type { Leftover } from "../../src/model/leftover.ts";
import type { ExitReason } from "../../src/model/outcome.ts";
import type { Fact } from "../../src/model/record.ts";
import type { World } from "../../src/model/task.ts";
import { decideNow, outcome, pour, started, submitted, T0, taskOf, worldOf } from "./worlds.ts";

export const MINUTE = 60_000;
const CODES: Partial<Record<ExitReason, "CODEX_SOFT_LIMIT" | "CODEX_LOST" | "CODEX_SILENT" | "BUDGET_MINUTES">> = {
  "soft-limit": "CODEX_SOFT_LIMIT",
  lost: "CODEX_LOST",
  silent: "CODEX_SILENT",
  budget: "BUDGET_MINUTES",
};

/** What a session left; its tree is named. */
export function left(tree: string, parts: Partial<Leftover> = {}): Leftover {
  return { digest: `digest of ${tree}`, tree, completed: [], open: [], ...parts };
}

interface Cut {
  readonly left?: Leftover;
  readonly minutes?: number;
  readonly toolCalls?: number;
}

/** A session that was cut after some minutes and left something. */
export function cut(attempt: number, reason: ExitReason, what: Cut = {}): Fact {
  const code = CODES[reason] ?? "CODEX_KILLED";
  const startedAt = new Date(T0).toISOString();
  const endedAt = new Date(T0 + (what.minutes ?? 25) * MINUTE).toISOString();
  const exit = { v: 1, reason, code: 1, signal: null, detail: "", startedAt, endedAt } as const;
  const before = outcome(makeFailure(code, `${code} happened`));
  const ended = { ...before, exit, toolCalls: what.toolCalls ?? before.toolCalls };
  const leftover = what.left === undefined ? {} : { left: what.left };
  return { type: "attempt.ended", task: "a", attempt, outcome: ended, ...leftover };
}

/** Pours what a decision journals until it asks for an effect. */
export function settle(world: World, nowMs = T0): readonly Fact[] {
  const all: Fact[] = [];
  for (let facts = decideNow(world, nowMs).facts; facts.length > 0; facts = decideNow(world, nowMs).facts) {
    for (const fact of facts) pour(world, fact, nowMs);
    all.push(...facts);
  }
  return all;
}

/** A task whose sessions ended at the soft limit one after the other, each with a work tree of its own name. */
export function chunked(trees: readonly string[], envelope: Partial<Envelope> = {}): World {
  const world = worldOf(submitted("a", envelope));
  for (const [index, tree] of trees.entries()) {
    pour(world, started("a", index + 1));
    pour(world, cut(index + 1, "soft-limit", { left: left(tree) }));
    settle(world);
  }
  return world;
}

/** Code that ended the task, or the state it is in. */
export const endOf = (world: World) => {
  const { state } = taskOf(world, "a");
  return state.at === "ended" ? state.failure?.code : state.at;
};
