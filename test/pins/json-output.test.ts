import { expect, it } from "vitest";
import { cardSchema } from "../../src/model/card.ts";
import { ledgerResultSchema } from "../../src/model/ledger.ts";
import { cardsResultSchema, doctorResultSchema, statusResultSchema } from "../../src/model/printed-documents.ts";
import { dispatchResultSchema, TASK_STATUSES, taskResultSchema } from "../../src/model/result.ts";
import { drillResultSchema } from "../../src/model/drill.ts";
import { reviewResultSchema } from "../../src/model/review.ts";
import { TRIAGE_KINDS, triageResultSchema } from "../../src/model/triage.ts";
import { budgetResultSchema } from "../../src/model/budget.ts";
import { windowResultSchema } from "../../src/model/window.ts";

// Programs read these documents. Further keys may join; none of these may go or change its name.
const TASK_KEYS = [
  "id",
  "status",
  "lane",
  "effort",
  "branch",
  "commit",
  "attempts",
  "chunks",
  "signals",
  "report",
  "verification",
  "review",
  "error",
  "usage",
  "summary",
  "paths",
];

const TASK = {
  id: "add-limiter",
  status: "accepted",
  lane: "worktree",
  effort: "medium",
  branch: "cco/add-limiter",
  commit: "0123456",
  attempts: 2,
  chunks: 1,
  signals: { exit: true, turn: true, sidecar: true },
  report: { status: "COMPLETED", summary: "done" },
  verification: [{ criterion: "it works", command: "npm test", exitCode: 0, durationMs: 812 }],
  review: { rounds: 2, valid: 1, partial: 0, noise: 2, converged: true },
  error: null,
  usage: { inputTokens: 0, cachedInputTokens: 0, outputTokens: 0, usd: 0 },
  summary: "one line",
  paths: { task: "…", lastMessage: "…", diff: "…" },
};

it("keeps the names of the task statuses", () => {
  expect([...TASK_STATUSES]).toEqual(["accepted", "failed", "blocked", "dead", "cancelled", "running", "waiting"]);
});

it("keeps the keys of a task in results", () => {
  expect(TASK_KEYS.filter((key) => !Object.hasOwn(taskResultSchema.shape, key))).toEqual([]);
});

it("keeps the shape of every key of a task in results", () => {
  const issues = taskResultSchema.safeParse(TASK).error?.issues ?? [];
  // What joined later is allowed to be missing here; everything pinned has to be understood as it is.
  expect(issues.filter((issue) => TASK_KEYS.includes(String(issue.path[0])) && issue.path.length === 1)).toEqual([]);
  expect(issues.filter((issue) => issue.code === "unrecognized_keys")).toEqual([]);
});

it("keeps the shape of an error", () => {
  const error = {
    class: "logic",
    code: "VERIFY_FAILED",
    message: "",
    evidence: "",
    attempt: 1,
    retryAt: null,
    next: "",
  };
  expect(taskResultSchema.shape.error.parse(error)).toEqual(error);
});

it("keeps the names of the documents", () => {
  const documents = [
    dispatchResultSchema,
    statusResultSchema,
    cardsResultSchema,
    doctorResultSchema,
    reviewResultSchema,
    ledgerResultSchema,
    windowResultSchema,
    budgetResultSchema,
  ];
  expect(documents.map((document) => document.shape.schema.value)).toEqual([
    "cco.result/1",
    "cco.status/1",
    "cco.cards/1",
    "cco.doctor/1",
    "cco.review/1",
    "cco.ledger/1",
    "cco.window/1",
    "cco.budget/1",
  ]);
});

it("reads a status, a doctor and a review document of today", () => {
  const status = { schema: "cco.status/1", engine: "idle", tasks: [], cards: 0, breakers: [], windows: [] };
  expect(statusResultSchema.parse(status)).toEqual(status);
  const doctor = { schema: "cco.doctor/1", checks: [{ id: "git", status: "ok", detail: "", fix: "" }] };
  expect(doctorResultSchema.parse(doctor)).toEqual(doctor);
  const runs = [{ on: "candidate", exitCode: 1, ms: 12 }];
  const challenge = { id: "C1", claim: "", kind: "failing-test", ruling: "VALID", reason: "", executed: true, runs };
  const review = {
    schema: "cco.review/1",
    rounds: [{ round: 1, challenges: [challenge], substantiveRate: 0.5 }],
    converged: true,
  };
  expect(reviewResultSchema.parse(review)).toEqual(review);
});

it("reads windows of today", () => {
  const windows = [{ name: "primary", windowMinutes: 300, usedPercent: 42.5, resetsAt: "2026-11-22T18:00:00.000Z" }];
  const forecast = { burn: [], reservePercent: 10, plan: null };
  const account = { account: "openai-0123456789ab", observedAt: "2026-11-22T15:00:00.000Z", windows, forecast };
  const document = { schema: "cco.window/1", accounts: [account] };
  expect(windowResultSchema.parse(document)).toEqual(document);
});

it("reads budgets of today", () => {
  const cap = {
    scope: "project",
    name: "dayUsd",
    limit: 10,
    raised: 0,
    spent: 2.5,
    percent: 25,
    resetsAt: "2026-11-23T00:00:00.000Z",
    card: null,
  };
  const task = { task: "a", status: "running", kind: "tokens", limit: 100, used: 1, percent: 1, estimate: 50 };
  const document = { schema: "cco.budget/1", caps: [cap], tasks: [task] };
  expect(budgetResultSchema.parse(document)).toEqual(document);
  const kinds = ["toolCalls", "tokens", "usd", "minutes"];
  const tasks = kinds.map((kind) => ({ ...task, kind }));
  expect(budgetResultSchema.parse({ ...document, tasks }).tasks).toHaveLength(4);
});

it("keeps the keys of a row of the ledger, and the names of its roles", () => {
  const keys = [
    "at",
    "run",
    "task",
    "attempt",
    "role",
    "model",
    "effort",
    "inputTokens",
    "cachedInputTokens",
    "outputTokens",
    "usd",
    "outcome",
  ];
  const row = ledgerResultSchema.shape.rows.element.shape;
  expect(keys.filter((key) => !Object.hasOwn(row, key))).toEqual([]);
  expect(row.role.options).toEqual(["worker", "reviewer", "judge", "expert", "planner"]);
});

it("keeps the keys of a card", () => {
  const keys = [
    "id",
    "task",
    "tier",
    "context",
    "options",
    "recommended",
    "reason",
    "risk",
    "cost",
    "default",
    "deadline",
  ];
  expect(keys.filter((key) => !Object.hasOwn(cardSchema.shape, key))).toEqual([]);
  expect(
    ["letter", "text", "pros", "cons"].filter((key) => !Object.hasOwn(cardSchema.shape.options.element.shape, key)),
  ).toEqual([]);
});

it("keeps the kinds and the shape of a triage", () => {
  expect([...TRIAGE_KINDS]).toEqual(["path", "network", "policy", "sandbox-cannot-start", "other"]);
  const line = { file: "a.jsonl", line: 7, text: "Could not resolve host: x", command: "curl x" };
  const triage = {
    schema: "cco.triage/1",
    source: { name: "a.jsonl", form: "rollout", codex: "0.169.0", commands: 3 },
    kind: "network",
    code: "SANDBOX_NETWORK",
    why: "",
    evidence: line,
    fix: { envelope: "network: true", codex: null },
    notes: [{ ...line, kind: "path", why: "worked later" }],
  };
  expect(triageResultSchema.parse(triage)).toEqual(triage);
});

it("keeps the shape of drills", () => {
  const ending = { code: "CODEX_AUTH", class: "auth", status: "failed" };
  const pinned = { name: "bad-key", fault: "401", expected: ending, got: ending, requests: 1, ms: 900, ok: true };
  const joined = { attempts: 1, did: "exit 1", cure: [], why: "" };
  const drills = { schema: "cco.drill/1", codex: "0.169.0", drills: [{ ...pinned, ...joined }] };
  expect(drillResultSchema.parse(drills)).toEqual(drills);
});
