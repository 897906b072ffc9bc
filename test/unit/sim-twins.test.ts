import { describe, expect, it } from "vitest";
import { makeClock, settled, START_MS, type VirtualClock } from "../../sim/clock.ts";
import { makeMachine } from "../../sim/machine.ts";
import { openMemoryWorker } from "../../sim/memory-worker.ts";
import { makeRandom } from "../../sim/random.ts";
import { STORIES, type StoryName } from "../../sim/worker-stories.ts";
import { folderOf, killSupervisor, makeWorkerYard, type WorkerYard } from "../../sim/worker-yard.ts";
import type { AttemptOrder } from "../../src/ports/worker.ts";

/** Lets all the time pass that there is. */
async function passTime(clock: VirtualClock): Promise<void> {
  do await settled();
  while (clock.step());
}

describe("virtual time", () => {
  it("passes in the order of the timers, equal ones in the order in which they were set", async () => {
    const clock = makeClock();
    const seen: string[] = [];
    const note = (text: string) => () => void seen.push(`${text} at ${clock.elapsed()}`);
    for (const [text, ms] of [
      ["c", 30],
      ["a", 10],
      ["d", 30],
      ["b", 20],
    ] as const)
      clock.after(ms, note(text));
    clock.after(25, note("never"))();
    void clock.sleep(15).then(note("slept"));
    await passTime(clock);
    expect(seen).toEqual(["a at 10", "slept at 15", "b at 20", "c at 30", "d at 30"]);
  });

  it("lets sleepers sleep as long as they asked when the clock on the wall jumps", async () => {
    const clock = makeClock();
    let woken = -1;
    void clock.sleep(1000).then(() => {
      woken = clock.elapsed();
    });
    clock.jump(-5000);
    expect(clock.now()).toBe(START_MS - 5000);
    await passTime(clock);
    expect({ woken, now: clock.now() }).toEqual({ woken: 1000, now: START_MS - 4000 });
  });

  it("wakes a sleeper whose signal aborts", async () => {
    const clock = makeClock();
    const stop = new AbortController();
    const sleep = clock.sleep(1000, stop.signal);
    stop.abort();
    await sleep;
    expect(clock.elapsed()).toBe(0);
    await clock.sleep(1000, stop.signal);
  });
});

describe("chance", () => {
  it("is the same for the same seed, and a fork does not shift the others", () => {
    const numbers = (random: ReturnType<typeof makeRandom>): number[] => [
      random.next(),
      random.int(1, 100),
      random.next(),
    ];
    const [one, other] = [makeRandom(7), makeRandom(7)];
    other.fork("another consumer").next();
    expect(numbers(one)).toEqual(numbers(other));
    expect(numbers(makeRandom(7).fork("x"))).not.toEqual(numbers(makeRandom(8).fork("x")));
    const asked = makeRandom(7);
    expect(asked.again("x").next()).not.toBe(asked.again("x").next());
  });

  it("is spread over its range", () => {
    const random = makeRandom(1);
    const counts = Array.from({ length: 10 }, () => 0);
    for (let n = 0; n < 10_000; n += 1) counts[random.int(0, 9)] = (counts[random.int(0, 9)] ?? 0) + 1;
    for (const count of counts) expect(count).toBeGreaterThan(0);
    expect(random.weighted({ never: 0, always: 1 })).toBe("always");
  });
});

describe("the worker in memory", () => {
  const order: AttemptOrder = {
    task: "t1",
    attempt: 1,
    dir: "/a/.cco/tasks/t1/attempts/01",
    cwd: "/a",
    prompt: "",
    effort: "auto",
    network: false,
    readOnly: false,
    limits: { hardMs: 60_000, silenceMs: 20_000, killGraceMs: 1000, outputBytes: 1, stuck: { repeats: 10 } },
  };

  function setYard(name: StoryName, seed = 1): { yard: WorkerYard; clock: VirtualClock; ended: () => Promise<string> } {
    const clock = makeClock();
    const yard = makeWorkerYard({
      clock,
      machine: makeMachine(),
      random: makeRandom(seed),
      story: () => ({ story: STORIES[name], resetsAt: null }),
      work: () => undefined,
      hasChange: () => false,
      onStart: () => undefined,
      onEnd: () => undefined,
      onReply: () => undefined,
      onSteer: () => undefined,
    });
    const ended = async (): Promise<string> => {
      const worker = openMemoryWorker(yard, () => false);
      const watching = worker.watch(order.dir, new AbortController().signal);
      await passTime(clock);
      const exit = await watching;
      return `${exit.reason} ${(await worker.collect(order, exit)).failure?.code ?? "ok"}`;
    };
    return { yard, clock, ended };
  }

  it("waits for an answer in the attached lane, with its clocks standing still, and takes the first one", async () => {
    // Of these seeds some worker asks for something.
    let asked = 0;
    for (let seed = 1; seed <= 12; seed += 1) {
      const { yard, clock, ended } = setYard("good", seed);
      const worker = openMemoryWorker(yard, () => false);
      const attached = { ...order, lane: "attached" as const, limits: { ...order.limits, askMs: 600_000 } };
      let hints = 0;
      worker.live?.onAsk(order.dir, () => (hints += 1));
      await Promise.all([worker.launch(attached), passTime(clock)]);
      const known = (await worker.live?.asks(order.dir, 0)) ?? [];
      asked += known.length;
      expect(hints).toBe(known.length);
      expect(known.map(({ n }) => n)).toEqual(known.map((_, at) => at + 1));
      const reply = { verdict: "allow", choice: null, note: "", by: "person" } as const;
      await worker.live?.reply(order.dir, 1, reply);
      await worker.live?.reply(order.dir, 1, { ...reply, verdict: "decline" });
      // Nobody answered the others: each was declined after its own time, which is far longer than the hard limit.
      expect(await ended()).toBe("completed ok");
      if (known.length > 0) expect(clock.elapsed()).toBeGreaterThan(600_000);
    }
    expect(asked).toBeGreaterThan(3);
  });

  it("starts at most once, whoever launches it and how often", async () => {
    const { yard, clock, ended } = setYard("good");
    const [one, other] = [openMemoryWorker(yard, () => false), openMemoryWorker(yard, () => false)];
    await Promise.all([one.launch(order), other.launch(order), passTime(clock)]);
    await one.launch(order);
    expect(await ended()).toBe("completed ok");
    expect(folderOf(yard, order.dir).starts).toBe(1);
  });

  it("goes on when the engine that launched it dies before it could note the supervisor", async () => {
    const { yard, clock, ended } = setYard("good");
    let gone = false;
    void openMemoryWorker(yard, () => gone).launch(order);
    gone = true;
    await passTime(clock);
    expect(folderOf(yard, order.dir).launched).toBeNull();
    expect(await ended()).toBe("completed ok");
  });

  it.each([
    ["lie", "completed ok"],
    ["wordless", "completed REPORT_MISSING"],
    ["no-sidecar", "completed CODEX_NO_SIDECAR"],
    ["no-turn", "completed CODEX_NO_TURN"],
    ["bad-exit", "exit-code CODEX_BAD_EXIT"],
    ["says-blocked", "completed REPORT_BLOCKED"],
    ["silent", "silent CODEX_SILENT"],
    ["endless", "deadline CODEX_DEADLINE"],
    ["stuck", "stuck WORKER_STUCK"],
    ["killed", "signal CODEX_KILLED"],
    ["lost", "lost CODEX_LOST"],
    ["orphaned", "lost CODEX_LOST"],
    ["rate-limited", "exit-code CODEX_RATE_LIMITED"],
  ] as const)("tells %s as: %s", async (name, outcome) => {
    const { yard, clock, ended } = setYard(name);
    void openMemoryWorker(yard, () => false).launch(order);
    await settled();
    clock.step();
    expect(await ended()).toBe(outcome);
    expect(folderOf(yard, order.dir).working).toBe(false);
  });

  it("can be stopped before its supervisor has claimed the folder, and then never starts", async () => {
    const { yard, ended } = setYard("good");
    const worker = openMemoryWorker(yard, () => false);
    void worker.launch(order);
    await worker.stop(order.dir, "cancelled");
    expect(await ended()).toBe("cancelled TASK_CANCELLED");
    expect(folderOf(yard, order.dir).starts).toBe(0);
  });

  it("that nobody launched is given up, and a supervisor that comes late starts nothing", async () => {
    const { yard, clock, ended } = setYard("good");
    expect(await ended()).toBe("lost CODEX_LOST");
    await Promise.all([openMemoryWorker(yard, () => false).launch(order), passTime(clock)]);
    expect(folderOf(yard, order.dir).starts).toBe(0);
  });

  it("is ended when its supervisor is found dead", async () => {
    const { yard, clock, ended } = setYard("good");
    await Promise.all([openMemoryWorker(yard, () => false).launch(order), settled().then(() => clock.step())]);
    while (!folderOf(yard, order.dir).working) clock.step();
    killSupervisor(yard, folderOf(yard, order.dir), true);
    expect(folderOf(yard, order.dir).working).toBe(true);
    expect(await ended()).toBe("lost CODEX_LOST");
    expect(folderOf(yard, order.dir).working).toBe(false);
  });

  it("names its supervisor as the one who holds the attempt", async () => {
    const { yard, clock } = setYard("good");
    const worker = openMemoryWorker(yard, () => false);
    expect(worker.holder(order.dir)).toBeNull();
    await Promise.all([worker.launch(order), settled().then(() => passTime(clock))]);
    expect(worker.holder(order.dir)).toMatchObject({ pid: 101 });
  });
});
