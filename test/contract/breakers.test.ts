import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openBreakers } from "../../src/blackboard/breakers.ts";
import { openMemoryBreakers } from "../../src/blackboard/memory-breakers.ts";
import { CLOSED } from "../../src/decide/failures/breaker.ts";
import {
  bindProbe,
  leaveProbe,
  lookAtBreaker,
  passBreaker,
  reportStep,
  resetBreaker,
} from "../../src/engine/breakers.ts";
import { DEFAULT_CONFIG } from "../../src/model/config.ts";
import type { Breakers } from "../../src/ports/breakers.ts";
import type { ProcessIdentityReader } from "../../src/ports/process-identity.ts";
import { verifies } from "../requirements.ts";
import { bundleProgram, type RunningProgram, startProgram } from "../support/bundled-program.ts";
import { pretendMachine, type PretendedProcess } from "../support/pretend-machine.ts";

verifies("C4");

interface Stage {
  open(identity: ProcessIdentityReader): Breakers;
  put(text: string): void;
  text(): string;
  drop(): void;
}

function fileStage(): Stage {
  const stateDir = mkdtempSync(join(tmpdir(), "cco-breakers-"));
  const file = join(stateDir, "accounts/main/breaker.json");
  return {
    open: (identity) => openBreakers(stateDir, identity),
    put(text) {
      mkdirSync(join(stateDir, "accounts/main"), { recursive: true });
      writeFileSync(file, text);
    },
    text: () => readFileSync(file, "utf8"),
    drop: () => rmSync(stateDir, { recursive: true, force: true }),
  };
}

function memoryStage(): Stage {
  const texts = new Map<string, string>();
  return {
    open: (identity) => openMemoryBreakers(texts, identity),
    put: (text) => void texts.set("main", text),
    text: () => texts.get("main") ?? "",
    drop: () => texts.clear(),
  };
}

const holder = (task: string, project = "/p") => ({ project, task, step: "attempt 1" });

describe.each([
  ["files", fileStage],
  ["memory", memoryStage],
] as const)("breakers in %s", (_kind, makeStage) => {
  let stage: Stage;
  let machine: ReturnType<typeof pretendMachine>;
  let nowMs = 0;
  beforeEach(() => {
    stage = makeStage();
    machine = pretendMachine();
    nowMs = Date.UTC(2026, 0, 1);
  });
  afterEach(() => stage.drop());

  function depsOf(process: PretendedProcess) {
    const clock = { now: () => nowMs, sleep: async () => undefined };
    return { breakers: stage.open(process), clock, random: () => 0, settings: DEFAULT_CONFIG.breaker };
  }

  async function fail(process: PretendedProcess, key: string, task = "x") {
    const outcome = { kind: "bad", code: "CODEX_UNAVAILABLE", signature: key, trips: true } as const;
    await reportStep(depsOf(process), "main", holder(task), { key, outcome, atMs: nowMs });
  }

  it("are shared: failures of several projects open one, and one probe is let through for all of them", async () => {
    const [one, two] = [machine.start(), machine.start()];
    await fail(one, "1");
    await fail(two, "2");
    expect(await passBreaker(depsOf(one), "main", holder("a"))).toBe(true);
    await fail(one, "3");
    expect(await lookAtBreaker(depsOf(two), "main")).toMatchObject({ kind: "open" });
    expect(await passBreaker(depsOf(two), "main", holder("a"))).toBe(false);
    expect(await lookAtBreaker(depsOf(two), "other")).toMatchObject({ kind: "closed" });
    nowMs += 300_000;
    const asked = ["a", "b", "c"].flatMap((task) => [one, two].map((each) => ({ task, each })));
    const passed = await Promise.all(
      asked.map(({ task, each }) => passBreaker(depsOf(each), "main", holder(task, each === one ? "/p" : "/q"))),
    );
    expect(passed.filter(Boolean)).toHaveLength(1);
  });

  it("a probe is free when its engine and its worker are gone, not before", async () => {
    const [engine, worker, other] = [machine.start(), machine.start(), machine.start()];
    for (const key of ["1", "2", "3"]) await fail(engine, key);
    nowMs += 300_000;
    expect(await passBreaker(depsOf(engine), "main", holder("a"))).toBe(true);
    await bindProbe(depsOf(engine), "main", holder("a"), worker.identity);
    engine.die();
    expect(await passBreaker(depsOf(other), "main", holder("b"))).toBe(false);
    expect(await passBreaker(depsOf(other), "main", holder("a"))).toBe(true);
    other.die();
    worker.die();
    expect(await passBreaker(depsOf(machine.start()), "main", holder("b"))).toBe(true);
  });

  it("a probe that is given back is free; others cannot give it back", async () => {
    const engine = machine.start();
    for (const key of ["1", "2", "3"]) await fail(engine, key);
    nowMs += 300_000;
    await passBreaker(depsOf(engine), "main", holder("a"));
    await leaveProbe(depsOf(engine), "main", holder("b"));
    expect(await passBreaker(depsOf(engine), "main", holder("b"))).toBe(false);
    await leaveProbe(depsOf(engine), "main", holder("a"));
    expect(await passBreaker(depsOf(engine), "main", holder("b"))).toBe(true);
  });

  it("are reset by hand, listed by name, and damaged ones count as closed", async () => {
    const engine = machine.start();
    const { breakers } = depsOf(engine);
    expect(await resetBreaker(breakers, "main", nowMs)).toBe(false);
    for (const key of ["1", "2", "3"]) await fail(engine, key);
    expect(await breakers.list()).toMatchObject([{ name: "main", breaker: { state: { at: "open" } } }]);
    expect(await resetBreaker(breakers, "main", nowMs)).toBe(true);
    expect(await breakers.read("main")).toMatchObject({ state: { ...CLOSED, since: expect.any(String) } });
    for (const text of ["", "{", "[]", '{"v":2}']) {
      stage.put(text);
      expect(await lookAtBreaker(depsOf(engine), "main")).toMatchObject({ kind: "closed" });
      for (const key of ["4", "5", "6"]) await fail(engine, `${text}${key}`);
      expect(await lookAtBreaker(depsOf(engine), "main")).toMatchObject({ kind: "open" });
    }
  });

  it("no content comes back, so that a change cannot be mistaken for the one before it", async () => {
    const { breakers } = depsOf(machine.start());
    const seen = new Set<string>();
    for (let n = 0; n < 5; n += 1) {
      await breakers.update("main", () => ({ state: CLOSED, reported: [] }));
      seen.add(stage.text());
    }
    expect(seen.size).toBe(5);
  });
});

describe("breakers of real processes", () => {
  let folder = "";
  let program = "";
  const programs: RunningProgram[] = [];
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "cco-breaker-programs-"));
    program = await bundleProgram("pass-breaker", folder);
  });
  afterEach(async () => {
    for (const each of programs.splice(0)) await each.kill("SIGKILL");
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function start(): Promise<RunningProgram> {
    const started = startProgram(program, [join(folder, "state")]);
    programs.push(started);
    expect(await started.line()).toBe("ready");
    return started;
  }

  const ask = async (of: RunningProgram, order: string): Promise<string | null> => {
    of.send(order);
    return of.line();
  };

  it("eight that ask at once get one probe; the one whose holder is killed is given to one other", async () => {
    const all = await Promise.all(Array.from({ length: 8 }, start));
    const [first] = all;
    if (first === undefined) return;
    for (const task of ["x", "y", "z"]) expect(await ask(first, `fail ${task}`)).toBe("reported");
    const answers = await Promise.all(all.map((each, n) => ask(each, `pass t${n}`)));
    expect(answers.filter((answer) => answer === "true")).toHaveLength(1);
    const winner = answers.indexOf("true");
    await all[winner]?.kill("SIGKILL");
    const rest = all.filter((_, n) => n !== winner);
    const again = await Promise.all(rest.map((each, n) => ask(each, `pass u${n}`)));
    expect(again.filter((answer) => answer === "true")).toHaveLength(1);
  });
});
