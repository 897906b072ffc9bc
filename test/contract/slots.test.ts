import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openMemorySlots } from "../../src/blackboard/memory-slots.ts";
import { openSlots } from "../../src/blackboard/slots.ts";
import type { ProcessIdentityReader } from "../../src/ports/process-identity.ts";
import type { SlotHolder, Slots } from "../../src/ports/slots.ts";
import { pretendMachine, type PretendedProcess } from "../support/pretend-machine.ts";
import { bundleProgram, type RunningProgram, startProgram } from "../support/bundled-program.ts";

interface SlotStage {
  open(identity: ProcessIdentityReader): Slots;
  put(slot: number, text: string): void;
  /** Texts of the lease files. */
  texts(): string[];
  drop(): void;
}

function fileStage(): SlotStage {
  const stateDir = mkdtempSync(join(tmpdir(), "cco-slots-"));
  const folder = join(stateDir, "accounts/main/slots");
  return {
    open: (identity) => openSlots(stateDir, identity),
    put(slot, text) {
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, `${slot}.json`), text);
    },
    texts: () => readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8")),
    drop: () => rmSync(stateDir, { recursive: true, force: true }),
  };
}

function memoryStage(): SlotStage {
  const leases = new Map<string, string>();
  return {
    open: (identity) => openMemorySlots(leases, identity),
    put: (slot, text) => void leases.set(`main/${slot}`, text),
    texts: () => [...leases.values()],
    drop: () => leases.clear(),
  };
}

const holder = (task: string, project = "/p"): SlotHolder => ({ project, task });

describe.each([
  ["files", fileStage],
  ["memory", memoryStage],
] as const)("worker slots in %s", (_kind, makeStage) => {
  let stage: SlotStage;
  let machine: ReturnType<typeof pretendMachine>;
  let engine: PretendedProcess;
  let slots: Slots;

  beforeEach(() => {
    stage = makeStage();
    machine = pretendMachine();
    engine = machine.start();
    slots = stage.open(engine);
  });
  afterEach(() => stage.drop());

  it("are as many as the limit says, over all projects", async () => {
    const other = stage.open(machine.start());
    expect(await slots.free("main", 3)).toBe(3);
    expect(await slots.acquire("main", 3, holder("a"))).toBe(true);
    expect(await slots.acquire("main", 3, holder("b"))).toBe(true);
    expect(await other.acquire("main", 3, holder("a", "/q"))).toBe(true);
    expect(await other.acquire("main", 3, holder("b", "/q"))).toBe(false);
    expect(await slots.free("main", 3)).toBe(0);
    expect(await slots.free("other", 3)).toBe(3);
    expect(await slots.free("main", 2)).toBe(0);
    await slots.release("main", holder("b"));
    expect(await other.acquire("main", 3, holder("b", "/q"))).toBe(true);
  });

  it("are counted in full by whoever has the lower limit", async () => {
    const other = stage.open(machine.start());
    for (const task of ["a", "b", "c", "d"]) expect(await other.acquire("main", 5, holder(task, "/q"))).toBe(true);
    await other.release("main", holder("a", "/q"));
    expect(await slots.acquire("main", 3, holder("a"))).toBe(false);
    expect(await slots.acquire("main", 4, holder("a"))).toBe(true);
  });

  it("are taken once per holder, however often it asks and also at once", async () => {
    const answers = await Promise.all([1, 2, 3].map(() => slots.acquire("main", 3, holder("a"))));
    expect(answers).toEqual([true, true, true]);
    expect(await slots.free("main", 3)).toBe(2);
    await slots.release("main", holder("a"));
    await slots.release("main", holder("a"));
    expect(await slots.free("main", 3)).toBe(3);
  });

  it("are free again at once when the engine dies before a worker is bound", async () => {
    await slots.acquire("main", 1, holder("a"));
    engine.die();
    const next = stage.open(machine.start());
    expect(await next.free("main", 1)).toBe(1);
    expect(await next.acquire("main", 1, holder("b", "/q"))).toBe(true);
  });

  it("stay taken while the bound supervisor lives, whatever becomes of the engine", async () => {
    const supervisor = machine.start();
    await slots.acquire("main", 1, holder("a"));
    expect(await slots.bind("main", holder("a"), supervisor.identity)).toBe(true);
    engine.die();
    const next = stage.open(machine.start());
    expect(await next.free("main", 1)).toBe(0);
    expect(await next.acquire("main", 1, holder("b", "/q"))).toBe(false);
    supervisor.die();
    expect(await next.acquire("main", 1, holder("b", "/q"))).toBe(true);
  });

  it("pass to the next engine of the project with their worker", async () => {
    const supervisor = machine.start();
    await slots.acquire("main", 1, holder("a"));
    await slots.bind("main", holder("a"), supervisor.identity);
    engine.die();
    const nextEngine = machine.start();
    const next = stage.open(nextEngine);
    expect(await next.bind("main", holder("a"), supervisor.identity)).toBe(false);
    expect(await next.acquire("main", 1, holder("a"))).toBe(true);
    expect(JSON.parse(stage.texts()[0] ?? "")).toMatchObject({
      engine: nextEngine.identity,
      worker: supervisor.identity,
    });
    supervisor.die();
    expect(await next.free("main", 1)).toBe(0);
    await next.release("main", holder("a"));
    expect(await next.free("main", 1)).toBe(1);
  });

  it("of a dead engine can be released by the next, those of a live one cannot", async () => {
    const supervisor = machine.start();
    await slots.acquire("main", 1, holder("a"));
    await slots.bind("main", holder("a"), supervisor.identity);
    const next = stage.open(machine.start());
    await next.release("main", holder("a"));
    expect(await next.free("main", 1)).toBe(0);
    engine.die();
    await next.release("main", holder("a"));
    expect(await next.free("main", 1)).toBe(1);
  });

  it("are not bound to somebody who has none", async () => {
    expect(await slots.bind("main", holder("a"), engine.identity)).toBe(false);
  });

  it.each(["", "not json", '{"v":1}'])("whose lease is %j, as a power cut leaves it, are free", async (text) => {
    stage.put(1, text);
    expect(await slots.free("main", 1)).toBe(1);
    expect(await slots.acquire("main", 1, holder("a"))).toBe(true);
    expect(stage.texts()).toHaveLength(1);
  });

  it("of another boot or with a recycled pid are free", async () => {
    await slots.acquire("main", 2, holder("a"));
    engine.die();
    const sameNumber = stage.open(machine.start({ ...engine.identity, startTime: "later" }));
    expect(await sameNumber.free("main", 2)).toBe(2);
    const rebooted = stage.open(machine.start({ ...engine.identity, bootId: "boot-2" }));
    expect(await rebooted.free("main", 2)).toBe(2);
  });
});

describe("worker slots among processes", () => {
  let folder = "";
  let program = "";
  const running: RunningProgram[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "cco-slots-"));
    program = await bundleProgram("take-slots", folder);
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((one) => one.kill("SIGKILL")));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("are never more than the limit, also when holders are killed", async () => {
    for (let round = 0; round < 3; round += 1) {
      const crowd = Array.from({ length: 8 }, () => startProgram(program, [join(folder, "state"), "3"]));
      running.push(...crowd);
      for (const one of crowd) expect(await one.line()).toBe("ready");
      for (const [index, one] of crowd.entries()) one.send(`take task-${index}`);
      const answers = await Promise.all(crowd.map((one) => one.line()));
      expect(
        answers.filter((answer) => answer === "true"),
        `round ${round}`,
      ).toHaveLength(3);
      await Promise.all(running.splice(0).map((one) => one.kill("SIGKILL")));
    }
    expect(readdirSync(join(folder, "state/accounts/main/slots")).sort()).toEqual(["1.json", "2.json", "3.json"]);
  });

  it.each(["..", "a/b", "", ".hidden"])("refuse %j as the name of an account", async (account) => {
    const slots = openSlots(folder, pretendMachine().start());
    await expect(slots.free(account, 3)).rejects.toMatchObject({ code: "INTERNAL" });
  });
});
