import * as z from "zod";
import { webhookProblem } from "./webhook-url.ts";

const seconds = (fallback: number) => z.number().nonnegative().default(fallback);
const percent = (fallback: number) => z.number().min(0).max(100).default(fallback);
const signal = (fallback: number) => z.number().nonnegative().nullable().default(fallback);
const cap = z.number().positive().nullable().default(null);

/**
 * Settings of a project. Keys, defaults and units are pinned by contract.md; all durations accept decimals.
 * `describe` texts are the comments of the generated config.yaml and the documentation.
 */
export const configSchema = z.strictObject({
  worker: z
    .strictObject({
      parallel: z.int().positive().default(3).describe("workers at once per account, over all projects of the user"),
      softMinutes: z.number().positive().default(25).describe("a chunk is wound down after this long"),
      hardMinutes: z.number().positive().default(30).describe("an attempt is ended after this long"),
      silenceSeconds: seconds(300).describe(
        "no sign of life for this long ends the attempt; 1.5 times as long at effort high, twice at xhigh",
      ),
      killGraceSeconds: seconds(10).describe("time between the polite and the final signal"),
    })
    .prefault({}),
  cloud: z
    .strictObject({
      environment: z
        .string()
        .nullable()
        .default(null)
        .describe(
          "label or id of the Codex cloud environment of this repository; null = the label that it has by itself, owner/name of the remote",
        ),
      pollSeconds: z
        .number()
        .positive()
        .default(10)
        .describe("time between two looks at a task in the cloud; grows to six times as much"),
      hardMinutes: z.number().positive().default(120).describe("an attempt in the cloud is given up after this long"),
    })
    .prefault({}),
  verify: z
    .strictObject({
      minutes: z.number().positive().default(10).describe("time limit of one verify command"),
    })
    .prefault({}),
  retry: z
    .strictObject({
      max: z.int().nonnegative().default(3).describe("retries of a transient failure"),
      baseSeconds: seconds(1).describe(
        "first wait; doubles each time; 30 and 10 times as much after timeouts and resets",
      ),
      jitterSeconds: seconds(0.5).describe("random part added to each wait"),
    })
    .prefault({}),
  breaker: z
    .strictObject({
      failures: z.int().positive().default(3).describe("failures in a row that open the breaker"),
      windowSeconds: seconds(60).describe("time in which they have to fall"),
      cooldownSeconds: seconds(300).describe("how long it stays open at first"),
      maxCooldownSeconds: seconds(1800).describe("longest cooldown after doubling"),
      identical: z.int().positive().default(5).describe("identical errors in a row that open it"),
    })
    .prefault({}),
  dead: z
    .strictObject({
      highMinutes: z
        .number()
        .positive()
        .default(15)
        .describe("time between two tries of a dead letter that others wait for"),
      mediumMinutes: z.number().positive().default(60).describe("the same of any other"),
      lowMinutes: z.number().positive().default(1440).describe("the same of a light one that nobody waits for"),
      archiveDays: z
        .number()
        .positive()
        .default(7)
        .describe("a dead letter is archived and not tried any more after this long"),
    })
    .prefault({}),
  window: z
    .strictObject({ reservePercent: percent(10).describe("part of a credit window that stays free") })
    .prefault({}),
  budget: z
    .strictObject({
      dayUsd: cap.describe("most money in a day, null = no cap"),
      weekUsd: cap.describe("most money in a week"),
      dayTokens: cap.describe("most tokens in a day"),
      weekTokens: cap.describe("most tokens in a week"),
    })
    .prefault({}),
  stuck: z
    .strictObject({
      repeats: signal(10).describe("the same call with the same result so often in a row ends a session, 0 = off"),
      lightCalls: signal(10).describe(
        "tool calls a light task is planned with at least; twice its plan ends it, 0 = off",
      ),
      fullCalls: signal(40).describe("the same of a full one; one and a half times its plan ends it"),
      handoffCalls: signal(60).describe("the same of a handoff; beyond its plan it has to change files"),
      idleCalls: signal(30).describe("calls without a change of a file that end a handoff beyond its plan"),
      estimatePercent: signal(150).describe("part of the estimate of tokens, money or minutes that ends a session"),
    })
    .prefault({}),
  review: z
    .strictObject({
      model: z.string().default("sonnet").describe("model of the reviewer"),
      softRounds: z.int().positive().default(3).describe("rounds after which an expert is asked"),
      hardRounds: z.int().positive().default(10).describe("rounds after which a person is asked"),
      minutes: z.number().positive().default(10).describe("time limit of one review round, all questions together"),
      usd: z.number().positive().default(2).describe("money limit of one review round"),
    })
    .prefault({}),
  cards: z
    .strictObject({
      deadlineHours: z.number().positive().default(24).describe("a card's default is taken after this long"),
    })
    .prefault({}),
  engine: z
    .strictObject({ idleSeconds: seconds(60).describe("an engine with nothing to do ends after this long") })
    .prefault({}),
  notify: z
    .strictObject({
      command: z
        .array(z.string())
        .min(1)
        .nullable()
        .default(null)
        .describe("program and arguments; gets each event as JSON on stdin; only in .cco/config.yaml"),
      webhook: z
        .string()
        .refine((text) => webhookProblem(text) === null, { error: ({ input }) => webhookProblem(String(input)) ?? "" })
        .nullable()
        .default(null)
        .describe("URL that gets each event as JSON; https, or http to this machine; only in .cco/config.yaml"),
      webhookSecretEnv: z
        .string()
        .nullable()
        .default(null)
        .describe("variable with the secret that signs what the webhook gets; only in .cco/config.yaml"),
      desktop: z.boolean().default(false).describe("show events on the desktop (notify-send, osascript)"),
    })
    .prefault({}),
});

export type Config = z.infer<typeof configSchema>;

/** All defaults. */
export const DEFAULT_CONFIG: Config = configSchema.parse({});
