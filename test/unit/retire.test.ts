import { beforeEach, describe, expect, it } from "vitest";
import { openMemoryBoard } from "../../src/blackboard/memory-board.ts";
import { makeMemoryDisk, type MemoryDisk } from "../../src/blackboard/memory-disk.ts";
import { applyRecord, tasksNamed } from "../../src/decide/fold.ts";
import { createDerivedLines } from "../../src/engine/derived-lines.ts";
import { createRetirement, type RetireStep } from "../../src/engine/retire.ts";
import { commandEffect } from "../../src/engine/inbox.ts";
import { createProjector } from "../../src/engine/pages/projector.ts";
import { bringBack, restoreWorld } from "../../src/engine/restore.ts";
import type { Fact } from "../../src/model/record.ts";
import type { World } from "../../src/model/task.ts";
import type { Blackboard } from "../../src/ports/blackboard.ts";
import { verifies } from "../requirements.ts";
import { pretendMachine } from "../support/pretend-machine.ts";
import { failure, started, submitted, T0 } from "../support/worlds.ts";

verifies("C7");

const VERSION = "1.0.0";
const ended = (task: string, status: "accepted" | "failed" = "accepted"): Fact => ({
  type: "task.ended",
  task,
  status,
  summary: status,
  failure: status === "failed" ? failure("VERIFY_FAILED", "logic") : null,
});
/** With so many words that another snapshot is due. */
const reopened = (task: string): Fact => {
  return { type: "task.reopened", task, feedback: { from: "user", text: "again ".repeat(1000) }, by: "me" };
};

let disk: MemoryDisk;
let board: Blackboard;
let world: World;
let step: (recent?: number) => Promise<RetireStep>;
let busy: Set<string>;

let snapshotSeq = 0;
const same = () => ({
  version: VERSION,
  snapshotSeq,
  derived: createDerivedLines(board, []),
  undisturbed: <T>(work: () => Promise<T>): Promise<T> => work(),
});

/** Another engine on the same disk; the one before was killed. */
async function restart(): Promise<void> {
  disk.files.delete("engine.lock");
  board = openMemoryBoard(disk, { identity: pretendMachine().start(), snapshotBytes: 1 });
  await board.lock();
  const restored = await restoreWorld(board, { version: VERSION });
  ({ world } = restored);
  const projector = createProjector(board);
  snapshotSeq = restored.content.snapshot?.seq ?? 0;
  const deps = { board, world, projector, ...same(), isBusy: (id: string) => busy.has(id) };
  const histories = new Map<number, ReturnType<typeof createRetirement>>();
  step = async (recent = 0) => {
    await projector.project(world, new Map());
    const history = histories.get(recent) ?? createRetirement({ ...deps, recent });
    histories.set(recent, history);
    return history.step();
  };
}

async function journal(...facts: readonly Fact[]): Promise<void> {
  for (const fact of facts) {
    await bringBack(board, world, tasksNamed(fact));
    for (const record of await board.append([fact], T0 + world.seq * 1000)) applyRecord(world, record);
  }
}

const atHand = (): string[] => [...world.tasks.keys()].toSorted();
const pages = (): string[] =>
  [...disk.files].filter(([path]) => path.startsWith("finished/")).flatMap(([, text]) => text.trim().split("\n"));

beforeEach(async () => {
  disk = makeMemoryDisk();
  busy = new Set();
  await restart();
});

describe("ended tasks", () => {
  it("leave the world with a snapshot, and stay on the pages and in their folder", async () => {
    await journal(submitted("a"), started("a"), ended("a"), submitted("b"));
    const before: unknown = JSON.parse(JSON.stringify(world.tasks.get("a")));
    expect(await step()).toBe("done");
    expect(atHand()).toEqual(["b"]);
    expect(pages().map((line) => JSON.parse(line) as unknown)).toMatchObject([{ id: "a", status: "accepted" }]);
    expect(JSON.parse(disk.files.get("tasks/a/task.json") ?? "")).toMatchObject({ v: 1, task: before });
    expect(disk.files.get("tasks/a/status.json")).toContain('"status": "accepted"');
    await restart();
    expect(atHand()).toEqual(["b"]);
  });

  it("stay while they are among the latest, are waited for, or something works on them", async () => {
    const four = ["a", "b", "c", "d"].flatMap((id) => [submitted(id), ended(id)]);
    await journal(...four, submitted("e", { after: ["a"] }));
    busy.add("b");
    await step(1);
    expect(atHand()).toEqual(["a", "b", "d", "e"]);
  });

  it("stay until their pages show how they ended", async () => {
    await journal(submitted("a"), ended("a"));
    const history = createRetirement({
      board,
      world,
      projector: createProjector(board),
      ...same(),
      recent: 0,
      isBusy: () => false,
    });
    expect(await history.step()).toBe("done");
    expect([atHand(), pages()]).toEqual([["a"], []]);
  });

  it("come back when they are named, as they were, with those that they wait for", async () => {
    await journal(submitted("a"), ended("a"), submitted("b", { after: ["a"] }), started("b"), ended("b", "failed"));
    const before = [world.tasks.get("a"), world.tasks.get("b")];
    await step();
    expect(atHand()).toEqual([]);
    await restart();
    const retry = { v: 1, type: "retry", task: "b", feedback: null, by: "me" } as const;
    const { facts } = await commandEffect(board, world, { id: "c", command: retry });
    expect(facts).toMatchObject([{ type: "task.reopened", task: "b" }]);
    expect([world.tasks.get("a"), world.tasks.get("b")]).toEqual(before);
    await journal(...facts);
    await step();
    expect([...world.open]).toEqual(["b"]);
    expect(atHand()).toEqual(["a", "b"]);
  });

  it("keep their names: a second one of the same name is refused", async () => {
    await journal(submitted("a"), ended("a"));
    await step();
    const fact = submitted("a");
    if (fact.type !== "task.submitted") throw new Error("not a task");
    const { envelope, options, base } = fact;
    const task = { envelope, options, source: "" };
    const command = { v: 1, type: "submit", run: "R", base, tasks: [task] } as const;
    const { facts } = await commandEffect(board, world, { id: "c", command: { ...command, tasks: [task] } });
    expect(facts).toMatchObject([{ type: "command.refused", code: "ENVELOPE_DUPLICATE" }]);
  });

  it("whose file is damaged cost their own commands, nothing else", async () => {
    await journal(submitted("a"), ended("a"));
    await step();
    disk.files.set("tasks/a/task.json", "{");
    const command = { v: 1, type: "retry", task: "a", feedback: null, by: "me" } as const;
    const { facts } = await commandEffect(board, world, { id: "c", command });
    expect(facts).toMatchObject([{ type: "command.refused", code: "BOARD_CORRUPT" }]);
    disk.files.delete("checkpoint.json");
    await restart();
    expect(world.tasks.get("a")?.state).toMatchObject({ at: "ended", status: "accepted" });
  });
});

describe("a start", () => {
  it("takes no fact twice that was folded in before a task was kept and the snapshot was cut off", async () => {
    await journal(submitted("a"), started("a"), ended("a", "failed"), submitted("z"));
    await step();
    const snapshot = disk.files.get("checkpoint.json") ?? "";
    await journal(reopened("a"), started("a", 2), ended("a", "failed"));
    const before = world.tasks.get("a");
    expect(await step()).toBe("done");
    disk.files.set("checkpoint.json", snapshot);
    await restart();
    expect(world.tasks.get("a")).toEqual(before);
    expect(world.tasks.get("a")?.attempts).toHaveLength(2);
  });

  it("by another version reads the whole journal and makes every task anew", async () => {
    await journal(submitted("a"), ended("a"), submitted("b"));
    await step();
    disk.files.set("tasks/a/task.json", "of another version");
    const { world: other, unusable } = await restoreWorld(board, { version: "2.0.0" });
    expect([...other.tasks.keys()]).toEqual(["a", "b"]);
    expect(unusable).toContain(`written by cco ${VERSION}`);
  });

  it("stops when the file of a task is of a later time than its snapshot", async () => {
    await journal(submitted("a"), ended("a", "failed"), submitted("z"));
    await step();
    await journal(reopened("a"));
    const kept = disk.files.get("tasks/a/task.json") ?? "";
    disk.files.set("tasks/a/task.json", kept.replace(/"seq":\d+/, '"seq":99'));
    await expect(restart()).rejects.toMatchObject({ code: "BOARD_CORRUPT", data: { task: "a" } });
  });

  it("whose ledger has lost lines reads the whole journal", async () => {
    await journal(submitted("a"), ended("a"), submitted("b"));
    await step();
    const objection = (): string => "ledger.jsonl has lost lines";
    const { world: other, unusable } = await restoreWorld(board, { version: VERSION, objection });
    expect([[...other.tasks.keys()], unusable]).toEqual([["a", "b"], "ledger.jsonl has lost lines"]);
  });

  it("after many have ended puts them away bit by bit", async () => {
    const ids = Array.from({ length: 40 }, (_, n) => `t${n}`);
    await journal(...ids.flatMap((id) => [submitted(id), ended(id)]));
    expect([await step(), await step(), await step()]).toEqual(["more", "more", "done"]);
    expect(pages()).toHaveLength(40);
    expect(atHand()).toEqual([]);
  });
});
