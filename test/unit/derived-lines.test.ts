import { array, assert, asyncProperty, integer, record as shape } from "fast-check";
import { expect, it } from "vitest";
import * as z from "zod";
import { openMemoryBoard } from "../../src/blackboard/memory-board.ts";
import { makeMemoryDisk } from "../../src/blackboard/memory-disk.ts";
import { createDerivedLines, type LineFile } from "../../src/engine/derived-lines.ts";
import { emptyWorld } from "../../src/model/task.ts";
import type { JournalRecord } from "../../src/model/record.ts";
import { verifies } from "../requirements.ts";
import { pretendMachine } from "../support/pretend-machine.ts";

verifies("F4");

/** A journal in which every line makes as many lines as its engine has for a process id. */
const FILE: LineFile = {
  path: "lines.jsonl",
  derive: (_world, { fact, seq }) =>
    fact.type === "engine.started" ? Array.from({ length: fact.pid }, (_, at) => ({ text: `${seq}:${at}` })) : [],
};

const started = (seq: number, lines: number): JournalRecord => ({
  v: 1,
  seq,
  at: "2026-01-01T00:00:00.000Z",
  fact: { type: "engine.started", pid: lines, version: "0" },
});

const stage = () => {
  const disk = makeMemoryDisk();
  const board = openMemoryBoard(disk, { identity: pretendMachine().start() });
  const engine = async (records: readonly JournalRecord[]) => {
    const derived = createDerivedLines(board, [FILE]);
    await derived.open();
    const world = emptyWorld();
    const take = (record: JournalRecord): void => {
      derived.take(world, record);
      world.seq = record.seq;
    };
    records.forEach(take);
    derived.replayed(world);
    return { derived, take };
  };
  const texts = (): string[] =>
    (disk.files.get("lines.jsonl") ?? "")
      .split("\n")
      .slice(0, -1)
      .map((line) => z.looseObject({ text: z.string().optional() }).parse(JSON.parse(line)).text ?? "restart");
  return { disk, board, engine, texts };
};

it("neither loses nor doubles a line, whenever engines die and whatever they tear", async () => {
  const life = shape({
    lines: integer({ min: 0, max: 3 }),
    dies: integer({ min: 0, max: 2 }),
    torn: integer({ min: 0, max: 60 }),
  });
  await assert(
    asyncProperty(array(life, { maxLength: 12 }), async (lives) => {
      const { disk, engine, texts } = stage();
      const journal: JournalRecord[] = [];
      let { derived, take } = await engine(journal);
      for (const { lines, dies, torn } of lives) {
        const record = started(journal.length + 1, lines);
        journal.push(record);
        take(record);
        if (dies > 0) {
          await derived.flush();
          // A power cut takes the end of what was not synced.
          const text = disk.files.get("lines.jsonl") ?? "";
          if (dies > 1) disk.files.set("lines.jsonl", text.slice(0, Math.max(0, text.length - torn)));
          ({ derived, take } = await engine(journal));
        }
      }
      await derived.flush();
      const wanted = journal.flatMap(({ fact, seq }) =>
        fact.type === "engine.started" ? Array.from({ length: fact.pid }, (_, at) => `${seq}:${at}`) : [],
      );
      expect(texts()).toEqual(wanted);
    }),
  );
});

it("keeps what could not be written and writes it once when there is room", async () => {
  const { disk, engine, texts } = stage();
  const { derived, take } = await engine([]);
  take(started(1, 2));
  disk.failNextWrites(1, "ENOSPC");
  await expect(derived.flush()).rejects.toMatchObject({ code: "BOARD_WRITE" });
  take(started(2, 1));
  await derived.flush();
  await derived.flush();
  expect(texts()).toEqual(["1:0", "1:1", "2:0"]);
});

it("needs of the journal only what comes after its last line, and begins again with a new journal", async () => {
  const { engine, texts, disk } = stage();
  const first = await engine([started(1, 1), started(2, 1)]);
  await first.derived.flush();
  const second = await engine([started(3, 1)]);
  await second.derived.flush();
  expect(texts()).toEqual(["1:0", "2:0", "3:0"]);
  const third = await engine([]);
  third.take(started(1, 1));
  await third.derived.flush();
  expect(texts()).toEqual(["1:0", "2:0", "3:0", "restart", "1:0"]);
  disk.files.delete("lines.jsonl");
  const fourth = await engine([started(1, 1)]);
  await fourth.derived.flush();
  expect(texts()).toEqual(["1:0"]);
});

it("is on the disk when a snapshot is to take the place of the journal, also what an engine before has written", async () => {
  const { board, engine } = stage();
  const first = await engine([started(1, 1)]);
  await first.derived.flush();
  const synced: string[] = [];
  const watched: typeof board = {
    ...board,
    async syncLines(path) {
      synced.push(path);
      await board.syncLines(path);
    },
  };
  const derived = createDerivedLines(watched, [FILE]);
  await derived.open();
  await derived.flush();
  expect(synced).toEqual([]);
  await derived.sync();
  await derived.sync();
  expect(synced).toEqual(["lines.jsonl"]);
});
