import { TEMPLATE_GOAL } from "../../src/envelope/templates/envelope.ts";
import { fullEnvelope, HANDOFF_BODY, lightEnvelope } from "./envelopes.ts";
import { criterion, light, full, task, prose, type LintCase } from "./lint-case.ts";

/** Cases of the rules on required fields, size, order and lanes. */
export const TASK_CASES: readonly LintCase[] = [
  { rule: "envelope/required", bad: light("stop: -"), line: 1, good: light() },
  { rule: "envelope/required", bad: light("inputs: -"), line: 1, good: light("inputs: none") },
  { rule: "envelope/required", bad: light("stop: []"), line: 6, good: light("stop: [x]") },
  { rule: "envelope/required", bad: full("acceptance: -"), line: 1, good: full() },
  { rule: "envelope/required", bad: full("write: -", "output: a.md"), line: 1, good: full("output: a.md") },
  { rule: "envelope/required", bad: full("budget: -"), line: 1, good: full() },
  { rule: "envelope/required", bad: full("risk: -"), line: 1, good: full() },
  {
    rule: "envelope/no-result",
    bad: light("output: none", 'write: ["src/**"]'),
    line: 1,
    good: light("output: none", criterion("x", "npm test"), 'write: ["src/**"]'),
  },
  {
    rule: "envelope/section-missing",
    bad: [fullEnvelope(["size: handoff"], HANDOFF_BODY.replace(/## Anti.*\n.*\n/, ""))],
    line: 1,
    good: [fullEnvelope(["size: handoff"], HANDOFF_BODY)],
  },
  {
    rule: "envelope/section-missing",
    bad: [fullEnvelope(["size: handoff"], HANDOFF_BODY.replace("No globals.", ""))],
    line: 16,
    good: full("size: full"),
  },
  {
    rule: "envelope/data-integrity",
    bad: full("goal: Backtest the strategy."),
    line: 10,
    good: [fullEnvelope(["goal: Backtest the strategy."], "## Data integrity requirements\nNo look-ahead.\n")],
  },
  {
    rule: "envelope/prompt-too-long",
    bad: [lightEnvelope([], prose(300))],
    line: 1,
    good: [lightEnvelope([], prose(200))],
  },
  { rule: "envelope/light-high-risk", bad: light("risk: high"), line: 7, good: light("risk: low") },
  { rule: "envelope/light-medium-risk", bad: light("risk: medium"), line: 7, good: full("risk: medium") },
  {
    rule: "envelope/high-risk-size",
    bad: full("risk: high"),
    line: 10,
    good: [fullEnvelope(["risk: high", "size: handoff"], HANDOFF_BODY)],
  },
  {
    rule: "envelope/light-too-big",
    bad: light("size: light", "inputs: [a, b, c, d]"),
    line: 6,
    good: light("size: light", "inputs: [a, b, c]"),
  },
  {
    rule: "envelope/split",
    bad: full("inputs: [a, b, c, d, e, f, g, h]"),
    line: 6,
    good: full("inputs: [a, b, c, d, e, f, g]"),
  },
  {
    rule: "envelope/budget-calls",
    bad: full("budget: { toolCalls: 101 }"),
    line: 10,
    good: full("budget: { toolCalls: 100 }"),
  },
  {
    rule: "envelope/budget-calls",
    bad: light("budget: { toolCalls: 11 }"),
    line: 7,
    good: light("budget: { toolCalls: 10 }"),
  },
  {
    rule: "envelope/budget-minutes",
    bad: full("budget: { minutes: 31 }"),
    line: 10,
    good: full("budget: { minutes: 30 }"),
  },
  { rule: "envelope/template-text", bad: light(`goal: ${TEMPLATE_GOAL}`), line: 6, good: light() },
  {
    rule: "envelope/goal-long",
    bad: light(`goal: ${"very ".repeat(90)}long`),
    line: 6,
    good: light(`goal: ${"not ".repeat(50)}long`),
  },
  {
    rule: "envelope/after-unknown",
    bad: light("after: [nobody]"),
    line: 7,
    good: light("after: [old]"),
    options: { knownTasks: new Set(["old"]) },
  },
  {
    rule: "envelope/after-cycle",
    bad: [task("b", "after: [c]"), task("c", "after: [b]")],
    line: 0,
    good: [task("b", "after: [c]"), task("c")],
  },
  { rule: "envelope/after-cycle", bad: light("after: [a]"), line: 7, good: light() },
  { rule: "envelope/duplicate-task", bad: [task("b"), task("b")], line: 5, good: [task("b"), task("c")] },
  {
    rule: "envelope/cloud-budget",
    bad: full("lane: cloud", "budget: { minutes: 90, tokens: 1000 }"),
    line: 11,
    good: full("lane: cloud", "budget: { minutes: 90 }"),
  },
  { rule: "envelope/devops-gate", bad: light("role: devops"), line: 7, good: light("role: coder") },
];
