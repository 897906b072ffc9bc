import { encodeFacts } from "../src/blackboard/journal-lines.ts";
import { openMemoryBoard } from "../src/blackboard/memory-board.ts";
import { openMemoryBreakers } from "../src/blackboard/memory-breakers.ts";
import type { MemoryDisk } from "../src/blackboard/memory-disk.ts";
import { openMemorySlots } from "../src/blackboard/memory-slots.ts";
import { openMemoryWindows } from "../src/blackboard/windows.ts";
import type { EngineDeps } from "../src/engine/deps.ts";
import { makeUlid } from "../src/kernel/ids.ts";
import { type Config, DEFAULT_CONFIG } from "../src/model/config.ts";
import type { ProcessIdentity } from "../src/model/lease.ts";
import type { Fact } from "../src/model/record.ts";
import type { Blackboard, CrashPoint } from "../src/ports/blackboard.ts";
import type { Notifier, Receiver } from "../src/ports/notifier.ts";
import type { Slots } from "../src/ports/slots.ts";
import type { LiveWorker } from "../src/ports/live-worker.ts";
import type { Worker } from "../src/ports/worker.ts";
import { openMemoryRepo } from "./memory-repo.ts";
import { openMemoryReviewer } from "./memory-reviewer.ts";
import { openMemorySandbox } from "./memory-sandbox.ts";
import { openMemoryWorker } from "./memory-worker.ts";
import { branchForwarded, workerLaunched } from "./observer.ts";
import type { Random } from "./random.ts";
import { filesAt } from "./repo-state.ts";
import type { SimProject, SimWorld } from "./sim-world.ts";
import { folderOf } from "./worker-yard.ts";

/** Version of the simulated cco. */
export const VERSION = "0.0.0";

/** The process that the ports are for. */
export interface EngineProcess {
  readonly identity: ProcessIdentity;
  readonly random: Random;
  readonly isGone: () => boolean;
  readonly reached: (point: CrashPoint) => void;
}

/** The ports of one engine process, before anything slows them down or cuts them off. */
export function enginePorts(world: SimWorld, project: SimProject, process: EngineProcess): EngineDeps {
  const { clock, weather } = world;
  const { random, identity } = process;
  const reader = world.machine.readerFor(identity);
  const board = openMemoryBoard(
    project.disk,
    { identity: reader, onCrashPoint: process.reached, snapshotBytes: world.plan.snapshotBytes },
    `${project.root}/.cco`,
  );
  return {
    project: project.root,
    version: VERSION,
    pid: identity.pid,
    board: lockedBoard(world, project, { board, startTime: identity.startTime }),
    worker: observedWorker(world, project, openMemoryWorker(world.yard, process.isGone)),
    sandbox: openMemorySandbox({
      clock,
      random: random.fork("sandbox"),
      moods: world.plan.moods,
      isGone: process.isGone,
      filesAt: (path) => filesAt(project.repo, path),
    }),
    reviewer: openMemoryReviewer({
      clock,
      random: random.fork("reviewer"),
      moods: world.plan.moods,
      isDown: () => clock.elapsed() < weather.noReviewerUntilMs,
    }),
    repo: openMemoryRepo(project.repo, (forward) => branchForwarded(world, project, forward)),
    slots: writingSlots(openMemorySlots(world.leases, reader), project.disk),
    breakers: openMemoryBreakers(world.breakers, reader),
    windows: openMemoryWindows(world.windows),
    notifier: memoryNotifier(world, process),
    clock,
    ids: { next: () => makeUlid(clock.now(), random.next) },
    log: {
      info: (message) => world.trace(() => `${project.name} info: ${message}`),
      warn(message) {
        world.trace(() => `${project.name} warn: ${message}`);
        const isFault = message.startsWith("history is not put away") && !message.includes("BOARD_WRITE");
        world.findings.expect(!isFault || message.includes("cannot write"), "snapshot", project.name, () => message);
      },
    },
    random: random.next,
    recentTasks: world.plan.recentTasks,
    loadConfig: async () => configOf(world.plan.parallel),
    loadPrices: async () => SIMULATED_PRICES,
    renderPrompt: (envelope, { attempt }) => `Task ${envelope.task}, attempt ${attempt}`,
  };
}

/** What the simulated worker costs, in USD per million tokens. */
const SIMULATED_PRICES = [
  { model: "simulated", date: "2026-01-01", input: 2, cachedInput: 0.2, output: 10, source: "simulator" },
];

/** A receiver that is slow and often away. One engine delivers nothing to it twice. */
function memoryNotifier({ clock, findings }: SimWorld, { random, isGone }: EngineProcess): Notifier {
  const got = new Set<string>();
  const moods = random.fork("receiver");
  const deliver: Receiver["deliver"] = async (event, signal) => {
    await clock.sleep(moods.int(1, 3000), signal);
    if (moods.chance(0.3)) return { ok: false, again: moods.chance(0.8), why: "away" };
    if (!isGone()) findings.expect(!got.has(event.id), "told-twice", event.id, () => event.line);
    got.add(event.id);
    return { ok: true };
  };
  return { receivers: () => [{ key: "memory", name: "memory", deliver }] };
}

/** Settings with which hours of work fit into minutes of virtual time. */
function configOf(parallel: number): Config {
  return {
    ...DEFAULT_CONFIG,
    worker: { parallel, softMinutes: 0.7, hardMinutes: 1.5, silenceSeconds: 20, killGraceSeconds: 2 },
    cloud: { environment: "simulated", pollSeconds: 1, hardMinutes: 1.5 },
    verify: { minutes: 0.2 },
    review: { ...DEFAULT_CONFIG.review, minutes: 0.5 },
    breaker: { failures: 3, windowSeconds: 60, cooldownSeconds: 60, maxCooldownSeconds: 180, identical: 5 },
    dead: { highMinutes: 0.7, mediumMinutes: 1.5, lowMinutes: 4, archiveDays: 0.005 },
    cards: { deadlineHours: 0.03 },
    engine: { idleSeconds: 5 },
  };
}

/** A board that sees to it that nobody but the holder of the lock writes the journal. */
function lockedBoard(world: SimWorld, project: SimProject, of: { board: Blackboard; startTime: string }): Blackboard {
  const { board, startTime } = of;
  return {
    ...board,
    async append(facts, nowMs) {
      const holder = project.disk.files.get("engine.lock") ?? "nobody";
      const isHolder = holder.includes(`"startTime":"${startTime}"`);
      world.findings.expect(isHolder, "two-engines", project.name, () => `it writes while the lock says ${holder}`);
      return board.append(facts, nowMs);
    },
  };
}

/** A worker whose folders lie on the project's disk. */
function observedWorker(world: SimWorld, { disk }: SimProject, worker: Worker): Worker {
  const { live } = worker;
  return {
    ...worker,
    async launch(order) {
      disk.checkWrite(order.dir);
      workerLaunched(world, folderOf(world.yard, order.dir));
      return worker.launch(order);
    },
    async stop(dir, reason) {
      disk.checkWrite(dir);
      return worker.stop(dir, reason);
    },
    ...(live === undefined ? {} : { live: writingLive(live, disk) }),
  };
}

function writingLive(live: LiveWorker, disk: MemoryDisk): LiveWorker {
  return {
    ...live,
    async reply(dir, n, reply) {
      disk.checkWrite(dir);
      return live.reply(dir, n, reply);
    },
    async steer(dir, k, text) {
      disk.checkWrite(dir);
      return live.steer(dir, k, text);
    },
  };
}

/** Slots whose leases lie on the same disk. */
function writingSlots(slots: Slots, disk: MemoryDisk): Slots {
  const checked = async <T>(work: () => Promise<T>): Promise<T> => {
    disk.checkWrite("slots");
    return work();
  };
  return {
    free: (account, limit) => slots.free(account, limit),
    acquire: (account, limit, holder) => checked(() => slots.acquire(account, limit, holder)),
    bind: (account, holder, worker) => checked(() => slots.bind(account, holder, worker)),
    // Removing a file needs no room.
    release: (account, holder) => slots.release(account, holder),
  };
}

const JOURNAL = "journal/000001.jsonl";

/** Leaves on the disk what a crash in the middle of writing a batch leaves: a part of it, never all of it. `part` is in [0, 1). */
export function tearJournal(disk: MemoryDisk, facts: readonly Fact[], part: number): void {
  const text = disk.files.get(JOURNAL) ?? "";
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  const batch = encodeFacts(facts, whole.split("\n").length, 0).text;
  disk.files.set(JOURNAL, whole + batch.slice(0, Math.floor((batch.length - 1) * part)));
}
