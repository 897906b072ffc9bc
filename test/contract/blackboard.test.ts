import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Command } from "../../src/model/command.ts";
import type { Blackboard } from "../../src/ports/blackboard.ts";
import { verifies } from "../requirements.ts";
import { type BoardStage, fileStage, memoryStage } from "../support/board-stage.ts";
import { type PretendedProcess, pretendMachine } from "../support/pretend-machine.ts";

verifies("B1");

const ULID_1 = "01JGFJJZ000000000000000001";
const ULID_2 = "01JGFJJZ000000000000000002";
const CANCEL: Command = { v: 1, type: "cancel", task: "a", by: "me" };

describe.each([
  ["files", fileStage],
  ["memory", memoryStage],
] as const)("a blackboard in %s", (_kind, makeStage) => {
  let stage: BoardStage;
  let engine: PretendedProcess;
  let machine: ReturnType<typeof pretendMachine>;
  let board: Blackboard;
  const opened: Blackboard[] = [];

  const openFor = (process: PretendedProcess): Blackboard => {
    const next = stage.open({ identity: process });
    opened.push(next);
    return next;
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

  describe("lock", () => {
    it("is held by one process; the error names it", async () => {
      await board.lock();
      const other = openFor(machine.start());
      await expect(other.lock()).rejects.toMatchObject({ code: "BOARD_LOCKED", data: { pid: engine.identity.pid } });
      await board.unlock();
      await other.lock();
      await expect(board.lock()).rejects.toMatchObject({ code: "BOARD_LOCKED" });
    });

    it("is held by one board of a process, and taking it again is harmless", async () => {
      await board.lock();
      await board.lock();
      await expect(openFor(engine).lock()).rejects.toMatchObject({ code: "BOARD_LOCKED" });
    });

    it("of a dead process is taken over", async () => {
      await board.lock();
      engine.die();
      await expect(openFor(machine.start()).lock()).resolves.toBeUndefined();
    });

    it.each([
      ["a recycled pid", { startTime: "later" }],
      ["another boot", { bootId: "boot-2" }],
    ])("of %s is taken over", async (_what, parts) => {
      await board.lock();
      engine.die();
      const next = machine.start({ ...engine.identity, ...parts });
      await expect(openFor(next).lock()).resolves.toBeUndefined();
    });

    it.each(["", "not json", "{}"])("file with %j in it, as a power cut leaves it, is taken over", async (text) => {
      stage.put("engine.lock", text);
      await expect(board.lock()).resolves.toBeUndefined();
    });

    it("file of a later version with more in it still counts", async () => {
      stage.put(
        "engine.lock",
        JSON.stringify({ ...machine.start().identity, at: "now", token: "t", host: "elsewhere" }),
      );
      await expect(board.lock()).rejects.toMatchObject({ code: "BOARD_LOCKED" });
    });

    it("that was lost to another process is not removed by unlock", async () => {
      await board.lock();
      const text = JSON.stringify(machine.start().identity);
      stage.put("engine.lock", text);
      await board.unlock();
      expect(stage.text("engine.lock")).toBe(text);
    });
  });

  describe("inbox", () => {
    it("yields commands in the order of their names until they are deleted", async () => {
      expect(await board.readInbox()).toEqual({ items: [], rejected: [] });
      await stage.command(ULID_2, { ...CANCEL, task: "b" });
      await stage.command(ULID_1, CANCEL);
      const { items } = await board.readInbox();
      expect(items).toEqual([
        { id: ULID_1, command: CANCEL },
        { id: ULID_2, command: { ...CANCEL, task: "b" } },
      ]);
      await board.deleteInboxItem(ULID_1);
      await board.deleteInboxItem(ULID_1);
      expect((await board.readInbox()).items.map(({ id }) => id)).toEqual([ULID_2]);
    });

    it.each([
      [`${ULID_1}.json`, "half a comm", "not JSON"],
      [`${ULID_1}.json`, '{"v":1,"type":"cancel"}', "task"],
      [`${ULID_1}.json`, '{"v":1,"type":"explode"}', "type"],
      ["by-hand.json", JSON.stringify(CANCEL), "ULID"],
    ])("sets %s with %s aside, says why, and goes on with the others", async (name, text, reason) => {
      stage.put(`inbox/${name}`, text);
      await stage.command(ULID_2, CANCEL);
      const { items, rejected } = await board.readInbox();
      expect(items.map(({ id }) => id)).toEqual([ULID_2]);
      expect(rejected).toEqual([name]);
      expect(stage.text(`inbox/rejected/${name}`)).toBe(text);
      expect(stage.text(`inbox/rejected/${name}.reason`)).toContain(reason);
      expect((await board.readInbox()).rejected).toEqual([]);
    });

    it("refuses to write a command that nobody could read", async () => {
      await expect(stage.command("not-a-ulid", CANCEL)).rejects.toMatchObject({ code: "INTERNAL" });
      await expect(stage.command("../../etc/passwd", CANCEL)).rejects.toMatchObject({ code: "INTERNAL" });
      await expect(stage.command(ULID_1, { ...CANCEL, task: 1 } as never)).rejects.toMatchObject({ code: "INTERNAL" });
    });

    it("hints at a new command until watching stops", async () => {
      const onHint = vi.fn<() => void>();
      const stop = board.watchInbox(onHint);
      await stage.command(ULID_1, CANCEL);
      await vi.waitFor(() => expect(onHint).toHaveBeenCalled());
      stop();
      const before = onHint.mock.calls.length;
      await stage.command(ULID_2, CANCEL);
      expect(await board.readInbox()).toMatchObject({ items: [{ id: ULID_1 }, { id: ULID_2 }] });
      expect(onHint.mock.calls.length).toBe(before);
      stop();
    });
  });

  describe("files", () => {
    it("are written, replaced, read and removed", async () => {
      expect(await board.readFile("tasks/a/status.md")).toBeNull();
      await board.writeFile("tasks/a/status.md", "one ü\n");
      await board.writeFile("tasks/a/status.md", "two\n", { durable: true });
      expect(await board.readFile("tasks/a/status.md")).toBe("two\n");
      expect(stage.names("tasks/a")).toEqual(["status.md"]);
      await board.removeFile("tasks/a/status.md");
      await board.removeFile("tasks/a/status.md");
      await board.removeFile("never/was/there.md");
      expect(await board.readFile("tasks/a/status.md")).toBeNull();
    });

    it("end as the last call says when several are under way", async () => {
      const texts = Array.from({ length: 20 }, (_, index) => "x".repeat(20_000 - index * 1000) + String(index));
      await Promise.all(texts.map((text) => board.writeFile("status.md", text)));
      expect(await board.readFile("status.md")).toBe(texts.at(-1));
    });

    it.each(["../out", "tasks/../../out", "/etc/passwd", "", ".", "a/..", "a\0b", "tasks\\..\\..\\out"])(
      "outside the board are refused: %j",
      async (path) => {
        await expect(board.writeFile(path, "x")).rejects.toMatchObject({ code: "INTERNAL" });
        await expect(board.readFile(path)).rejects.toMatchObject({ code: "INTERNAL" });
        await expect(board.removeFile(path)).rejects.toMatchObject({ code: "INTERNAL" });
      },
    );

    it.each(["engine.lock", "journal/000001.jsonl", "./journal/x", "inbox/x.json"])(
      "of the board itself are refused: %s",
      async (path) => {
        await expect(board.writeFile(path, "x")).rejects.toMatchObject({ code: "INTERNAL" });
        await expect(board.removeFile(path)).rejects.toMatchObject({ code: "INTERNAL" });
      },
    );

    it("of tasks have paths only for task ids", () => {
      expect(board.paths.attempt("add-limiter", 1).endsWith("tasks/add-limiter/attempts/01")).toBe(true);
      expect(() => board.paths.task("../x")).toThrow(expect.objectContaining({ code: "TASK_UNKNOWN" }));
    });
  });

  describe("line files", () => {
    it("take whole lines at their end and give the last ones back", async () => {
      expect(await board.lastLines("ledger.jsonl", 1000)).toEqual([]);
      await board.appendLines("ledger.jsonl", ["one", "zwölf"]);
      await board.appendLines("ledger.jsonl", []);
      await board.appendLines("ledger.jsonl", ["three"]);
      expect(stage.text("ledger.jsonl")).toBe("one\nzwölf\nthree\n");
      expect(await board.lastLines("ledger.jsonl", 1000)).toEqual(["one", "zwölf", "three"]);
    });

    it("are synced as they are; nothing is made of a file that is not there, nor of no lines", async () => {
      await board.syncLines("ledger.jsonl");
      await board.appendLines("ledger.jsonl", [], { durable: true });
      expect(stage.text("ledger.jsonl")).toBeNull();
      await board.appendLines("ledger.jsonl", ["one"]);
      await board.syncLines("ledger.jsonl");
      expect(stage.text("ledger.jsonl")).toBe("one\n");
      await expect(board.syncLines("../x")).rejects.toMatchObject({ code: "INTERNAL" });
    });

    it("never give a part of a line, wherever the limit falls", async () => {
      await board.appendLines("ledger.jsonl", ["first", "second", "third"]);
      for (let limit = 1; limit < 19; limit += 1) {
        const lines = await board.lastLines("ledger.jsonl", limit);
        expect(["first", "second", "third"].slice(3 - lines.length)).toEqual(lines);
      }
    });

    it("lose the line that a crash has torn, and nothing else", async () => {
      stage.put("ledger.jsonl", 'whole\n{"torn":');
      expect(await board.lastLines("ledger.jsonl", 1000)).toEqual(["whole"]);
      await board.appendLines("ledger.jsonl", ["next"]);
      expect(stage.text("ledger.jsonl")).toBe("whole\nnext\n");
      stage.put("ledger.jsonl", "x".repeat(200_000));
      await board.appendLines("ledger.jsonl", ["next"]);
      expect(stage.text("ledger.jsonl")).toBe("next\n");
    });

    it("are no way to files of the board itself", async () => {
      await expect(board.appendLines("journal/000001.jsonl", ["x"])).rejects.toMatchObject({ code: "INTERNAL" });
      await expect(board.appendLines("../x", ["x"])).rejects.toMatchObject({ code: "INTERNAL" });
    });
  });
});
