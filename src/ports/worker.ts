import type { CcoError } from "../kernel/errors.ts";
import type { Result } from "../kernel/result.ts";
import type { TokenRate } from "../kernel/token-cost.ts";
import type { Effort, Lane } from "../model/envelope.ts";
import type { Step } from "../model/step.ts";
import type { ProcessIdentity } from "../model/lease.ts";
import type { WorkerProgress } from "../model/leftover.ts";
import type { AttemptOutcome, ExitReason, ExitRecord } from "../model/outcome.ts";
import type { StuckLimits } from "../model/stuck.ts";
import type { WindowsReport } from "../model/window.ts";
import type { LiveWorker } from "./live-worker.ts";

/** What is left of a part of a task's budget, and the whole of it. */
interface BudgetPart {
  readonly left: number;
  readonly of: number;
}

/** What a session may use before it is ended with reason `budget`. `tokens`: uncached input and output. `rates`: by plain model name, for `usd`. */
export interface AttemptBudget {
  readonly toolCalls?: BudgetPart;
  readonly tokens?: BudgetPart;
  readonly usd?: BudgetPart;
  readonly rates?: Readonly<Record<string, TokenRate>>;
}

/** Limits of one attempt, all in milliseconds or bytes. The first one that is reached names the reason. */
export interface AttemptLimits {
  /** Ends with reason `soft-limit`: the work goes on in another session. Absent: none. */
  readonly softMs?: number;
  readonly hardMs: number;
  /** What is left of the task's minutes. Absent: it has no such budget. */
  readonly budgetMs?: number;
  /** Longest time that a question of an attached worker stays open; it is declined then. Absent: a day. */
  readonly askMs?: number;
  /** Absent: it has no budget of calls, tokens or money. */
  readonly budget?: AttemptBudget;
  /** Ends with reason `stuck`. Absent: nothing of it is looked at. */
  readonly stuck?: StuckLimits;
  readonly silenceMs: number;
  readonly killGraceMs: number;
  readonly outputBytes: number;
}

/** What an attempt in the cloud needs besides. */
export interface CloudOrder {
  /** Name or id of the environment that it works in. */
  readonly environment: string;
  /** Branch of the remote repository that it works from. */
  readonly branch: string;
  /** Shortest time between two looks at it, in ms. */
  readonly pollMs: number;
  /** Folders of the attempts before that were cut off, the latest first: a task that they have in the cloud is gone on with while it is open. */
  readonly goesOn: readonly string[];
  /** The change of the last attempt that left one, for the prompt; null when none did. */
  readonly before: string | null;
}

/** One attempt as it is handed to a worker. Self-contained: it could travel to another machine. */
export interface AttemptOrder {
  readonly task: string;
  readonly attempt: number;
  /** Attempt folder, absolute; the worker writes its evidence there and nowhere else. */
  readonly dir: string;
  /** The work tree, absolute; the worker's only writable place. */
  readonly cwd: string;
  /** The whole prompt; goes in on stdin. */
  readonly prompt: string;
  readonly effort: Effort;
  readonly network: boolean;
  /** True for roles that may only read. */
  readonly readOnly: boolean;
  /** `attached`: it may ask, and is answered while it works (`live`). Absent: it runs by itself. */
  readonly lane?: Lane;
  readonly limits: AttemptLimits;
  /** Present in the lane `cloud`. */
  readonly cloud?: CloudOrder;
}

/** What is installed and usable. `account` names the credit account (stable, no secret, safe as a folder name). */
export interface WorkerReadiness {
  readonly path: string;
  readonly version: string;
  readonly account: string;
  /** Words for people: what confinement this version gives. */
  readonly confinement: string;
  /** Login or key found, in words; null when there is none. */
  readonly login: string | null;
}

/** What a worker that is at work has heard of its account. */
export interface Heard {
  /** Account that the attempt was started with; null when that is not known. */
  readonly account: string | null;
  /** Uncached input and output tokens that it has spent by then. */
  readonly tokens: number;
  /** What the provider said last of the account's windows; null: nothing yet. */
  readonly report: WindowsReport | null;
}

/** What came of asking the provider for the windows of the account. `none`: this login has none. */
export type AskedWindows =
  | { readonly kind: "read"; readonly account: string; readonly report: WindowsReport }
  | { readonly kind: "none" | "failed"; readonly why: string };

/**
 * Drives attempts. Every method is idempotent: after a crash of the engine the same calls are made again.
 * `launch` starts the detached supervisor at most once per attempt folder, whoever calls it and how often.
 */
export interface Worker {
  /** The talk with attached workers; absent where there are none. */
  readonly live?: LiveWorker;
  readiness(): Promise<Result<WorkerReadiness, CcoError>>;
  launch(order: AttemptOrder): Promise<void>;
  /** Gets ready to launch in this attempt folder soon, while something else is done; whether it works or not shows nowhere. Never throws. */
  warm?(dir: string): Promise<void>;
  /** The process that answers for a launched attempt and outlives the engine; null when there is none (yet). */
  holder(dir: string): ProcessIdentity | null;
  /** Ends when the exit record is there; a supervisor that died without one yields reason `lost`, with nothing left running. */
  watch(dir: string, signal: AbortSignal): Promise<ExitRecord>;
  /** Reads the evidence of an ended attempt: signals, report, usage, failure. */
  collect(order: AttemptOrder, exit: ExitRecord): Promise<AttemptOutcome>;
  /** The change that a worker elsewhere has made, as the absolute path of a unified diff; null when it made none. Absent: all work in their work tree. */
  change?(dir: string): Promise<string | null>;
  /** What the worker of a collected attempt said and did; nothing where it left no trace. */
  progress(dir: string): Promise<WorkerProgress>;
  /** The steps at which the worker was seen in its own plan, oldest first, also while it is at work; empty when it makes none. */
  steps(dir: string): Promise<readonly Step[]>;
  /** What the worker of an attempt has heard of its account until now, also while it is at work; null while there is nothing to read. Each look reads only what is new. */
  heard?(dir: string): Promise<Heard | null>;
  /** Asks the provider for the windows of the account, within `limitMs`. Never throws for what the worker's program does. */
  askWindows?(limitMs: number): Promise<AskedWindows>;
  /** Asks the supervisor to end its whole process tree; returns at once. */
  stop(dir: string, reason: ExitReason): Promise<void>;
}
