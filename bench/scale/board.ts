import { openBoard } from "../../src/blackboard/board.ts";
import { decide } from "../../src/decide/decide.ts";
import { applyRecord } from "../../src/decide/fold.ts";
import { createDerivedLines } from "../../src/engine/derived-lines.ts";
import { createHistory, LEDGER_FILE } from "../../src/engine/ledger.ts";
import { createProjector } from "../../src/engine/pages/projector.ts";
import { restoreWorld } from "../../src/engine/restore.ts";
import { createRetirement } from "../../src/engine/retire.ts";
import { DEFAULT_CONFIG } from "../../src/model/config.ts";
import type { Fact } from "../../src/model/record.ts";
import type { Blackboard } from "../../src/ports/blackboard.ts";
import { processIdentities } from "../../src/process/process-identity.ts";
import { factsOfFinished, factsOfOpen } from "./facts.ts";

/** What putting tasks on a board has cost, over all of them. */
export interface Cost {
  readonly ms: number;
  readonly cpuMs: number;
}

/** How tasks get onto a board. `durable` false: nothing waits for the disk, for the building of large boards. */
export interface Adding {
  readonly root: string;
  readonly version: string;
  readonly from: number;
  readonly count: number;
  readonly kind: "finished" | "open";
  readonly durable: boolean;
}

/** Tasks in one batch of the journal while a board is built. */
const BATCH = 25;

/** Puts tasks on a board the way an engine does: journal, fold, decision, pages, history. */
export async function addTasks(adding: Adding): Promise<Cost> {
  const { root, version, durable } = adding;
  const real = openBoard(root, { identity: processIdentities });
  const board: Blackboard = durable ? real : { ...real, writeFile: (path, text) => real.writeFile(path, text) };
  await board.lock();
  const outcomes = createHistory();
  const derived = createDerivedLines(board, [LEDGER_FILE, outcomes.file]);
  await derived.open();
  const { world, content } = await restoreWorld(board, {
    version,
    onRecord: (before, record) => derived.take(before, record),
  });
  const projector = createProjector(board);
  const retirement = createRetirement({
    board,
    world,
    projector,
    derived,
    version,
    recent: 20,
    snapshotSeq: content.snapshot?.seq ?? 0,
    isBusy: () => false,
    undisturbed: (work) => work(),
  });
  const round = async (facts: readonly Fact[]): Promise<void> => {
    for (const record of await board.append(facts, Date.now())) {
      derived.take(world, record);
      applyRecord(world, record);
    }
    await derived.flush();
    const decision = decide(world, { config: DEFAULT_CONFIG, nowMs: Date.now(), random: Math.random });
    await projector.project(world, decision.waiting);
    while ((await retirement.step()) === "more");
  };
  // The first round brings the pages up to date: that is the start, not the tasks.
  await round([{ type: "engine.started", pid: process.pid, version }]);
  const cpu = process.cpuUsage();
  const started = performance.now();
  for (let n = adding.from; n < adding.from + adding.count; n += durable ? 1 : BATCH) {
    const ids = Array.from({ length: durable ? 1 : Math.min(BATCH, adding.from + adding.count - n) }, (_, i) => n + i);
    const facts = ids.map((id) => (adding.kind === "finished" ? factsOfFinished(id, root) : factsOfOpen(id, root)));
    if (durable) for (const fact of facts.flat()) await round([fact]);
    else await round(facts.flat());
  }
  const ms = performance.now() - started;
  const used = process.cpuUsage(cpu);
  await board.append([{ type: "engine.stopped", pid: process.pid, why: "nothing to do" }], Date.now());
  await board.unlock();
  return { ms, cpuMs: (used.user + used.system) / 1000 };
}
