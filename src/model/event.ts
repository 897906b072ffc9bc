import * as z from "zod";
import { capStateSchema } from "./cap.ts";
import { stepSchema } from "./step.ts";

/** The three tiers of escalation: do it; do it, then tell; stop and ask. */
export const TIERS = ["autonomous", "notify", "gate"] as const;

/** What an event is about; the tier of each is policy (`decide/tiers.ts`). */
export const EVENT_TOPICS = [
  "task.started",
  "task.step",
  "task.chunk",
  "task.retry",
  "task.completed",
  "task.failed",
  "task.cancelled",
  "task.dead",
  "task.silent",
  "phase.done",
  "cost.near-limit",
  "cost.cap",
  "card.opened",
  "card.answered",
  "breaker.opened",
  "breaker.closed",
] as const;

/**
 * One line of `.cco/events.jsonl`, and what receivers are sent. `line` is the event in one line for people. A receiver that gets the
 * same `id` twice drops the second: delivery is at least once.
 */
export const eventSchema = z.strictObject({
  schema: z.literal("cco.event/1"),
  /** Unique on this blackboard: number of the journal line, and which of its events. */
  id: z.string(),
  /** Number of the journal line that it follows from. */
  seq: z.int().positive(),
  at: z.string(),
  /** `completed`, `failed`, `running` (step n of m) and `blocked` are about a task; `notice` is everything else worth telling. */
  event: z.enum(["completed", "failed", "running", "blocked", "notice"]),
  topic: z.enum(EVENT_TOPICS),
  tier: z.enum(TIERS),
  line: z.string(),
  task: z.string().nullable(),
  run: z.string().nullable(),
  attempt: z.number().nullable(),
  step: stepSchema.nullable(),
  /** Error code of a failure. */
  code: z.string().nullable(),
  card: z.string().nullable(),
  /** Where the result is: a path, a branch, a commit. */
  output: z.string().nullable(),
});

/** How a card was answered; also a line of `.cco/audit.jsonl`. `by`: who and through which face, or `deadline`. */
export const cardAnswerSchema = z.strictObject({
  card: z.string(),
  task: z.string(),
  letter: z.string(),
  /** Text of the option. */
  option: z.string(),
  by: z.string(),
  note: z.string(),
  seq: z.int().positive(),
  at: z.string(),
});

/** Tasks of a week, and how many of them needed a person. `week`: ISO week, like `2026-W47`. */
export const weekTallySchema = z.strictObject({ week: z.string(), tasks: z.number(), gated: z.number() });

/** What the fold keeps for telling: the last events, the last answers and the last weeks. Plain data, bounded. */
export const noticesSchema = z.strictObject({
  events: z.array(eventSchema),
  answers: z.array(cardAnswerSchema),
  weeks: z.array(weekTallySchema),
  /** The breaker of the workers' account is known to be open. */
  breakerOpen: z.boolean().optional(),
  /** Caps of the project and of the user. */
  caps: capStateSchema.optional(),
});

export type Tier = (typeof TIERS)[number];
export type EventTopic = (typeof EVENT_TOPICS)[number];
export type CcoEvent = z.infer<typeof eventSchema>;
export type CardAnswer = z.infer<typeof cardAnswerSchema>;
export type WeekTally = z.infer<typeof weekTallySchema>;
export type Notices = z.infer<typeof noticesSchema>;
