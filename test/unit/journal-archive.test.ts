import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openBoard } from "../../src/blackboard/board.ts";
import { readJournalFolder } from "../../src/blackboard/journal-reader.ts";
import { applyRecord } from "../../src/decide/fold.ts";
import { emptyWorld, type World } from "../../src/model/task.ts";
import type { Blackboard, CrashPoint } from "../../src/ports/blackboard.ts";
import { verifies } from "../requirements.ts";
import { pretendMachine } from "../support/pretend-machine.ts";
import { snapshotOfWorld, submitted, T0 } from "../support/worlds.ts";

verifies("C7");

class Killed extends Error {}

let root = "";
let board: Blackboard;
const opened: Blackboard[] = [];
let world: World;
let dieAt: CrashPoint | null = null;
const machine = pretendMachine();
let engine = machine.start();

const journal = (): string => join(root, "journal");
const archive = (): string => join(journal(), "archive");
const live = (): string[] => readdirSync(journal()).filter((name) => name.endsWith(".jsonl"));

function openNext(): void {
  engine.die();
  engine = machine.start();
  board = openBoard(root, {
    identity: engine,
    segmentBytes: 2000,
    snapshotBytes: 1,
    onCrashPoint: (point) => {
      if (point === dieAt) throw new Killed();
    },
  });
  opened.push(board);
}

async function submit(...ids: readonly string[]): Promise<void> {
  for (const id of ids) for (const record of await board.append([submitted(id)], T0)) applyRecord(world, record);
}

const seqs = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

beforeEach(async () => {
  root = join(mkdtempSync(join(tmpdir(), "cco-archive-")), ".cco");
  world = emptyWorld();
  dieAt = null;
  openNext();
  await board.lock();
});
afterEach(async () => {
  for (const one of opened.splice(0)) await one.unlock();
  rmSync(join(root, ".."), { recursive: true, force: true });
});

describe("the archive of the journal", () => {
  const fill = (): Promise<void> => submit(...Array.from({ length: 12 }, (_, n) => `t${n}`));

  it("takes what the snapshot covers, compressed and readable, and the whole journal is still there", async () => {
    await fill();
    const first = readFileSync(join(journal(), "000001.jsonl"), "utf8");
    const before = live().length;
    expect(before).toBeGreaterThan(2);
    await board.archiveJournal();
    expect(live()).toHaveLength(before);
    await board.saveSnapshot(snapshotOfWorld(world));
    await board.archiveJournal();
    expect(live()).toHaveLength(1);
    expect(readdirSync(archive())).toHaveLength(before - 1);
    expect(gunzipSync(readFileSync(join(archive(), "000001.jsonl.gz"))).toString()).toBe(first);
    expect((await readJournalFolder(journal())).records.map(({ seq }) => seq)).toEqual(seqs(12));
    await submit("m");
    openNext();
    await board.lock();
    const content = await board.readJournal();
    expect([content.snapshot?.seq, ...content.records.map(({ seq }) => seq)]).toEqual([12, 13]);
    expect((await board.readJournal({ whole: true })).records).toHaveLength(13);
  });

  it.each(["archive.after-write", "archive.after-remove"] as const)("is finished after a kill at %s", async (point) => {
    await fill();
    await board.saveSnapshot(snapshotOfWorld(world));
    dieAt = point;
    await expect(board.archiveJournal()).rejects.toThrow(Killed);
    dieAt = null;
    expect((await readJournalFolder(journal())).records.map(({ seq }) => seq)).toEqual(seqs(12));
    openNext();
    await board.lock();
    await board.readJournal();
    await submit("m");
    await board.saveSnapshot(snapshotOfWorld(world));
    await board.archiveJournal();
    expect(live()).toHaveLength(1);
    expect((await readJournalFolder(journal())).records.map(({ seq }) => seq)).toEqual(seqs(13));
  });

  it("that is damaged stops a reading of the whole, with the file, and not a start", async () => {
    await fill();
    await board.saveSnapshot(snapshotOfWorld(world));
    await board.archiveJournal();
    writeFileSync(join(archive(), "000002.jsonl.gz"), "nonsense");
    await expect(readJournalFolder(journal())).rejects.toMatchObject({
      code: "BOARD_CORRUPT",
      data: { path: join(archive(), "000002.jsonl.gz") },
    });
    expect((await board.readJournal()).snapshot?.seq).toBe(12);
    rmSync(join(archive(), "000002.jsonl.gz"));
    await expect(readJournalFolder(journal())).rejects.toThrow(/lines are missing before it/);
  });

  it("may hold a segment that is still in its place: it counts once", async () => {
    await fill();
    copyFileSync(join(journal(), "000001.jsonl"), join(root, "kept"));
    await board.saveSnapshot(snapshotOfWorld(world));
    await board.archiveJournal();
    copyFileSync(join(root, "kept"), join(journal(), "000001.jsonl"));
    expect((await readJournalFolder(journal())).records).toHaveLength(12);
    expect(existsSync(join(archive(), "000001.jsonl.gz"))).toBe(true);
  });

  it("is begun anew with the next line when every segment has gone there", async () => {
    await fill();
    await board.saveSnapshot(snapshotOfWorld(world));
    await board.archiveJournal();
    const last = live()[0] ?? "";
    rmSync(join(journal(), last));
    rmSync(join(root, "checkpoint.json"));
    const { length } = (await readJournalFolder(journal())).records;
    openNext();
    await board.lock();
    expect(await board.append([submitted("z")], T0)).toMatchObject([{ seq: length + 1 }]);
    expect((await readJournalFolder(journal())).records).toHaveLength(length + 1);
  });
});
