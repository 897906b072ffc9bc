import { expect, it } from "vitest";
import { configSchema, DEFAULT_CONFIG } from "../../src/model/config.ts";

// The settings files of users hold these keys. A change here is a decision with a record in docs/decisions/.
const PINNED = {
  worker: { parallel: 3, softMinutes: 25, hardMinutes: 30, silenceSeconds: 300, killGraceSeconds: 10 },
  cloud: { environment: null, pollSeconds: 10, hardMinutes: 120 },
  verify: { minutes: 10 },
  retry: { max: 3, baseSeconds: 1, jitterSeconds: 0.5 },
  breaker: { failures: 3, windowSeconds: 60, cooldownSeconds: 300, maxCooldownSeconds: 1800, identical: 5 },
  dead: { highMinutes: 15, mediumMinutes: 60, lowMinutes: 1440, archiveDays: 7 },
  window: { reservePercent: 10 },
  budget: { dayUsd: null, weekUsd: null, dayTokens: null, weekTokens: null },
  stuck: { repeats: 10, lightCalls: 10, fullCalls: 40, handoffCalls: 60, idleCalls: 30, estimatePercent: 150 },
  review: { model: "sonnet", softRounds: 3, hardRounds: 10, minutes: 10, usd: 2 },
  cards: { deadlineHours: 24 },
  engine: { idleSeconds: 60 },
  notify: { command: null, webhook: null, webhookSecretEnv: null, desktop: false },
};

it("keeps the keys and defaults of the settings", () => {
  expect(DEFAULT_CONFIG).toEqual(PINNED);
});

it("takes decimals for durations and refuses unknown keys", () => {
  expect(configSchema.safeParse({ worker: { silenceSeconds: 0.5, hardMinutes: 0.01 } }).success).toBe(true);
  expect(configSchema.safeParse({ worker: { silenceMinutes: 1 } }).success).toBe(false);
  expect(configSchema.safeParse({ workers: {} }).success).toBe(false);
});
