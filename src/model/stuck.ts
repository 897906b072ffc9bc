import * as z from "zod";
import type { TokenRate } from "../kernel/token-cost.ts";

/** A part of an estimate. `expected`: the estimate; `before`: what the task used before this session; more than `left` in it ends it. */
export interface EstimatePart {
  readonly expected: number;
  readonly before: number;
  readonly left: number;
}

/**
 * When a session counts as stuck, or as far beyond its estimate (mission F5, F1); it is ended with reason `stuck`. What is absent is not
 * looked at. Calls that only wait and changes of the worker's plan are not counted; `before` are those of the sessions that it goes on with.
 */
export interface StuckLimits {
  /** The same call with the same result so often, with nothing new in between. */
  readonly repeats?: number;
  /** More calls than `most`. */
  readonly calls?: { readonly before: number; readonly plan: number; readonly most: number };
  /** More calls than `plan`, and none of the last `idle` ones changed a file. */
  readonly growing?: { readonly before: number; readonly plan: number; readonly idle: number };
  /** `tasks`: ended ones that the estimate is made of; `tokens`: uncached input and output; `rates`: by plain model name, for `usd`. */
  readonly estimate?: {
    readonly tasks: number;
    readonly tokens?: EstimatePart;
    readonly usd?: EstimatePart;
    readonly minutes?: EstimatePart;
    readonly rates?: Readonly<Record<string, TokenRate>>;
  };
}

/** What a worker did again and again: each of the calls that took turns, with its result. Bounded, without secrets once it is recorded. */
export const repeatedSchema = z.strictObject({
  times: z.number(),
  calls: z.array(z.strictObject({ kind: z.enum(["command", "patch", "call"]), what: z.string(), result: z.string() })),
});

export type Repeated = z.infer<typeof repeatedSchema>;
