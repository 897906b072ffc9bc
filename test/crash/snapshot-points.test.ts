import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addTasks } from "../../bench/scale/board.ts";
import { factsOfFinished } from "../../bench/scale/facts.ts";
import { openBoard } from "../../src/blackboard/board.ts";
import { processIdentities } from "../../src/process/process-identity.ts";
import { verifies } from "../requirements.ts";
import { CONTENT_REVIEWER, fullEnvelope } from "../support/cco.ts";
import {
  dieAt,
  expectDoneOnce,
  factsOf,
  isEngineDead,
  setCrashStage,
  untilNobodyIsLeft,
} from "../support/crash-stage.ts";
import { until } from "../support/processes.ts";

/** Large enough for few tasks to fill a segment: the next engine begins another one and has more than the latest tasks to put away. */
const SEGMENT_BYTES = 8 * 1024 * 1024;
const OUTPUT_BYTES = 210 * 1024;
const OPEN = { keep: "task-900000", cancel: "task-900001" };

const dir = mkdtempSync(join(tmpdir(), "cco-history-"));
const root = join(dir, "board");

beforeAll(async () => {
  await addTasks({ root, version: "0", from: 900_000, count: 2, kind: "open", durable: false });
  const board = openBoard(root, { identity: processIdentities });
  await board.lock();
  const isFull = (): boolean => statSync(join(root, "journal/000001.jsonl")).size >= SEGMENT_BYTES;
  for (let n = 0; !isFull(); n += 1) await board.append(factsOfFinished(n, root, OUTPUT_BYTES), Date.now());
  await board.unlock();
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe.concurrent("an engine that is killed while it puts history away, at", () => {
  verifies("C7", "K4");
  it.for([
    "journal.after-rotate",
    "task.after-keep",
    "task.after-keep:10",
    "page.after-write",
    "snapshot.before-write",
    "snapshot.after-write",
    "archive.after-write",
    "archive.after-remove",
  ])("%s leaves nothing out and nothing twice", async (point, { onTestFinished }) => {
    const write = { write: { path: "src/a.txt", content: "hello\n" } };
    const worker = [{ task: "one", steps: [write, { final: "COMPLETED: wrote src/a.txt" }] }];
    const stage = await setCrashStage(onTestFinished, { worker, claude: CONTENT_REVIEWER });
    const board = join(stage.repo, ".cco");
    cpSync(root, board, { recursive: true, filter: (path) => !path.endsWith(".gitignore") });
    await dieAt(stage, point, "cancel", OPEN.cancel);
    const list = await stage.cco("status", "--json");
    expect(list.code).toBe(0);
    await until(async () => !(await isEngineDead(stage)));
    expect((await stage.cco("wait", OPEN.cancel, "--json")).tasks).toMatchObject([{ status: "cancelled" }]);
    // Work goes on as ever, and what has left the world is still to be had.
    const file = await stage.envelope("one", fullEnvelope("one"));
    if (point === "snapshot.after-write")
      expect((await stage.dispatch([file], "--no-review")).tasks).toMatchObject([{ status: "accepted" }]);
    await until(() => !existsSync(join(board, "journal/000001.jsonl")));
    const submitted = (await factsOf(stage)).flatMap((fact) => (fact.type === "task.submitted" ? [fact.task] : []));
    expect(new Set(submitted).size).toBe(submitted.length);
    const { tasks } = await stage.cco("status", "--json");
    expect(tasks.map(({ id }) => id).toSorted()).toEqual(submitted.toSorted());
    expect(tasks.filter(({ status }) => status === "accepted").length).toBe(submitted.length - 2);
    expect(readdirSync(join(board, "journal/archive"))).toContain("000001.jsonl.gz");
    expect((await stage.cco("result", "task-000007", "--json")).tasks).toMatchObject([{ status: "accepted" }]);
    if (point === "snapshot.after-write") await expectDoneOnce(stage, "one");
    expect((await stage.cco("cancel", OPEN.keep)).code).toBe(0);
    await untilNobodyIsLeft(stage);
  });
});
