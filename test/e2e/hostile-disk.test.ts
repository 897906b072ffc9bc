import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type CcoStage, fullEnvelope, setCcoStage } from "../support/cco.ts";
import { expectDoneOnce, factsOf, killEngine, pidIn, readIfThere } from "../support/crash-stage.ts";
import { until } from "../support/processes.ts";
import { mountSmallDisk, type SmallDisk } from "../support/small-disk.ts";

const probe = mountSmallDisk(64 * 1024);
if (typeof probe === "string") console.warn(`skipped: ${probe}`);
else probe.drop();

let stage: CcoStage | undefined;
let disk: SmallDisk | undefined;
afterEach(async () => {
  disk?.setReadOnly(false);
  disk?.empty();
  await stage?.cco("cancel", "--all");
  await stage?.close();
  [stage, disk] = [undefined, undefined];
});

const CONFIG =
  "engine: { idleSeconds: 0 }\nworker: { killGraceSeconds: 1 }\nretry: { baseSeconds: 0.05, jitterSeconds: 0 }\n";
const done = { final: "COMPLETED: wrote src/a.txt" };
const writes = { write: { path: "src/a.txt", content: "hello\n" } };

/** A stage whose blackboard is a disk of its own. */
async function stageOnDisk(steps: object[]): Promise<{ on: CcoStage; small: SmallDisk }> {
  const on = await setCcoStage({ script: { worker: [{ steps: steps as never }], claude: [] } });
  const board = join(on.repo, ".cco");
  const small = mountSmallDisk(8 * 1024 * 1024, board);
  if (typeof small === "string") throw new Error(small);
  writeFileSync(join(board, "config.yaml"), CONFIG);
  [stage, disk] = [{ ...on, close: closing(on, small) }, small];
  return { on, small };
}

/** The disk goes when nobody works on it any more, and before the folders around it do. */
const closing = (on: CcoStage, small: SmallDisk) => async (): Promise<void> => {
  await until(() => pidIn(join(on.repo, ".cco/engine.lock"), "pid") === null);
  small.drop();
  mkdirSync(join(on.repo, ".cco"), { recursive: true });
  await on.close();
};

const refused = (words: RegExp) => ({
  code: 7,
  json: { error: { code: "BOARD_WRITE", message: expect.stringMatching(words), hint: expect.stringMatching(/./) } },
});

describe.skipIf(typeof probe === "string")("a blackboard on a disk", () => {
  it("that fills up in mid-run takes nothing new, says why, and goes on when there is room", async () => {
    const { on, small } = await stageOnDisk([writes, { run: "sleep 1.5" }, done]);
    const first = await on.envelope("one", fullEnvelope("one"));
    expect((await on.dispatch([first], "--detach", "--no-review")).code).toBe(0);
    await until(() => readIfThere(join(on.repo, ".cco/tasks/one/attempts/01/events.jsonl")).includes("sleep 1.5"));
    small.fillUpTo(0);
    const second = await on.envelope("two", fullEnvelope("two"));
    const full = await on.cco("dispatch", second, "--no-review", "--json");
    expect({ code: full.code, json: full.json }).toMatchObject(refused(/ENOSPC/));
    expect(full.stderr).toContain("free space");
    // Long enough for the worker to end and for its end to be impossible to write down.
    const worker = pidIn(join(on.repo, ".cco/tasks/one/attempts/01/supervisor.json"), "workerPid") ?? 0;
    await until(() => readIfThere(`/proc/${worker}/stat`) === "" || /\) Z /.test(readIfThere(`/proc/${worker}/stat`)));
    expect(await on.cco("status", "--json")).toMatchObject({ code: 0, tasks: [{ id: "one", status: "running" }] });
    small.empty();
    expect(await on.cco("wait", "one", "--json")).toMatchObject({ code: 0, tasks: [{ status: "accepted" }] });
    await expectDoneOnce(on, "one");
    expect(await on.dispatch([second], "--no-review")).toMatchObject({ tasks: [{ id: "two" }] });
    expect((await factsOf(on)).length).toBeGreaterThan(10);
  });

  it("that is read-only can be looked at; whatever has to write says so, and goes on later", async () => {
    const { on, small } = await stageOnDisk([writes, { run: "sleep 60" }, done]);
    const file = await on.envelope("one", fullEnvelope("one"));
    expect((await on.dispatch([file], "--detach", "--no-review")).code).toBe(0);
    const supervised = join(on.repo, ".cco/tasks/one/attempts/01/supervisor.json");
    const worker = await until(() => pidIn(supervised, "workerPid"));
    await killEngine(on);
    for (const pid of [pidIn(supervised, "pid") ?? 0, worker]) process.kill(pid, "SIGKILL");
    await until(() => readIfThere(`/proc/${worker}/stat`) === "");
    small.setReadOnly(true);
    const status = await on.cco("status", "--json");
    expect(status).toMatchObject({ code: 0, tasks: [{ id: "one", status: "running" }] });
    expect(status.stderr).toContain("none can be started");
    for (const args of [["wait", "one"], ["resume"], ["cancel", "one"], ["dispatch", file]]) {
      const answer = await on.cco(...args, "--json");
      expect({ args, code: answer.code, json: answer.json }).toMatchObject(refused(/EROFS/));
    }
    const disk = { id: "disk", status: "fail", detail: expect.stringContaining("EROFS") };
    expect(await on.cco("doctor", "--json")).toMatchObject({
      code: 7,
      json: { checks: expect.arrayContaining([expect.objectContaining(disk)]) },
    });
    small.setReadOnly(false);
    expect(await on.cco("cancel", "one", "--json")).toMatchObject({ code: 0, tasks: [{ status: "cancelled" }] });
  });

  it("a project that cannot be written at all is refused before anything starts", async () => {
    const on = await setCcoStage({ script: { worker: [{ steps: [done] as never }], claude: [] } });
    stage = on;
    const bare = mkdtempSync(join(tmpdir(), "cco-bare-"));
    const small = mountSmallDisk(4 * 1024 * 1024, bare);
    if (typeof small === "string") throw new Error(small);
    try {
      await on.git("clone", "--quiet", on.repo, join(bare, "repo"));
      small.setReadOnly(true);
      const file = await on.envelope("one", fullEnvelope("one"));
      const run = await on.cco("dispatch", file, "--no-review", "--json", "--project", join(bare, "repo"));
      expect({ code: run.code, json: run.json }).toMatchObject(refused(/EROFS/));
      expect(on.requests()).toEqual([]);
    } finally {
      small.setReadOnly(false);
      small.drop();
      rmSync(bare, { recursive: true, force: true });
    }
  });
});
