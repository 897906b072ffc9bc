import { describe, expect, it } from "vitest";
import { askStep, atWork, lacksNote } from "../../src/decide/cards/asks.ts";
import { spentMs } from "../../src/decide/limits/chunks.ts";
import type { Ask } from "../../src/model/ask.ts";
import { DEFAULT_CONFIG } from "../../src/model/config.ts";
import type { Fact } from "../../src/model/record.ts";
import {
  decideNow,
  outcome,
  pour,
  snapshotOfWorld,
  started,
  submitted,
  T0,
  taskOf,
  worldOf,
} from "../support/worlds.ts";
import { snapshotSchema } from "../../src/model/snapshot.ts";
import { verifies } from "../requirements.ts";

const read = { does: "read", inside: true } as const;

function asked(parts: Partial<Ask> = {}): Fact {
  const ask: Ask = {
    v: 1,
    n: 1,
    kind: "command",
    what: "make it",
    why: "",
    actions: [],
    choices: [],
    at: "",
    ...parts,
  };
  return { type: "worker.asked", task: "a", attempt: 1, ask };
}

function world(...facts: Fact[]) {
  return worldOf(submitted("a", {}, { lane: "attached" }), started("a"), ...facts);
}

function step(...facts: Fact[]): Fact | null {
  return askStep(taskOf(world(...facts), "a"), DEFAULT_CONFIG, T0);
}

describe("what a live worker asks", () => {
  verifies("A3", "B2");
  it.each<[string, Partial<Ask>, string]>([
    ["a read in the work tree", { actions: [read] }, "allow"],
    ["a list and a read", { actions: [{ does: "list", inside: true }, read] }, "allow"],
    ["a read elsewhere", { actions: [{ does: "read", inside: false }] }, "card"],
    ["a search, which may find anything", { actions: [{ does: "search", inside: true }] }, "card"],
    ["a read and something unknown", { actions: [read, { does: "unknown", inside: false }] }, "card"],
    ["a command that nothing is known of", {}, "card"],
    ["a host", { kind: "network", actions: [read] }, "card"],
    ["a patch", { kind: "patch" }, "card"],
    ["permissions", { kind: "permissions" }, "card"],
    ["a tool of an MCP server", { kind: "tool", actions: [read] }, "card"],
    ["a question", { kind: "question" }, "card"],
    ["a secret", { kind: "form" }, "decline"],
  ])("%s", (_name, parts, expected) => {
    const fact = step(asked(parts));
    const got = fact?.type === "ask.answered" ? fact.reply.verdict : "card";
    expect(got).toBe(expected);
  });

  it("opens a card whose default declines, and goes on with what it was answered", () => {
    const now = world(asked());
    const [opened] = decideNow(now).facts;
    if (opened?.type !== "card.opened") throw new Error("no card");
    expect(opened.card).toMatchObject({ id: "D-a-1", default: "B", recommended: "B" });
    pour(now, opened);
    expect(taskOf(now, "a").state.at).toBe("blocked");
    expect(atWork(taskOf(now, "a").state)?.attempt).toBe(1);
    // The worker is watched while it waits, and its slot counts.
    expect(decideNow(now).effects.map(({ kind }) => kind)).toEqual(["attempt"]);
    expect(snapshotSchema.safeParse(snapshotOfWorld(now)).success).toBe(true);
    pour(now, { type: "card.answered", card: "D-a-1", task: "a", letter: "A", by: "user", note: "once" });
    expect(taskOf(now, "a")).toMatchObject({
      state: { at: "running", attempt: 1 },
      talk: { asks: [{ reply: { verdict: "allow", choice: null, note: "once", by: "user" } }] },
    });
    expect(decideNow(now).facts).toEqual([]);
  });

  it("declines at the deadline", () => {
    const now = world(asked());
    for (const fact of decideNow(now).facts) pour(now, fact);
    const late = T0 + DEFAULT_CONFIG.cards.deadlineHours * 3_600_000;
    expect(decideNow(now).wakeAtMs).toBe(late);
    const [answer] = decideNow(now, late).facts;
    if (answer === undefined) throw new Error("no answer");
    pour(now, answer);
    expect(taskOf(now, "a").talk?.asks[0]?.reply).toMatchObject({ verdict: "decline", by: "deadline" });
  });

  it("answers a question with the words of the chosen option", () => {
    const now = world(asked({ kind: "question", choices: ["tabs", "spaces"] }));
    for (const fact of decideNow(now).facts) pour(now, fact);
    pour(now, { type: "card.answered", card: "D-a-1", task: "a", letter: "B", by: "user", note: "" });
    expect(taskOf(now, "a").talk?.asks[0]?.reply).toMatchObject({ verdict: "allow", choice: "spaces" });
  });

  it("takes no answer without words to a question that is answered in words", () => {
    const [opened] = decideNow(world(asked({ kind: "question" }))).facts;
    if (opened?.type !== "card.opened") throw new Error("no card");
    const cases = [
      ["A", "", true],
      ["A", " \n", true],
      ["A", "plum", false],
      ["B", "", false],
    ] as const;
    expect(cases.map(([letter, note]) => lacksNote(opened.card, letter, note))).toEqual(
      cases.map(([, , lacks]) => lacks),
    );
  });

  it("closes the card with the worker that asked, and forgets its questions in the next attempt", () => {
    const now = world(asked());
    for (const fact of decideNow(now).facts) pour(now, fact);
    pour(now, { type: "attempt.ended", task: "a", attempt: 1, outcome: outcome() });
    expect(taskOf(now, "a").state.at).toBe("attempted");
  });

  it("counts no time that a question was open as work", () => {
    const ended = outcome();
    const exit = {
      ...ended.exit,
      startedAt: "2026-01-01T00:00:00Z",
      endedAt: "2026-01-01T01:00:00Z",
      waitedMs: 3_000_000,
    };
    const now = world({ type: "attempt.ended", task: "a", attempt: 1, outcome: { ...ended, exit } });
    expect(spentMs(taskOf(now, "a"))).toBe(600_000);
  });

  it("ends the worker, not only the task, when an open question is cancelled", () => {
    const now = world(asked());
    for (const fact of decideNow(now).facts) pour(now, fact);
    pour(now, { type: "cancel.requested", task: "a", by: "user" });
    expect(decideNow(now).effects.map(({ kind }) => kind)).toEqual(["stop"]);
    expect(taskOf(now, "a").state.at).toBe("running");
  });

  it("takes every question and every word once, in order", () => {
    const now = world(asked(), asked(), asked({ n: 3 }));
    expect(taskOf(now, "a").talk?.asked).toBe(1);
    const words: Fact = { type: "steer.requested", task: "a", attempt: 1, k: 1, text: "x", by: "user" };
    pour(now, words);
    pour(now, words);
    pour(now, { ...words, k: 2, attempt: 2 });
    expect(taskOf(now, "a").talk?.steers).toEqual([{ k: 1, text: "x" }]);
  });
});
