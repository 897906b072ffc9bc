import type { Config } from "../model/config.ts";
import type { Envelope } from "../model/envelope.ts";
import type { Fact, Feedback } from "../model/record.ts";
import type { TaskOutcome } from "../model/ledger.ts";
import type { Price } from "../model/prices.ts";
import type { Task, World } from "../model/task.ts";
import type { Blackboard } from "../ports/blackboard.ts";
import type { Breakers } from "../ports/breakers.ts";
import type { Clock } from "../ports/clock.ts";
import type { Ids } from "../ports/ids.ts";
import type { Log } from "../ports/log.ts";
import type { Notifier } from "../ports/notifier.ts";
import type { Repo } from "../ports/repo.ts";
import type { Reviewer } from "../ports/reviewer.ts";
import type { Sandbox } from "../ports/sandbox.ts";
import type { Slots } from "../ports/slots.ts";
import type { UserCaps } from "../ports/user-caps.ts";
import type { Windows } from "../ports/windows.ts";
import type { WindowNow } from "../model/window.ts";
import type { Worker } from "../ports/worker.ts";

/** What a prompt is for. `sessionMinutes`: the soft limit of the session; absent when the work is not cut into chunks. */
export interface PromptAbout {
  readonly attempt: number;
  readonly feedback: Feedback | null;
  readonly sessionMinutes?: number;
}

/** Everything the engine is given; it knows ports only. */
export interface EngineDeps {
  readonly project: string;
  readonly version: string;
  readonly pid: number;
  readonly board: Blackboard;
  readonly worker: Worker;
  readonly sandbox: Sandbox;
  readonly reviewer: Reviewer;
  readonly repo: Repo;
  readonly slots: Slots;
  readonly breakers: Breakers;
  readonly windows: Windows;
  /** Absent: there are no caps over all projects of the user. */
  readonly userCaps?: UserCaps;
  readonly notifier: Notifier;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  /** Ended tasks that stay in memory, the latest ones; 0 = none. */
  readonly recentTasks: number;
  /** The project's settings as they are now. */
  loadConfig(): Promise<Config>;
  /** The price table as it is now; never throws. */
  loadPrices(): Promise<readonly Price[]>;
  /** The worker's prompt for one attempt. */
  renderPrompt(envelope: Envelope, about: PromptAbout): string;
}

/** What an effect gets: the ports, the settings, its task as it was when the effect began. */
export interface EffectContext {
  readonly deps: EngineDeps;
  readonly config: Config;
  readonly task: Task;
  readonly world: World;
  /** Tasks that have ended lately, oldest first: what their effort achieved and cost. */
  readonly history: readonly TaskOutcome[];
  /** Credit windows of the workers' account; empty where nobody has reported any. */
  readonly windows: readonly WindowNow[];
  /** Brings the next decision forward. */
  readonly wake: () => void;
  /** Aborts when the effect is no longer wanted. */
  readonly signal: AbortSignal;
}

/** An effect does its work and says what happened. It may run again after a crash: everything it does is idempotent. */
export type EffectRun = (context: EffectContext) => Promise<readonly Fact[]>;
