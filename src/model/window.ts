import * as z from "zod";

/** The credit windows of an account: primary is the one of five hours, secondary the weekly one. */
export const WINDOW_NAMES = ["primary", "secondary"] as const;

const reportedWindowSchema = z.strictObject({
  usedPercent: z.number(),
  windowMinutes: z.number().nullable(),
  resetsAt: z.string().nullable(),
});

/** What a provider says of the windows of an account. `at`: when it said so. Times are ISO 8601. A window that it does not name is null. */
export const windowsReportSchema = z.strictObject({
  at: z.string(),
  primary: reportedWindowSchema.nullable(),
  secondary: reportedWindowSchema.nullable(),
});

const time = z.string().refine((text) => Number.isFinite(Date.parse(text)), "not a time");

/** One observation. `spentTokens`: what all workers of the account had spent by then, as far as cco knows. */
const windowPointSchema = z.object({ at: time, usedPercent: z.number(), spentTokens: z.number() });

/** The longest window that is believed, in minutes: a month. */
export const MOST_WINDOW_MINUTES = 31 * 24 * 60;

/** A window as it was last seen, and the observations of the same window before that, oldest first. */
const knownWindowSchema = z.object({
  usedPercent: z.number(),
  windowMinutes: z.number().positive().max(MOST_WINDOW_MINUTES).nullable(),
  resetsAt: time.nullable(),
  observedAt: time,
  points: z.array(windowPointSchema),
});

/** `accounts/<account>/windows.json` in the user's state folder. Not strict: one of a later version with more keys still counts. */
export const accountWindowsSchema = z.object({
  v: z.literal(1),
  primary: knownWindowSchema.nullable(),
  secondary: knownWindowSchema.nullable(),
  /** Uncached input and output tokens of all attempts that were taken in. */
  spentTokens: z.number(),
  /** Of these, what attempts that are still at work have spent, by attempt. */
  live: z.record(z.string(), z.number()).optional(),
  /** Attempts that were taken in, the latest last; one that a crash has reported twice counts once. */
  reported: z.array(z.string()),
  /** Unique per writing, so that a content never comes back. */
  token: z.string(),
});

export type WindowName = (typeof WINDOW_NAMES)[number];
export type ReportedWindow = z.infer<typeof reportedWindowSchema>;
export type WindowsReport = z.infer<typeof windowsReportSchema>;
export type WindowPoint = z.infer<typeof windowPointSchema>;
export type KnownWindow = z.infer<typeof knownWindowSchema>;
export type AccountWindows = z.infer<typeof accountWindowsSchema>;

/** A window as it is now, aged since it was seen. */
export interface WindowNow {
  readonly name: WindowName;
  readonly windowMinutes: number;
  /** 0 once its reset has passed. */
  readonly usedPercent: number;
  /** ISO 8601; null when it is empty, because the next one begins with the next work. */
  readonly resetsAt: string | null;
  readonly observedAt: string;
  /** What was seen before the reset that has passed since; null while the window is the one that was seen. */
  readonly before: { readonly usedPercent: number; readonly resetAt: string } | null;
}

/** A window as faces show it (`windows` of `cco.status/1` and `cco.window/1`). */
export const shownWindowSchema = z.strictObject({
  name: z.enum(WINDOW_NAMES),
  windowMinutes: z.number(),
  usedPercent: z.number(),
  resetsAt: z.string().nullable(),
});

/** `windows` of `cco.status/1`: the account that they belong to, and when they were seen. */
export const statusWindowSchema = shownWindowSchema.extend({ account: z.string(), observedAt: z.string() });

export type ShownWindow = z.infer<typeof shownWindowSchema>;
export type StatusWindow = z.infer<typeof statusWindowSchema>;

/** `.cco/forecast.json`: what the open tasks are expected to spend, in the order of submission; uncached input and output tokens. */
export const forecastSchema = z.object({
  v: z.literal(1),
  tasks: z.array(
    z.object({
      task: z.string(),
      state: z.enum(["waiting", "running"]),
      effort: z.string(),
      p50: z.number(),
      p90: z.number(),
      basis: z.enum(["history", "budget", "size"]),
    }),
  ),
});
export type Forecast = z.infer<typeof forecastSchema>;

/** What open work is expected to take of one window, in percent; half of such tasks take at most `p50`, nine in ten `p90`. */
const planPartSchema = z.strictObject({ name: z.enum(WINDOW_NAMES), p50: z.number(), p90: z.number() });

/** What came of asking for the windows (`cco window --refresh`). `not-asked`: this login has none. */
const windowRefreshSchema = z.strictObject({
  account: z.string().nullable(),
  result: z.enum(["read", "not-asked", "failed"]),
  why: z.string(),
});
export type WindowRefresh = z.infer<typeof windowRefreshSchema>;

/** `cco.window/1`. Times are ISO 8601. */
export const windowResultSchema = z.strictObject({
  schema: z.literal("cco.window/1"),
  refresh: windowRefreshSchema.optional(),
  accounts: z.array(
    z.strictObject({
      account: z.string(),
      observedAt: z.string(),
      windows: z.array(shownWindowSchema),
      forecast: z.strictObject({
        /** How fast each window is being used; `fullAt` null: it resets before. */
        burn: z.array(
          z.strictObject({ name: z.enum(WINDOW_NAMES), percentPerHour: z.number(), fullAt: z.string().nullable() }),
        ),
        reservePercent: z.number(),
        /** The open tasks of this project; null outside of one and for accounts that its workers do not use. */
        plan: z
          .strictObject({
            tasks: z.number(),
            /** Tasks that fit before a window would cross the reserve, in the order of submission. */
            fits: z.number(),
            takes: z.array(planPartSchema),
            /** The window that holds up the rest, and when it resets; null when all fit. */
            stops: z.strictObject({ name: z.enum(WINDOW_NAMES), until: z.string().nullable() }).nullable(),
          })
          .nullable(),
      }),
    }),
  ),
});
export type WindowResult = z.infer<typeof windowResultSchema>;
export type PlanReach = NonNullable<WindowResult["accounts"][number]["forecast"]["plan"]>;
