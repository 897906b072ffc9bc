import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { withFileHandles, writeDurable } from "../../src/blackboard/atomic-write.ts";
import { openBoard } from "../../src/blackboard/board.ts";
import { crashAt } from "../../src/blackboard/crash-points.ts";
import { writeCommand } from "../../src/blackboard/inbox.ts";
import { openMemoryBoard } from "../../src/blackboard/memory-board.ts";
import { makeMemoryDisk } from "../../src/blackboard/memory-disk.ts";
import type { Fact } from "../../src/model/record.ts";
import type { Blackboard } from "../../src/ports/blackboard.ts";
import { bundleProgram, startProgram } from "../support/bundled-program.ts";
import { pretendMachine } from "../support/pretend-machine.ts";
import { mountSmallDisk, type SmallDisk } from "../support/small-disk.ts";
import { T0 } from "../support/worlds.ts";

const cancel = (task: string): Fact => ({ type: "cancel.requested", task, by: "me" });
const ULID = "01JGFJJZ000000000000000001";

/** A user id without rights; only root can become it. */
const NOBODY = 65534;

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cco-faults-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const disk = mountSmallDisk(512 * 1024);
if (typeof disk === "string") console.warn(`skipped: ${disk}`);
afterAll(() => {
  if (typeof disk !== "string") disk.drop();
});

describe.skipIf(typeof disk === "string")("on a disk", () => {
  const small = disk as SmallDisk;
  let root = "";
  let board: Blackboard;
  let rounds = 0;

  beforeEach(async () => {
    rounds += 1;
    root = join(small.path, `${rounds}/.cco`);
    mkdirSync(join(root, ".."));
    board = openBoard(root, { identity: pretendMachine().start() });
    await board.lock();
    await board.append([cancel("first")], T0);
    await board.writeFile("status.md", "before\n");
  });
  afterEach(async () => {
    small.setReadOnly(false);
    small.empty();
    await board.unlock();
    rmSync(join(root, ".."), { recursive: true, force: true });
  });

  it("that is full, an append fails as a whole and works again when there is room", async () => {
    const journal = join(root, "journal/000001.jsonl");
    const before = readFileSync(journal, "utf8");
    small.fillUpTo(8192);
    const batch = Array.from({ length: 20 }, (_, index) => cancel(`${index}${"x".repeat(1000)}`));
    for (let tries = 0; tries < 3; tries += 1) {
      const failed = board.append(batch, T0);
      await expect(failed).rejects.toMatchObject({ code: "BOARD_WRITE", data: { path: journal, system: "ENOSPC" } });
      await expect(failed).rejects.toHaveProperty("hint", expect.stringContaining("free space"));
      expect(readFileSync(journal, "utf8")).toBe(before);
    }
    small.empty();
    expect(await board.append(batch, T0)).toHaveLength(20);
    const { records, torn } = await board.readJournal();
    expect(torn).toBe(0);
    expect(records.map(({ fact }) => fact)).toEqual([cancel("first"), ...batch]);
  });

  it("that is full, files keep their old content and no temporary file stays", async () => {
    small.fillUpTo(4096);
    const big = "x".repeat(100_000);
    await expect(board.writeFile("status.md", big)).rejects.toMatchObject({
      code: "BOARD_WRITE",
      data: { system: "ENOSPC" },
    });
    await expect(board.writeFile("status.md", big, { durable: true })).rejects.toMatchObject({ code: "BOARD_WRITE" });
    await expect(writeCommand(root, ULID, { v: 1, type: "cancel", task: big, by: "me" })).rejects.toMatchObject({
      code: "BOARD_WRITE",
    });
    expect(await board.readFile("status.md")).toBe("before\n");
    expect(await board.readInbox()).toEqual({ items: [], rejected: [] });
    for (const at of [".", "inbox"])
      expect(readdirSync(join(root, at)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  it("that is read-only, everything can be read and every write says what is wrong", async () => {
    await board.unlock();
    small.setReadOnly(true);
    const reader = openBoard(root, { identity: pretendMachine().start() });
    expect((await reader.readJournal()).records).toHaveLength(1);
    expect(await reader.readFile("status.md")).toBe("before\n");
    const readOnly = { code: "BOARD_WRITE", data: { system: "EROFS" } };
    await expect(reader.lock()).rejects.toMatchObject(readOnly);
    await expect(reader.writeFile("status.md", "x")).rejects.toMatchObject(readOnly);
    await expect(reader.writeFile("tasks/new/status.md", "x", { durable: true })).rejects.toMatchObject(readOnly);
    await expect(reader.removeFile("status.md")).rejects.toMatchObject(readOnly);
    await expect(writeCommand(root, ULID, { v: 1, type: "cancel", task: "a", by: "me" })).rejects.toMatchObject(
      readOnly,
    );
    expect(() => openBoard(join(small.path, ".cco"), { identity: pretendMachine().start() })).toThrow(
      expect.objectContaining({ code: "BOARD_WRITE", message: expect.stringContaining("EROFS") }),
    );
  });
});

describe("without permission", () => {
  let takeLock = "";
  let programs = "";
  beforeAll(async () => {
    programs = mkdtempSync(join(tmpdir(), "cco-programs-"));
    chmodSync(programs, 0o755);
    takeLock = await bundleProgram("take-lock", programs);
  });
  afterAll(() => rmSync(programs, { recursive: true, force: true }));

  it("the lock cannot be taken, and the error says so", async () => {
    openBoard(folder, { identity: pretendMachine().start() });
    chmodSync(folder, 0o555);
    const program = startProgram(takeLock, [folder], process.getuid?.() === 0 ? NOBODY : undefined);
    expect(await program.line()).toBe("ready");
    program.send("take");
    expect(await program.line()).toBe("BOARD_WRITE");
    await program.finish();
    chmodSync(folder, 0o755);
  });
});

describe("in memory", () => {
  it("the same faults can be had", async () => {
    const memory = makeMemoryDisk();
    const board = openMemoryBoard(memory, { identity: pretendMachine().start() });
    await board.lock();
    await board.append([cancel("first")], T0);
    memory.failNextWrites(2, "ENOSPC");
    await expect(board.append([cancel("second")], T0)).rejects.toMatchObject({
      code: "BOARD_WRITE",
      data: { system: "ENOSPC" },
    });
    await expect(board.writeFile("status.md", "x")).rejects.toMatchObject({ code: "BOARD_WRITE" });
    expect(await board.append([cancel("third")], T0)).toMatchObject([{ seq: 2 }]);
    expect((await board.readJournal()).records.map(({ fact }) => fact)).toEqual([cancel("first"), cancel("third")]);
  });
});

describe("links and leftovers", () => {
  it("a link that leads out of the board is refused, a link in place of a file is replaced", async () => {
    const outside = join(folder, "outside");
    mkdirSync(outside);
    writeFileSync(join(outside, "precious"), "mine");
    const root = join(folder, ".cco");
    const board = openBoard(root, { identity: pretendMachine().start() });
    symlinkSync(outside, join(root, "tasks/evil"));
    for (const path of ["tasks/evil/precious", "tasks/evil/new/file"]) {
      await expect(board.writeFile(path, "x")).rejects.toMatchObject({ code: "INTERNAL" });
      await expect(board.readFile(path)).rejects.toMatchObject({ code: "INTERNAL" });
      await expect(board.removeFile(path)).rejects.toMatchObject({ code: "INTERNAL" });
    }
    symlinkSync(join(outside, "precious"), join(root, "status.md"));
    await expect(board.readFile("status.md")).rejects.toMatchObject({ code: "BOARD_CORRUPT" });
    await board.writeFile("status.md", "ours");
    expect(await board.readFile("status.md")).toBe("ours");
    expect(readdirSync(outside)).toEqual(["precious"]);
    expect(readFileSync(join(outside, "precious"), "utf8")).toBe("mine");
  });

  it("temporary files of a killed engine go with the first write to their folder, young ones stay", async () => {
    const board = openBoard(folder, { identity: pretendMachine().start() });
    await board.writeFile("tasks/a/status.md", "one");
    const [old, young] = [".status.md.77-0123abcd.tmp", ".status.md.78-0123abcd.tmp"].map((name) =>
      join(folder, "tasks/a", name),
    );
    for (const path of [old, young]) writeFileSync(path ?? "", "half");
    utimesSync(old ?? "", 1000, 1000);
    await openBoard(folder, { identity: pretendMachine().start() }).writeFile("tasks/a/status.md", "two");
    expect(readdirSync(join(folder, "tasks/a")).sort()).toEqual([".status.md.78-0123abcd.tmp", "status.md"]);
  });

  it("what is in the inbox but no file is set aside, not opened", async () => {
    const board = openBoard(folder, { identity: pretendMachine().start() });
    mkdirSync(join(folder, `inbox/${ULID}.json`));
    expect(await board.readInbox()).toEqual({ items: [], rejected: [`${ULID}.json`] });
    expect(readFileSync(join(folder, `inbox/rejected/${ULID}.json.reason`), "utf8")).toBe("not a regular file\n");
  });

  it("an inbox that cannot be watched is no error: polling finds its commands", async () => {
    const board = openBoard(folder, { identity: pretendMachine().start() });
    rmSync(join(folder, "inbox"), { recursive: true });
    const stop = board.watchInbox(() => undefined);
    stop();
    expect(await board.readInbox()).toEqual({ items: [], rejected: [] });
    await writeCommand(folder, ULID, { v: 1, type: "cancel", task: "a", by: "me" });
    expect((await board.readInbox()).items).toHaveLength(1);
  });

  it("a folder that ignores itself is made by whoever comes first", async () => {
    const root = join(folder, ".cco");
    await writeCommand(root, ULID, { v: 1, type: "cancel", task: "a", by: "me" });
    expect(readFileSync(join(root, ".gitignore"), "utf8")).toBe("*\n");
    expect((await openBoard(root, { identity: pretendMachine().start() }).readInbox()).items).toHaveLength(1);
  });
});

describe("small parts", () => {
  const noHandles = () => Object.assign(new Error("too many open files"), { code: "EMFILE" });

  it("a shortage of file handles that passes is waited for; one that lasts is reported", async () => {
    let shortages = 3;
    const opened = await withFileHandles(async () => {
      shortages -= 1;
      if (shortages > 0) throw noHandles();
      return "opened";
    });
    expect(opened).toBe("opened");
    await expect(withFileHandles(() => Promise.reject(noHandles()))).rejects.toMatchObject({ code: "EMFILE" });
  });

  it("a durable write makes the folders it needs and says where it failed", async () => {
    await writeDurable(join(folder, "a/b/c.txt"), "x");
    expect(readFileSync(join(folder, "a/b/c.txt"), "utf8")).toBe("x");
    const below = join(folder, "a/b/c.txt/d.txt");
    await expect(writeDurable(below, "x")).rejects.toMatchObject({
      code: "BOARD_WRITE",
      data: { path: below, system: "ENOTDIR" },
    });
  });

  it("crash points kill at the point and the time that were asked for", () => {
    const killed = (text: string | undefined): number[] => {
      const calls: number[] = [];
      let passed = 0;
      const pass = crashAt(text, () => calls.push(passed));
      for (passed = 1; passed <= 4; passed += 1)
        pass(passed % 2 === 0 ? "attempt.after-spawn" : "journal.after-append");
      return calls;
    };
    expect(killed(undefined)).toEqual([]);
    expect(killed("")).toEqual([]);
    expect(killed("attempt.after-spawn")).toEqual([2]);
    expect(killed("journal.after-append:2")).toEqual([3]);
    expect(killed("journal.after-append:9")).toEqual([]);
  });
});
