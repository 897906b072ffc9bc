import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Fact } from "../../src/model/record.ts";
import type { Blackboard, CrashPoint } from "../../src/ports/blackboard.ts";
import { verifies } from "../requirements.ts";
import { type BoardStage, fileStage, memoryStage } from "../support/board-stage.ts";
import { type PretendedProcess, pretendMachine } from "../support/pretend-machine.ts";
import { T0 } from "../support/worlds.ts";

verifies("B1");

const JOURNAL = "journal/000001.jsonl";

const started = (pid: number): Fact => ({ type: "engine.started", pid, version: "1" });
const cancel = (task: string): Fact => ({ type: "cancel.requested", task, by: "me" });

describe.each([
  ["files", fileStage],
  ["memory", memoryStage],
] as const)("the journal of a blackboard in %s", (_kind, makeStage) => {
  let stage: BoardStage;
  let engine: PretendedProcess;
  let machine: ReturnType<typeof pretendMachine>;
  let board: Blackboard;
  const opened: Blackboard[] = [];

  const openFor = (process: PretendedProcess, onCrashPoint?: (point: CrashPoint) => void): Blackboard => {
    const next = stage.open({ identity: process, ...(onCrashPoint === undefined ? {} : { onCrashPoint }) });
    opened.push(next);
    return next;
  };
  /** The engine dies and another one takes its place. */
  const restart = async (): Promise<Blackboard> => {
    engine.die();
    engine = machine.start();
    board = openFor(engine);
    await board.lock();
    return board;
  };

  beforeEach(() => {
    stage = makeStage();
    machine = pretendMachine();
    engine = machine.start();
    board = openFor(engine);
  });
  afterEach(async () => {
    for (const one of opened.splice(0)) await one.unlock();
    stage.drop();
  });

  it("starts empty and keeps what was appended, numbered and dated", async () => {
    await board.lock();
    expect(await board.readJournal()).toEqual({ snapshot: null, unusable: null, records: [], torn: 0 });
    const first = await board.append([started(1)], T0);
    const second = await board.append([cancel("a"), cancel("b")], T0 + 1500);
    expect(first).toEqual([{ v: 1, seq: 1, at: "2026-01-01T00:00:00.000Z", fact: started(1) }]);
    expect(second.map(({ seq, at, fact }) => [seq, at, fact])).toEqual([
      [2, "2026-01-01T00:00:01.500Z", cancel("a")],
      [3, "2026-01-01T00:00:01.500Z", cancel("b")],
    ]);
    const { records, torn } = await (await restart()).readJournal();
    expect(records).toEqual([...first, ...second]);
    expect(torn).toBe(0);
  });

  it("goes on after a restart that read nothing first", async () => {
    await board.lock();
    await board.append([started(1)], T0);
    const [record] = await (await restart()).append([started(2)], T0);
    expect(record?.seq).toBe(2);
  });

  it("is one line of JSON per fact", async () => {
    await board.lock();
    await board.append([cancel("line\u2028separator\nand LF"), started(2)], T0);
    const lines = stage.text(JOURNAL)?.split("\n") ?? [];
    expect(lines).toHaveLength(3);
    expect(lines[2]).toBe("");
    expect(JSON.parse(lines[1] ?? "")).toEqual({ v: 1, seq: 2, at: "2026-01-01T00:00:00.000Z", fact: started(2) });
    expect((await board.readJournal()).records[0]?.fact).toEqual(cancel("line\u2028separator\nand LF"));
  });

  it("is appended to by the holder of the lock alone", async () => {
    await expect(board.append([started(1)], T0)).rejects.toMatchObject({ code: "INTERNAL" });
    await board.lock();
    await board.unlock();
    await expect(board.append([started(1)], T0)).rejects.toMatchObject({ code: "INTERNAL" });
    expect(stage.text(JOURNAL)).toBeNull();
  });

  it("takes an empty batch without a line, and batches that come at once one after the other", async () => {
    await board.lock();
    expect(await board.append([], T0)).toEqual([]);
    const batches = await Promise.all([board.append([started(1), cancel("a")], T0), board.append([started(2)], T0)]);
    expect(batches.flat().map((record) => record.seq)).toEqual([1, 2, 3]);
    expect((await board.readJournal()).records).toEqual(batches.flat());
  });

  it("refuses a fact that could not be read back, and goes on", async () => {
    await board.lock();
    await expect(board.append([started(Number.NaN)], T0)).rejects.toMatchObject({ code: "INTERNAL" });
    expect(await board.append([started(1)], T0)).toMatchObject([{ seq: 1 }]);
  });

  it.each([
    ["without its LF", '{"v":1,"seq":2,"at":"x","fa'],
    ["whole but for the LF", '{"v":1,"seq":2,"at":"x","fact":{"type":"engine.started","pid":1,"version":"1"}}'],
    ["with an LF, but not JSON", "\0\0\0\0\n"],
    ["of a batch whose last line is missing", `${line(2, { more: true })}${line(3, { more: true })}`],
    ["of a batch that is cut in a line", `${line(2, { more: true })}{"v":1,`],
  ])("drops an end %s, reports it and writes over it", async (_what, end) => {
    await board.lock();
    await board.append([started(1)], T0);
    await restart();
    stage.put(JOURNAL, `${stage.text(JOURNAL)}${end}`);
    const { records, torn } = await board.readJournal();
    expect(records.map((record) => record.seq)).toEqual([1]);
    expect(torn).toBe(end.length);
    await board.append([started(2)], T0);
    const after = await (await restart()).readJournal();
    expect(after.torn).toBe(0);
    expect(after.records.map((record) => record.fact)).toEqual([started(1), started(2)]);
  });

  it.each([
    ["a line that is not JSON", `${line(1)}nonsense\n${line(2)}`, line(1).length],
    ["an empty line", `${line(1)}\n${line(2)}`, line(1).length],
    [
      "a line that breaks the schema",
      `${line(1)}{"v":1,"seq":2,"at":"x","fact":{"type":"engine.started"}}\n`,
      line(1).length,
    ],
    ["a gap in the numbers", `${line(1)}${line(3)}`, line(1).length],
    ["a number that comes twice", `${line(1)}${line(2)}${line(2)}`, line(1).length * 2],
    ["a first line that is not number 1", line(2), 0],
  ])("throws BOARD_CORRUPT for %s, with file, place and a way out", async (_what, text, offset) => {
    stage.put(JOURNAL, text);
    const error = await board.readJournal().then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: "BOARD_CORRUPT", data: { offset } });
    expect(error).toHaveProperty("message", expect.stringContaining(`000001.jsonl: the line at byte ${offset} `));
    expect(error).toHaveProperty("hint", expect.stringContaining(`truncate -s ${offset} `));
  });

  it.each([
    ["an unknown type of fact", '{"v":1,"seq":1,"at":"x","fact":{"type":"task.teleported","to":"mars"}}\n'],
    ["another version", '{"v":2,"seq":1,"at":"x","what":{}}\n'],
    [
      "a key that is not known",
      '{"v":1,"seq":1,"at":"x","fact":{"type":"engine.started","pid":1,"version":"1","new":1}}\n',
    ],
  ])("throws BOARD_VERSION for %s", async (_what, text) => {
    stage.put(JOURNAL, text);
    await expect(board.readJournal()).rejects.toMatchObject({ code: "BOARD_VERSION" });
  });

  it("passes its crash points around an append", async () => {
    await board.unlock();
    const passed: [CrashPoint, string | null][] = [];
    board = openFor(engine, (point) => passed.push([point, stage.text(JOURNAL)]));
    await board.lock();
    await board.append([started(1)], T0);
    expect(passed.map(([point]) => point)).toEqual(["journal.before-append", "journal.after-append"]);
    expect(passed.map(([, text]) => text ?? "")).toEqual(["", stage.text(JOURNAL)]);
    board.crashPoint("attempt.after-spawn");
    expect(passed.at(-1)?.[0]).toBe("attempt.after-spawn");
  });
});

function line(seq: number, parts: { more?: true } = {}): string {
  return `${JSON.stringify({ v: 1, seq, at: "2026-01-01T00:00:00.000Z", ...parts, fact: started(1) })}\n`;
}
