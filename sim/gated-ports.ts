import { inOrder, makeQueues } from "../src/blackboard/write-order.ts";
import type { EngineDeps } from "../src/engine/deps.ts";
import type { Blackboard } from "../src/ports/blackboard.ts";
import type { Clock } from "../src/ports/clock.ts";
import type { Repo } from "../src/ports/repo.ts";
import type { Slots } from "../src/ports/slots.ts";
import type { LiveWorker } from "../src/ports/live-worker.ts";
import type { Worker } from "../src/ports/worker.ts";
import { type Gate, never } from "./gate.ts";

/** The same ports behind the gate of an engine. What is slow keeps the order that the ports promise. */
export function gateDeps(deps: EngineDeps, gate: Gate): EngineDeps {
  const { call } = gate;
  return {
    ...deps,
    board: gateBoard(deps.board, gate),
    worker: gateWorker(deps.worker, gate),
    sandbox: { run: (job, signal) => call(() => deps.sandbox.run(job, signal)) },
    reviewer: {
      readiness: () => call(() => deps.reviewer.readiness()),
      review: (order, signal) => call(() => deps.reviewer.review(order, signal)),
      read: (order, signal) => call(() => deps.reviewer.read(order, signal)),
      judge: (order, signal) => call(() => deps.reviewer.judge(order, signal)),
      diagnose: (order, signal) => call(() => deps.reviewer.diagnose(order, signal)),
      attack: (order, signal) => call(() => deps.reviewer.attack(order, signal)),
    },
    repo: gateRepo(deps.repo, gate),
    slots: gateSlots(deps.slots, gate),
    breakers: {
      identity: deps.breakers.identity,
      list: () => call(() => deps.breakers.list()),
      read: (name) => call(() => deps.breakers.read(name)),
      update: (name, change) => call(() => deps.breakers.update(name, change)),
    },
    windows: {
      list: () => call(() => deps.windows.list()),
      read: (name) => call(() => deps.windows.read(name)),
      update: (name, change) => call(() => deps.windows.update(name, change)),
    },
    clock: gateClock(deps.clock, gate),
    loadConfig: () => call(() => deps.loadConfig()),
  };
}

/** The clock is not slow: it wakes a living engine in time and a dead one never. */
function gateClock(clock: Clock, gate: Gate): Clock {
  return {
    now: () => clock.now(),
    async sleep(ms, signal) {
      if (gate.isGone()) return never();
      await clock.sleep(ms, signal);
      return gate.isGone() ? never() : undefined;
    },
  };
}

function gateBoard(board: Blackboard, { call }: Gate): Blackboard {
  const queues = makeQueues();
  const inTurn = <T>(subject: string, work: () => Promise<T>): Promise<T> => inOrder(queues, subject, () => call(work));
  return {
    paths: board.paths,
    lock: () => inTurn("journal", () => board.lock()),
    unlock: () => inTurn("journal", () => board.unlock()),
    readJournal: (options) => inTurn("journal", () => board.readJournal(options)),
    snapshotDue: () => board.snapshotDue(),
    saveSnapshot: (snapshot) => inTurn("journal", () => board.saveSnapshot(snapshot)),
    archiveJournal: () => inTurn("archive", () => board.archiveJournal()),
    append: (facts, nowMs) => inTurn("journal", () => board.append(facts, nowMs)),
    readInbox: () => call(() => board.readInbox()),
    deleteInboxItem: (id) => call(() => board.deleteInboxItem(id)),
    writeFile: (path, content, options) => inTurn(path, () => board.writeFile(path, content, options)),
    appendLines: (path, lines, options) => inTurn(path, () => board.appendLines(path, lines, options)),
    syncLines: (path) => inTurn(path, () => board.syncLines(path)),
    removeFile: (path) => inTurn(path, () => board.removeFile(path)),
    readFile: (path) => call(() => board.readFile(path)),
    lastLines: (path, limitBytes) => call(() => board.lastLines(path, limitBytes)),
    watchInbox: (onHint) => board.watchInbox(onHint),
    crashPoint: (point) => board.crashPoint(point),
  };
}

const NO_WINDOWS = { kind: "none", why: "" } as const;

function gateWorker(worker: Worker, gate: Gate): Worker {
  const { call } = gate;
  const { live } = worker;
  return {
    ...(live === undefined ? {} : { live: gateLive(live, gate) }),
    readiness: () => call(() => worker.readiness()),
    launch: (order) => call(() => worker.launch(order)),
    holder: (dir) => worker.holder(dir),
    watch: (dir, signal) => call(() => worker.watch(dir, signal)),
    collect: (order, exit) => call(() => worker.collect(order, exit)),
    change: (dir) => call(async () => worker.change?.(dir) ?? null),
    progress: (dir) => call(() => worker.progress(dir)),
    steps: (dir) => call(() => worker.steps(dir)),
    heard: (dir) => call(async () => (await worker.heard?.(dir)) ?? null),
    askWindows: (limitMs) => call(async () => (await worker.askWindows?.(limitMs)) ?? NO_WINDOWS),
    stop: (dir, reason) => call(() => worker.stop(dir, reason)),
  };
}

function gateLive(live: LiveWorker, { call, isGone }: Gate): LiveWorker {
  return {
    asks: (dir, known) => call(() => live.asks(dir, known)),
    reply: (dir, n, reply) => call(() => live.reply(dir, n, reply)),
    steer: (dir, k, text) => call(() => live.steer(dir, k, text)),
    onAsk: (dir, onAsk) => live.onAsk(dir, () => (isGone() ? undefined : onAsk())),
  };
}

function gateSlots(slots: Slots, { call }: Gate): Slots {
  return {
    free: (account, limit) => call(() => slots.free(account, limit)),
    acquire: (account, limit, holder) => call(() => slots.acquire(account, limit, holder)),
    bind: (account, holder, worker) => call(() => slots.bind(account, holder, worker)),
    release: (account, holder) => call(() => slots.release(account, holder)),
  };
}

function gateRepo(repo: Repo, { call }: Gate): Repo {
  return {
    base: () => call(() => repo.base()),
    dirtyFiles: () => call(() => repo.dirtyFiles()),
    openWorktree: (order) => call(() => repo.openWorktree(order)),
    seal: (place, base, message) => call(() => repo.seal(place, base, message)),
    restore: (place, commit) => call(() => repo.restore(place, commit)),
    applyChange: (place, base, file) => call(() => repo.applyChange(place, base, file)),
    upstream: (branch) => call(() => repo.upstream(branch)),
    published: (at, commit) => call(() => repo.published(at, commit)),
    changes: (place, base) => call(() => repo.changes(place, base)),
    writeDiff: (place, range, file, limitBytes) => call(() => repo.writeDiff(place, range, file, limitBytes)),
    rebase: (place, branch) => call(() => repo.rebase(place, branch)),
    fastForward: (branch, from, to) => call(() => repo.fastForward(branch, from, to)),
    tip: (branch) => call(() => repo.tip(branch)),
    branches: (folder) => call(() => repo.branches(folder)),
    openScratch: (path, commit) => call(() => repo.openScratch(path, commit)),
    dropScratch: (path) => call(() => repo.dropScratch(path)),
    writeScratchFile: (scratch, file, mayReplace) => call(() => repo.writeScratchFile(scratch, file, mayReplace)),
    readScratchFile: (scratch, path) => call(() => repo.readScratchFile(scratch, path)),
    scratchEdits: (scratch) => call(() => repo.scratchEdits(scratch)),
    thinScratch: (scratch, choose) => call(() => repo.thinScratch(scratch, choose)),
    closeWorktree: (place) => call(() => repo.closeWorktree(place)),
    dropMergedBranch: (branch, into) => call(() => repo.dropMergedBranch(branch, into)),
  };
}
