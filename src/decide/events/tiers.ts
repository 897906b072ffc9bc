import type { CcoEvent, EventTopic, Tier } from "../../model/event.ts";

/** What an event of a topic is, and whether anybody is told. */
interface TopicPolicy {
  readonly event: CcoEvent["event"];
  /** `autonomous`: done, and only written down. `notify`: done, then told. `gate`: stopped, told, and a person is asked. */
  readonly tier: Tier;
}

/** The three tiers as data (mission B2): the one place that says what is told. */
export const TOPIC_POLICY: Readonly<Record<EventTopic, TopicPolicy>> = {
  "task.started": { event: "running", tier: "autonomous" },
  "task.step": { event: "running", tier: "autonomous" },
  "task.chunk": { event: "running", tier: "autonomous" },
  "task.retry": { event: "running", tier: "autonomous" },
  "task.completed": { event: "completed", tier: "notify" },
  "task.failed": { event: "failed", tier: "notify" },
  "task.cancelled": { event: "failed", tier: "notify" },
  "task.dead": { event: "failed", tier: "notify" },
  // No event by the deadline is itself a failure.
  "task.silent": { event: "failed", tier: "notify" },
  "phase.done": { event: "notice", tier: "notify" },
  "cost.near-limit": { event: "notice", tier: "notify" },
  "cost.cap": { event: "notice", tier: "notify" },
  "card.opened": { event: "blocked", tier: "gate" },
  "card.answered": { event: "notice", tier: "autonomous" },
  "breaker.opened": { event: "notice", tier: "notify" },
  "breaker.closed": { event: "notice", tier: "notify" },
};

/** Part of a task's budget of tokens or money from which on it is told that the limit is near. */
export const NEAR_LIMIT = 0.8;
