import { estimateTokens } from "../../kernel/tokens.ts";
import { estimateToolCalls } from "../../model/estimate.ts";
import { FEEDBACK_RESERVE_TOKENS, LIGHT_TOOL_CALLS, PROMPT_LIMIT_TOKENS, SPLIT_TOOL_CALLS } from "../estimate.ts";
import { renderPrompt } from "../prompt.ts";
import { TEMPLATE_GOAL } from "../templates/envelope.ts";
import { type EnvelopeRule, hitIf } from "../rule.ts";

/** Most tool calls a budget can name before the task is plainly more than one. */
const MOST_BUDGET_CALLS = 100;

/** Hard cap of one worker run in minutes (mission, lesson 4). */
const HARD_MINUTES = 30;

export const SIZE_RULES: readonly EnvelopeRule[] = [
  {
    id: "envelope/prompt-too-long",
    severity: "error",
    why: "A prompt of 8,000 tokens or more buries the order; 500 of them are kept free for feedback.",
    check: ({ envelope, lineOf }) => {
      const tokens = estimateTokens(renderPrompt(envelope, { attempt: 1, feedback: null }));
      const limit = PROMPT_LIMIT_TOKENS - FEEDBACK_RESERVE_TOKENS;
      const message = `the prompt would have about ${tokens} tokens; the limit is ${limit}`;
      return hitIf(
        tokens >= limit,
        lineOf(""),
        message,
        "shorten the sections, name files as inputs, or split the task",
      );
    },
  },
  {
    id: "envelope/light-high-risk",
    severity: "error",
    why: "A task of high risk without write scope, budget and verified criteria cannot be taken back.",
    check: ({ envelope, lineOf }) =>
      hitIf(
        envelope.size === "light" && envelope.risk === "high",
        lineOf("risk"),
        "the risk is high and the envelope is light",
        "write size: full with acceptance, write and budget; or lower the risk",
      ),
  },
  {
    id: "envelope/light-medium-risk",
    severity: "warning",
    why: "From medium risk on, a full envelope says what may change and what proves that it works.",
    check: ({ envelope, lineOf }) =>
      hitIf(
        envelope.size === "light" && envelope.risk === "medium",
        lineOf("risk"),
        "the risk is medium and the envelope is light",
        "write size: full with acceptance, write and budget; or risk: low",
      ),
  },
  {
    id: "envelope/high-risk-size",
    severity: "warning",
    why: "At high risk the worker and the reviewer need the contract, the anti-patterns and the checklist of a handoff.",
    check: ({ envelope, lineOf }) =>
      hitIf(
        envelope.size === "full" && envelope.risk === "high",
        lineOf("risk"),
        "the risk is high and the envelope is no structured handoff",
        "write size: handoff and its sections, or split off the part that is risky",
      ),
  },
  {
    id: "envelope/light-too-big",
    severity: "warning",
    why: "A light envelope is for fewer than 5 expected tool calls; more work needs a budget and a checkpoint.",
    check: ({ envelope, lineOf }) => {
      const calls = estimateToolCalls(envelope);
      const big = envelope.size === "light" && calls >= LIGHT_TOOL_CALLS && calls <= SPLIT_TOOL_CALLS;
      return hitIf(
        big,
        lineOf("size"),
        `about ${calls} tool calls are a lot for a light envelope`,
        "write size: full and its fields",
      );
    },
  },
  {
    id: "envelope/split",
    severity: "warning",
    why: "Above 10 expected tool calls a worker loses the thread; estimated as inputs + 2 × criteria + entries of the write scope.",
    check: ({ envelope, lineOf }) => {
      const calls = estimateToolCalls(envelope);
      const message = `this needs at least ${calls} tool calls by its inputs, criteria and write scope`;
      return hitIf(
        calls > SPLIT_TOOL_CALLS,
        lineOf("acceptance"),
        message,
        "split it into tasks that follow each other with after",
      );
    },
  },
  {
    id: "envelope/budget-calls",
    severity: "warning",
    why: "A budget of many tool calls says that the task is more than one.",
    check: ({ envelope, lineOf }) => {
      const calls = envelope.budget.toolCalls ?? 0;
      const most = envelope.size === "light" ? SPLIT_TOOL_CALLS : MOST_BUDGET_CALLS;
      const message = `${calls} tool calls are more than one ${envelope.size} task should need (${most})`;
      return hitIf(calls > most, lineOf("budget.toolCalls"), message, "split the task, or lower budget.toolCalls");
    },
  },
  {
    id: "envelope/budget-minutes",
    severity: "warning",
    why: "One worker run ends after 30 minutes; what lasts longer is cut into chunks and starts afresh in between.",
    check: ({ envelope, lineOf }) => {
      const minutes = envelope.budget.minutes ?? 0;
      const message = `${minutes} minutes are more than one run may last (${HARD_MINUTES})`;
      // In the cloud an attempt is not cut into sessions, and takes longer.
      const tooLong = minutes > HARD_MINUTES && envelope.lane !== "cloud";
      return hitIf(tooLong, lineOf("budget.minutes"), message, "split the task, or write minutes: 25");
    },
  },
  {
    id: "envelope/template-text",
    severity: "warning",
    why: "A template that was not filled in costs an attempt and changes nothing of use.",
    check: ({ envelope, lineOf }) =>
      hitIf(
        envelope.goal === TEMPLATE_GOAL,
        lineOf("goal"),
        "the goal is still that of the template",
        "say what this task is for",
      ),
  },
  {
    id: "envelope/goal-long",
    severity: "warning",
    why: "A goal of more than a sentence or two is usually two tasks, or context in the wrong place.",
    check: ({ envelope, lineOf }) =>
      hitIf(
        envelope.goal.length > 400 || envelope.goal.includes("\n\n"),
        lineOf("goal"),
        `the goal has ${envelope.goal.length} characters`,
        'say it in one sentence and put the rest under "## Context"',
      ),
  },
];
