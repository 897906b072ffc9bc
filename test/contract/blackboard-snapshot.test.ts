import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Fact } from "../../src/model/record.ts";
import { type Snapshot, snapshotSchema } from "../../src/model/snapshot.ts";
import type { Blackboard, CrashPoint } from "../../src/ports/blackboard.ts";
import { verifies } from "../requirements.ts";
import { type BoardStage, fileStage, memoryStage } from "../support/board-stage.ts";
import { type PretendedProcess, pretendMachine } from "../support/pretend-machine.ts";
import { snapshotOfWorld, submitted, T0, worldOf } from "../support/worlds.ts";

verifies("B1", "C7");

const JOURNAL = "journal/000001.jsonl";
const FILE = "checkpoint.json";
const started = (pid: number): Fact => ({ type: "engine.started", pid, version: "1" });

/** A snapshot of a world in which these tasks were submitted, one line each. */
const snapshotAfter = (...ids: readonly string[]): Snapshot =>
  snapshotOfWorld(worldOf(...ids.map((id) => submitted(id))));

describe.each([
  ["files", fileStage],
  ["memory", memoryStage],
] as const)("snapshots of a blackboard in %s", (_kind, makeStage) => {
  let stage: BoardStage;
  let engine: PretendedProcess;
  let machine: ReturnType<typeof pretendMachine>;
  let board: Blackboard;
  let passed: CrashPoint[];
  const opened: Blackboard[] = [];

  const open = (): Blackboard => {
    board = stage.open({ identity: engine, snapshotBytes: 1000, onCrashPoint: (point) => void passed.push(point) });
    opened.push(board);
    return board;
  };
  /** The engine dies and another one takes its place. */
  const restart = async (): Promise<Blackboard> => {
    engine.die();
    engine = machine.start();
    await open().lock();
    return board;
  };
  const failure = (): Promise<unknown> =>
    board.readJournal().then(
      () => null,
      (thrown: unknown) => thrown,
    );
  /** Two tasks, a snapshot of them, and one line after it. */
  const withSnapshot = async (): Promise<Snapshot> => {
    await board.append([submitted("a"), submitted("b")], T0);
    const snapshot = snapshotAfter("a", "b");
    await board.saveSnapshot(snapshot);
    await board.append([started(2)], T0);
    return snapshotSchema.parse(JSON.parse(JSON.stringify(snapshot)));
  };

  beforeEach(async () => {
    passed = [];
    stage = makeStage();
    machine = pretendMachine();
    engine = machine.start();
    await open().lock();
  });
  afterEach(async () => {
    for (const one of opened.splice(0)) await one.unlock();
    stage.drop();
  });

  it("are read in place of the lines that they cover, and the journal goes on", async () => {
    const snapshot = await withSnapshot();
    const content = await (await restart()).readJournal();
    expect(content).toMatchObject({ snapshot, unusable: null, torn: 0 });
    expect(content.records.map(({ seq }) => seq)).toEqual([3]);
    expect(await board.append([started(3)], T0)).toMatchObject([{ seq: 4 }]);
    const whole = await board.readJournal({ whole: true });
    expect([whole.snapshot, ...whole.records.map(({ seq }) => seq)]).toEqual([null, 1, 2, 3, 4]);
  });

  it("are due after enough journal, and again after more than they are long", async () => {
    expect(board.snapshotDue()).toBe(false);
    await board.append([submitted("a"), submitted("b")], T0);
    expect(board.snapshotDue()).toBe(true);
    await board.saveSnapshot(snapshotAfter("a", "b"));
    expect(board.snapshotDue()).toBe(false);
    await restart();
    await board.readJournal();
    expect(board.snapshotDue()).toBe(false);
  });

  it("are of the last line, which the same engine has written", async () => {
    await board.append([submitted("a"), submitted("b")], T0);
    await expect(board.saveSnapshot(snapshotAfter("a"))).rejects.toMatchObject({ code: "INTERNAL" });
    await restart();
    await board.readJournal();
    await expect(board.saveSnapshot(snapshotAfter("a", "b"))).rejects.toMatchObject({ code: "INTERNAL" });
    expect(stage.text(FILE)).toBeNull();
  });

  it("pass their crash points around the one write that counts", async () => {
    await withSnapshot();
    await board.archiveJournal();
    expect(passed.filter((point) => point.startsWith("snapshot."))).toEqual([
      "snapshot.before-write",
      "snapshot.after-write",
    ]);
  });

  it.each([
    ["torn", (text: string) => text.slice(0, text.length / 2)],
    ["damaged in one place", (text: string) => text.replace('"goal":"Do', '"goal":"Du')],
    ["of a later form", (text: string) => text.replace('{"v":1', '{"v":2')],
    ["empty", () => ""],
  ])("that are %s are not used: all lines are read, and it is said", async (_what, damage) => {
    await withSnapshot();
    stage.put(FILE, damage(stage.text(FILE) ?? ""));
    const content = await (await restart()).readJournal();
    expect(content.snapshot).toBeNull();
    expect(content.unusable).toMatch(/checkpoint\.json: it/);
    expect(content.records.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(await board.append([started(3)], T0)).toMatchObject([{ seq: 4 }]);
  });

  it("of another journal stop with the file, the place and a way out", async () => {
    await withSnapshot();
    const lines = (stage.text(JOURNAL) ?? "").split("\n");
    await restart();
    stage.put(JOURNAL, `${lines[0] ?? ""}\n`);
    expect(await failure()).toMatchObject({ code: "BOARD_CORRUPT" });
    expect(await failure()).toHaveProperty("message", expect.stringContaining("checkpoint.json ends with line 2"));
    expect(await failure()).toHaveProperty("hint", expect.stringMatching(/mv \S+checkpoint\.json /));
    stage.put(JOURNAL, lines.join("\n").replace('"goal":"Do', '"goal":"Du').replace('"goal":"Do', '"goal":"Du'));
    expect(await failure()).toMatchObject({ code: "BOARD_CORRUPT" });
  });

  it("leave torn and damaged lines what they are", async () => {
    await withSnapshot();
    const text = stage.text(JOURNAL) ?? "";
    await restart();
    stage.put(JOURNAL, `${text}{"v":1,"seq":4`);
    expect(await board.readJournal()).toMatchObject({ torn: 14, records: [{ seq: 3 }] });
    stage.put(JOURNAL, `${text}nonsense\n${text.split("\n")[2] ?? ""}\n`);
    expect(await failure()).toMatchObject({ code: "BOARD_CORRUPT", data: { offset: Buffer.byteLength(text) } });
  });

  it("do not come back after a full disk, and the one before stays", async () => {
    await withSnapshot();
    const before = stage.text(FILE);
    await expect(board.writeFile(FILE, "mine")).rejects.toMatchObject({ code: "INTERNAL" });
    expect(stage.text(FILE)).toBe(before);
  });
});
