import { isoTime } from "../src/kernel/durations.ts";
import type { ProcessIdentity } from "../src/model/lease.ts";
import { type ExitReason, type ExitRecord, NO_USAGE, type Usage } from "../src/model/outcome.ts";
import type { AttemptOrder } from "../src/ports/worker.ts";
import type { VirtualClock } from "./clock.ts";
import type { Machine } from "./machine.ts";
import type { Random } from "./random.ts";
import type { AskReply } from "../src/model/ask.ts";
import type { Ending, Story } from "./worker-stories.ts";
import { askSomething, emptyMail, type Mail, waitedIn } from "./worker-talk.ts";

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
  /** What an attached worker has asked and was told. */
  readonly mail: Mail;
}

/** An answer as it is brought to a folder. `first`: the one that lies there. */
export interface Replied {
  readonly dir: string;
  readonly n: number;
  readonly isAsked: boolean;
  readonly first: AskReply | undefined;
  readonly reply: AskReply;
}

/** Words as they are brought to a folder. */
export interface Steered {
  readonly dir: string;
  readonly k: number;
  readonly isNext: boolean;
  readonly first: string | undefined;
  readonly text: string;
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
  /** True when the worker of this folder has made a change elsewhere than in a work tree. */
  hasChange(dir: string): boolean;
  onStart(folder: AttemptFolder): void;
  onEnd(folder: AttemptFolder): void;
  onReply(replied: Replied): void;
  onSteer(steered: Steered): void;
}

/** All attempts of all projects of the machine. Supervisors and workers live on the virtual clock; no engine takes them along when it dies. */
export interface WorkerYard {
  readonly deps: YardDeps;
  readonly folders: Map<string, AttemptFolder>;
}

/** Longest time from the start of a supervisor to its claim, and from its death to being noticed, in ms. */
const CLAIM_MS = 200;
const NOTICE_MS = 400;

/** An empty yard. */
export function makeWorkerYard(deps: YardDeps): WorkerYard {
  return { deps, folders: new Map() };
}

/** The folder of an attempt, empty when nothing has happened in it. */
export function folderOf(yard: WorkerYard, dir: string): AttemptFolder {
  const found = yard.folders.get(dir) ?? newFolder(dir);
  yard.folders.set(dir, found);
  return found;
}

/** Starts a supervisor process for a folder that has its order; the one that claims the folder first starts the worker. */
export function spawnSupervisor(yard: WorkerYard, folder: AttemptFolder): ProcessIdentity {
  const { clock, machine, random } = yard.deps;
  const me = machine.start();
  clock.after(random.int(1, CLAIM_MS), () => {
    if (!machine.isAlive(me)) return;
    if (folder.claim !== "none" || folder.order === null) return machine.end(me);
    folder.claim = me;
    if (folder.stop !== null) finish(yard, folder, { reason: folder.stop, code: null, signal: null });
    else startWorker(yard, folder, folder.order);
  });
  return me;
}

/** Asks the supervisor to end its worker; nothing when it has none. */
export function askToEnd(yard: WorkerYard, folder: AttemptFolder): void {
  const graceMs = folder.order?.limits.killGraceMs ?? 0;
  yard.deps.clock.after(yard.deps.random.int(0, graceMs), () => {
    finish(yard, folder, { reason: folder.stop ?? "cancelled", code: null, signal: "SIGTERM" });
  });
}

/** Ends what is left of an attempt without a supervisor, bars its folder and writes `lost`. */
export function giveUp(yard: WorkerYard, folder: AttemptFolder): void {
  if (folder.claim === "none") folder.claim = "nobody";
  if (folder.exit !== null) return;
  endWorker(yard, folder);
  folder.exit = exitRecord({ reason: "lost", code: null, signal: null }, yard.deps.clock.now());
  wakeWatchers(folder);
}

/** Kills a supervisor; its worker too unless `alone`. */
export function killSupervisor(yard: WorkerYard, folder: AttemptFolder, alone: boolean): void {
  const { clock, machine, random } = yard.deps;
  if (typeof folder.claim === "string" || !machine.isAlive(folder.claim)) return;
  machine.end(folder.claim);
  if (!alone) endWorker(yard, folder);
  clock.after(random.int(1, NOTICE_MS), () => wakeWatchers(folder));
}

/** Every worker ends, as in a crash of the machine. */
export function killAllWorkers(yard: WorkerYard): void {
  for (const folder of yard.folders.values()) endWorker(yard, folder);
}

function startWorker(yard: WorkerYard, folder: AttemptFolder, order: AttemptOrder): void {
  const { deps } = yard;
  const own = deps.random.fork(order.dir);
  const { story, resetsAt } = deps.story(order);
  const supervisor = folder.claim;
  folder.starts += 1;
  folder.working = true;
  folder.resetsAt = resetsAt;
  folder.usage = { ...NO_USAGE, inputTokens: own.int(1, 900), outputTokens: own.int(1, 90) };
  deps.onStart(folder);
  const takesMs = story.quick === true ? own.spread(100, 2000) : own.spread(500, 40_000);
  const then = (part: number, step: () => void): void => {
    deps.clock.after(takesMs * part, () => {
      if (folder.working && typeof supervisor !== "string" && deps.machine.isAlive(supervisor)) step();
    });
  };
  const parts: readonly Part[] = [
    ...(story.work === "none" ? [] : [{ at: 0.3, does: () => deps.work(order, "half") }]),
    { at: 0.7, does: () => deps.work(order, story.work) },
    { at: 1, does: () => endAsTold(yard, folder, story.ending) },
  ];
  if (order.lane === "attached") workAttached(yard, folder, { parts, takesMs, random: own.fork("talk") });
  else for (const { at, does } of parts) then(at, does);
  watchLimits(yard, folder, order);
}

/** Something that a worker does, after this share of its time. */
interface Part {
  readonly at: number;
  readonly does: () => void;
}

/** One part after the other; now and then it asks between two of them, and goes on when it was answered. */
function workAttached(
  yard: WorkerYard,
  folder: AttemptFolder,
  { parts, takesMs, random }: { readonly parts: readonly Part[]; readonly takesMs: number; readonly random: Random },
): void {
  const { clock, machine } = yard.deps;
  const supervisor = folder.claim;
  const lives = (): boolean => folder.working && typeof supervisor !== "string" && machine.isAlive(supervisor);
  const asker = { name: folder.dir, clock, random, askMs: folder.order?.limits.askMs ?? 0 };
  const goOn = (index: number): void => {
    const part = parts[index];
    if (part === undefined || !lives()) return;
    if (random.chance(0.4)) return askSomething(folder.mail, asker, () => goOn(index));
    clock.after(takesMs * (part.at - (parts[index - 1]?.at ?? 0)), () => {
      if (!lives()) return;
      part.does();
      goOn(index + 1);
    });
  };
  goOn(0);
}

/** The first limit that is reached ends the worker, whatever it does. */
function watchLimits(yard: WorkerYard, folder: AttemptFolder, { limits }: AttemptOrder): void {
  const ends: readonly (readonly [ExitReason, number | undefined])[] = [
    ["soft-limit", limits.softMs],
    ["budget", limits.budgetMs],
    ["deadline", limits.hardMs],
  ];
  for (const [reason, ms] of ends) {
    if (ms !== undefined) afterWork(yard, folder, { ms, accountedMs: 0, reason });
  }
}

/** The clocks of a worker stand still while a question of it is open. */
function afterWork(
  yard: WorkerYard,
  folder: AttemptFolder,
  { ms, accountedMs, reason }: { readonly ms: number; readonly accountedMs: number; readonly reason: ExitReason },
): void {
  const { clock } = yard.deps;
  clock.after(ms, () => {
    const waitedMs = waitedIn(folder.mail, clock.elapsed());
    const leftMs = waitedMs - accountedMs;
    if (leftMs > 0) afterWork(yard, folder, { ms: leftMs, accountedMs: waitedMs, reason });
    else finish(yard, folder, { reason, code: null, signal: "SIGKILL" });
  });
}

function endAsTold(yard: WorkerYard, folder: AttemptFolder, ending: Ending): void {
  switch (ending.by) {
    case "exit":
      folder.told = ending;
      return finish(yard, folder, {
        reason: ending.code === 0 ? "completed" : "exit-code",
        code: ending.code,
        signal: null,
      });
    case "silence": {
      const silenceMs = folder.order?.limits.silenceMs ?? 0;
      const silent = { reason: "silent", code: null, signal: "SIGKILL" } as const;
      yard.deps.clock.after(silenceMs, () => finish(yard, folder, silent));
      return;
    }
    case "stuck":
      // Without such a limit it goes in circles until another one is reached.
      if (folder.order?.limits.stuck?.repeats === undefined) return;
      return finish(yard, folder, { reason: "stuck", code: null, signal: "SIGINT" });
    case "never":
      return;
    case "signal":
      return finish(yard, folder, { reason: "signal", code: null, signal: "SIGKILL" });
    case "supervisor-death":
      return killSupervisor(yard, folder, false);
    case "supervisor-death-alone":
      return killSupervisor(yard, folder, true);
  }
}

/** What a supervisor does last; nothing when it is dead or has done it. */
function finish(yard: WorkerYard, folder: AttemptFolder, how: Pick<ExitRecord, "reason" | "code" | "signal">): void {
  const { machine, clock } = yard.deps;
  const { claim } = folder;
  if (typeof claim === "string" || !machine.isAlive(claim) || folder.exit !== null) return;
  endWorker(yard, folder);
  folder.exit = exitRecord(how, clock.now());
  machine.end(claim);
  wakeWatchers(folder);
}

function endWorker(yard: WorkerYard, folder: AttemptFolder): void {
  if (!folder.working) return;
  folder.working = false;
  yard.deps.onEnd(folder);
}

function wakeWatchers(folder: AttemptFolder): void {
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
    mail: emptyMail(),
  };
}

function exitRecord(how: Pick<ExitRecord, "reason" | "code" | "signal">, nowMs: number): ExitRecord {
  return { v: 1, ...how, detail: "", startedAt: isoTime(nowMs), endedAt: isoTime(nowMs) };
}
