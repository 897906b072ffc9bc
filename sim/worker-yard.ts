import { isoTime } from "../src/kernel/durations.ts";
import type { ProcessIdentity } from "../src/model/lease.ts";
import { type ExitReason, type ExitRecord, NO_USAGE, type Usage } from "../src/model/outcome.ts";
import type { AttemptOrder } from "../src/ports/worker.ts";
import type { VirtualClock } from "./clock.ts";
import type { Machine } from "./machine.ts";
import type { Random } from "./random.ts";
import type { Ending, Story } from "./worker-stories.ts";

/** An attempt folder as it lies on disk, and the processes that belong to it. */
export interface AttemptFolder {
  readonly dir: string;
  order: AttemptOrder | null;
  /** The supervisor that a launch has noted. */
  launched: ProcessIdentity | null;
  /** Who has the folder; `nobody`: barred, because it was given up. */
  claim: "none" | "nobody" | ProcessIdentity;
  stop: ExitReason | null;
  exit: ExitRecord | null;
  /** True while the worker process runs, with or without its supervisor. */
  working: boolean;
  /** How often a worker was started here. */
  starts: number;
  usage: Usage;
  told: Extract<Ending, { by: "exit" }> | null;
  resetsAt: string | null;
  readonly watchers: Set<() => void>;
}

/** What the yard asks of the world around it. */
export interface YardDeps {
  readonly clock: VirtualClock;
  readonly machine: Machine;
  readonly random: Random;
  /** What the worker of this order will do; asked when it starts. `resetsAt`: ISO 8601, when a credit window is used up. */
  story(order: AttemptOrder): { readonly story: Story; readonly resetsAt: string | null };
  /** Does the worker's edits in its work tree. */
  work(order: AttemptOrder, work: Story["work"]): void;
  onStart(folder: AttemptFolder): void;
  onEnd(folder: AttemptFolder): void;
}

/** All attempts of all projects of the machine. Supervisors and workers live here on the virtual clock; no engine can take them along. */
export interface WorkerYard {
  readonly deps: YardDeps;
  readonly folders: ReadonlyMap<string, AttemptFolder>;
  folder(dir: string): AttemptFolder;
  /** Starts a supervisor process for a folder that has its order. */
  spawn(folder: AttemptFolder): ProcessIdentity;
  /** Tells a supervisor to end its worker. */
  signal(folder: AttemptFolder): void;
  /** Ends what is left of an attempt without a supervisor and writes `lost`. */
  giveUp(folder: AttemptFolder): void;
  /** Kills a supervisor; its worker too unless `alone`. */
  kill(folder: AttemptFolder, alone: boolean): void;
  /** Every process ends, as in a crash of the machine. */
  reboot(): void;
}

/** Longest time from the start of a supervisor to its claim, and from its death to being noticed, in ms. */
const CLAIM_MS = 200;
const NOTICE_MS = 400;

/** An empty yard. */
export function makeWorkerYard(deps: YardDeps): WorkerYard {
  const { clock, machine } = deps;
  const folders = new Map<string, AttemptFolder>();

  function folder(dir: string): AttemptFolder {
    const found = folders.get(dir) ?? newFolder(dir);
    folders.set(dir, found);
    return found;
  }

  function claimAndRun(it: AttemptFolder, me: ProcessIdentity): void {
    if (!machine.isAlive(me)) return;
    if (it.claim !== "none" || it.order === null) return machine.end(me);
    it.claim = me;
    if (it.stop !== null) finish(it, { reason: it.stop, code: null, signal: null });
    else startWorker(it, it.order, me);
  }

  function startWorker(it: AttemptFolder, order: AttemptOrder, me: ProcessIdentity): void {
    const random = deps.random.fork(order.dir);
    const { story, resetsAt } = deps.story(order);
    it.starts += 1;
    it.working = true;
    it.resetsAt = resetsAt;
    it.usage = { ...NO_USAGE, inputTokens: random.int(1, 900), outputTokens: random.int(1, 90) };
    deps.onStart(it);
    const takes = story.quick === true ? random.spread(100, 2000) : random.spread(500, 40_000);
    const then = (part: number, work: () => void): void => {
      clock.after(takes * part, () => {
        if (it.working && machine.isAlive(me)) work();
      });
    };
    if (story.work !== "none") then(0.3, () => deps.work(order, "half"));
    then(0.7, () => deps.work(order, story.work));
    then(1, () => endOf(it, order, story.ending));
  }

  function endOf(it: AttemptFolder, order: AttemptOrder, ending: Ending): void {
    const { hardMs, silenceMs } = order.limits;
    const limit = (ms: number, reason: ExitReason): void => {
      clock.after(ms, () => finish(it, { reason, code: null, signal: "SIGKILL" }));
    };
    if (ending.by === "exit") {
      it.told = ending;
      return finish(it, { reason: ending.code === 0 ? "completed" : "exit-code", code: ending.code, signal: null });
    }
    if (ending.by === "silence") return limit(Math.min(silenceMs, hardMs), "silent");
    if (ending.by === "deadline") return limit(hardMs, "deadline");
    if (ending.by === "signal") return finish(it, { reason: "signal", code: null, signal: "SIGKILL" });
    return kill(it, ending.by === "supervisor-death-alone");
  }

  function endWorker(it: AttemptFolder): void {
    if (!it.working) return;
    it.working = false;
    deps.onEnd(it);
  }

  /** What a supervisor does last; nothing when it is dead or has done it. */
  function finish(it: AttemptFolder, how: Pick<ExitRecord, "reason" | "code" | "signal">): void {
    if (typeof it.claim === "string" || !machine.isAlive(it.claim) || it.exit !== null) return;
    endWorker(it);
    it.exit = exitRecord(how, "", clock.now());
    machine.end(it.claim);
    notify(it);
  }

  function kill(it: AttemptFolder, alone: boolean): void {
    if (typeof it.claim === "string" || !machine.isAlive(it.claim)) return;
    machine.end(it.claim);
    if (!alone) endWorker(it);
    clock.after(deps.random.int(1, NOTICE_MS), () => notify(it));
  }

  return {
    deps,
    folders,
    folder,
    spawn(it) {
      const me = machine.start();
      clock.after(deps.random.int(1, CLAIM_MS), () => claimAndRun(it, me));
      return me;
    },
    signal(it) {
      const graceMs = it.order?.limits.killGraceMs ?? 0;
      clock.after(deps.random.int(0, graceMs), () => {
        finish(it, { reason: it.stop ?? "cancelled", code: null, signal: "SIGTERM" });
      });
    },
    giveUp(it) {
      if (it.claim === "none") it.claim = "nobody";
      if (it.exit !== null) return;
      endWorker(it);
      it.exit = exitRecord({ reason: "lost", code: null, signal: null }, "no exit record", clock.now());
      notify(it);
    },
    kill,
    reboot() {
      for (const it of folders.values()) endWorker(it);
    },
  };
}

function notify(folder: AttemptFolder): void {
  for (const wake of folder.watchers) wake();
}

function newFolder(dir: string): AttemptFolder {
  return {
    dir,
    order: null,
    launched: null,
    claim: "none",
    stop: null,
    exit: null,
    working: false,
    starts: 0,
    usage: NO_USAGE,
    told: null,
    resetsAt: null,
    watchers: new Set(),
  };
}

function exitRecord(how: Pick<ExitRecord, "reason" | "code" | "signal">, detail: string, nowMs: number): ExitRecord {
  return { v: 1, ...how, detail, startedAt: isoTime(nowMs), endedAt: isoTime(nowMs) };
}
