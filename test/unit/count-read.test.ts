import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { countRead, tasksNamedIn } from "../../src/app/economy/count-read.ts";
import { noteCall } from "../../src/app/economy/note-call.ts";
import type { Project } from "../../src/app/project.ts";
import { sumReads } from "../../src/app/board/read-sums.ts";
import { readInbox } from "../../src/blackboard/inbox.ts";
import { commandFacts } from "../../src/engine/inbox.ts";
import { NO_USAGE } from "../../src/model/outcome.ts";
import { emptyWorld } from "../../src/model/task.ts";
import { verifies } from "../requirements.ts";

verifies("F4", "F6");

let project: Project;
beforeEach(() => {
  const root = mkdtempSync(join(tmpdir(), "cco-reads-"));
  project = { root, board: join(root, ".cco") };
});
afterEach(() => rmSync(project.root, { recursive: true, force: true }));

it("adds up what Claude reads, by task and kind, in tokens", async () => {
  mkdirSync(project.board);
  countRead(project, "mcp", 350, ["a"]);
  countRead(project, "mcp", 350, ["a"]);
  countRead(project, "hook", 36);
  countRead(project, "cli", 0, ["a"]);
  const { since, sums } = await sumReads(project);
  expect(Number.isNaN(Date.parse(since ?? ""))).toBe(false);
  expect(sums).toEqual([
    { task: "a", reads: 2, tokens: { mcp: 200, hook: 0, cli: 0 } },
    { task: null, reads: 1, tokens: { mcp: 0, hook: 11, cli: 0 } },
  ]);
});

it("shares what is about several tasks among them, by the names that a text has", async () => {
  for (const id of ["add-limiter", "b.2", "other"]) mkdirSync(join(project.board, "tasks", id), { recursive: true });
  const text = "2 of 3 open\nrunning add-limiter: attempt 1\nwaiting b.2.\nnext: wait {}";
  const named = tasksNamedIn(project, text);
  expect(named).toEqual(["add-limiter", "b.2"]);
  countRead(project, "mcp", 70, named);
  countRead(
    project,
    "mcp",
    35,
    Array.from({ length: 17 }, (_, n) => `t${n}`),
  );
  expect((await sumReads(project)).sums.map(({ task, tokens }) => [task, tokens.mcp])).toEqual([
    ["add-limiter", 10],
    ["b.2", 10],
    [null, 10],
  ]);
});

it("makes no blackboard, and never fails what it counts", async () => {
  countRead(project, "mcp", 10);
  expect(readdirSync(project.root)).toEqual([]);
  mkdirSync(join(project.board, "reads.jsonl"), { recursive: true });
  countRead(project, "mcp", 10);
  rmSync(project.board, { recursive: true });
  expect(await sumReads(project)).toEqual({ since: null, sums: [] });
});

it("keeps two files of half a megabyte at most, and passes over what is no count", async () => {
  mkdirSync(project.board);
  const file = join(project.board, "reads.jsonl");
  writeFileSync(file, `{"torn\n${"x".repeat(600_000)}\n`);
  countRead(project, "hook", 7);
  countRead(project, "hook", 7);
  expect(readdirSync(project.board).toSorted((a, b) => a.localeCompare(b))).toEqual(["reads.jsonl", "reads.old.jsonl"]);
  expect(statSync(file).size).toBeLessThan(300);
  expect((await sumReads(project)).sums).toMatchObject([{ reads: 2, tokens: { hook: 4 } }]);
});

it("of a call that a face has made itself becomes one fact", async () => {
  const call = {
    role: "planner",
    model: "opus",
    usage: { ...NO_USAGE, inputTokens: 5, usd: 0.1 },
    outcome: "ok",
  } as const;
  await noteCall(project, null, call);
  const { items, rejected } = await readInbox(join(project.board, "inbox"));
  expect(rejected).toEqual([]);
  const facts = items.flatMap(({ id, command }) => commandFacts(emptyWorld(), id, command).facts);
  expect(facts).toEqual([{ type: "call.noted", about: null, call }]);
});
