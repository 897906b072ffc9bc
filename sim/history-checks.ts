import { isDeepStrictEqual } from "node:util";
import { openMemoryBoard } from "../src/blackboard/memory-board.ts";
import { findTask, restoreWorld } from "../src/engine/restore.ts";
import { describeThrown } from "../src/kernel/errors.ts";
import { VERSION } from "./engine-ports.ts";
import { journalRead } from "./observer.ts";
import type { SimProject, SimWorld } from "./sim-world.ts";

/** An engine is about to take the board over: all lines are there, and what it restores from a snapshot is what they come to. */
export async function checkHistory(world: SimWorld, project: SimProject): Promise<void> {
  const { findings, machine } = world;
  const { record, name, disk } = project;
  const board = openMemoryBoard(disk, { identity: machine.readerFor({ pid: 1, startTime: "0", bootId: "none" }) });
  const { records } = await board.readJournal({ whole: true });
  journalRead(world, project, records);
  try {
    const { world: restored } = await restoreWorld(board, { version: VERSION });
    for (const task of record.world.tasks.values()) {
      const found = await findTask(board, restored, task.id);
      const same = isSame(found, task);
      findings.expect(same, "snapshot", `${name} ${task.id}`, () => JSON.stringify({ found, task }));
    }
    const parts = [
      [[...restored.open], [...record.world.open]],
      [[...restored.commands], [...record.world.commands]],
      [restored.seq, record.world.seq],
      [restored.notices, record.world.notices],
    ];
    for (const [found, expected] of parts) {
      const same = isSame(found, expected);
      findings.expect(same, "snapshot", name, () => JSON.stringify({ found, expected }));
    }
  } catch (error) {
    findings.add("snapshot", name, describeThrown(error));
  }
}

/** Keys without a value are no difference: a file has none. */
function isSame(a: unknown, b: unknown): boolean {
  const [textA, textB] = [JSON.stringify(a), JSON.stringify(b)];
  // Mostly the keys are in the same order as well.
  return textA === textB || isDeepStrictEqual(JSON.parse(textA), JSON.parse(textB));
}
