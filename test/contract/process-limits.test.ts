import { existsSync } from "node:fs";
import { readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ExitRecord } from "../../src/model/outcome.ts";
import { launchSupervised } from "../../src/process/launch.ts";
import type { SupervisedCommand } from "../../src/process/supervised-command.ts";
import { stopSupervised, watchExit } from "../../src/process/watch.ts";
import * as support from "../support/processes.ts";

const { fixture, until, textOf, workerPid, supervisorPid } = support;
const NEVER = new AbortController().signal;

let dir: string;

beforeEach(async () => {
  dir = await support.makeFolder();
});

afterEach(async () => {
  await support.leaveNobody(dir);
});

type Limits = Partial<SupervisedCommand["limits"]>;

async function launch(
  argv: readonly string[],
  limits: Limits = {},
  more: Partial<SupervisedCommand> = {},
): Promise<void> {
  await launchSupervised(dir, { ...(await support.commandIn(dir, argv, limits)), ...more });
}

async function run(
  argv: readonly string[],
  limits: Limits = {},
  more: Partial<SupervisedCommand> = {},
): Promise<ExitRecord> {
  await launch(argv, limits, more);
  return watchExit(dir, NEVER);
}

/** Milliseconds between start and end of an attempt. */
function lasted(exit: ExitRecord): number {
  return Date.parse(exit.endedAt) - Date.parse(exit.startedAt);
}

describe("limits", () => {
  it("ends a worker at the deadline although it writes", async () => {
    const exit = await run(fixture("never-exits"), { hardMs: 400 });
    expect(exit.reason).toBe("deadline");
    expect(lasted(exit)).toBeGreaterThanOrEqual(400);
    expect(lasted(exit)).toBeLessThan(5000);
  });

  it("winds a worker down at the soft limit, politely first", async () => {
    const exit = await run(fixture("ends-its-turn"), { softMs: 600, hardMs: 20_000 });
    // What Codex does on SIGINT: it notes that its turn was aborted and ends with 1.
    expect(exit).toMatchObject({ reason: "soft-limit", code: 1, signal: null });
    expect(await textOf(dir, "events.jsonl")).toBe("ready\nturn aborted\n");
    expect(lasted(exit)).toBeGreaterThanOrEqual(600);
    expect(lasted(exit)).toBeLessThan(5000);
  });

  it("ends the whole tree at the soft limit, also what ignores the polite signals", async () => {
    const exit = await run(fixture("ignores-sigterm"), { softMs: 200, killGraceMs: 150 });
    expect(exit).toMatchObject({ reason: "soft-limit", code: null, signal: "SIGKILL" });
  });

  it.each([
    ["soft-limit", { softMs: 300, hardMs: 9000, budgetMs: 9000 }],
    ["deadline", { softMs: 300, hardMs: 300 }],
    ["budget", { softMs: 300, hardMs: 300, budgetMs: 300 }],
    ["budget", { softMs: 900, hardMs: 900, budgetMs: 300 }],
    // Slow to die: the hard limit passes meanwhile, and the first reason stays.
    ["soft-limit", { softMs: 200, hardMs: 300, killGraceMs: 400 }],
  ] as const)("names the first limit as the reason: %s", async (reason, limits) => {
    const exit = await run(fixture("ignores-sigterm"), { killGraceMs: 50, ...limits });
    expect(exit.reason).toBe(reason);
    expect(exit.detail.startsWith("BUDGET_MINUTES: ")).toBe(reason === "budget");
  });

  it("ends a silent worker", async () => {
    const exit = await run(fixture("silent"), { silenceMs: 300 });
    expect(exit).toMatchObject({ reason: "silent", signal: "SIGINT" });
    expect(lasted(exit)).toBeGreaterThanOrEqual(300);
    expect(lasted(exit)).toBeLessThan(5000);
  });

  it("takes output as a sign of life", async () => {
    expect(await run(fixture("never-exits"), { silenceMs: 400, hardMs: 1200 })).toMatchObject({ reason: "deadline" });
  });

  it("takes lines that only say that the worker waits for none", async () => {
    const life = { noise: ["tick"], record: { prefix: "rollout-", callBegins: "<", callEnds: ">" } };
    const argv = ["/bin/sh", "-c", "while :; do echo tick; echo tick >&2; sleep 0.05; done"];
    expect(await run(argv, { silenceMs: 500, hardMs: 9000 }, { life })).toMatchObject({ reason: "silent" });
    const exit = await run(fixture("silent"), { silenceMs: 300 }, { life });
    expect(exit.detail).toMatch(
      /^no sign of life for 0\.5 s: no command is running, \d+ ms of processor time meanwhile/,
    );
  });

  it("believes a command in a session of its own, and nobody else", async () => {
    const life = { noise: [], record: { prefix: "rollout-", callBegins: "<", callEnds: ">" } };
    const alive = ["/bin/sh", "-c", "setsid sleep 1000 & sleep 1000"];
    expect(await run(alive, { silenceMs: 300, hardMs: 1500 }, { life })).toMatchObject({ reason: "deadline" });
  });

  it.each(["rollout.jsonl", "sessions"])(
    "takes growth of a named file or folder as a sign of life (%s)",
    async (sign) => {
      const target = sign === "sessions" ? join(dir, "sessions", "2026", "01", "rollout.jsonl") : join(dir, sign);
      const more = { signsOfLife: [join(dir, sign)] };
      const prepare = `mkdir -p "$(dirname "$1")"; shift; exec "$@"`;
      const argv = ["/bin/sh", "-c", prepare, "sh", target, ...fixture("writes-elsewhere", target)];
      expect(await run(argv, { silenceMs: 400, hardMs: 1200 }, more)).toMatchObject({ reason: "deadline" });
    },
  );

  it.each(["floods-stdout", "floods-stderr"])("ends a worker that %s", async (name) => {
    const exit = await run(fixture(name), { outputBytes: 1_000_000 });
    expect(exit.reason).toBe("output-flood");
    const sizes = await Promise.all(
      ["events.jsonl", "stderr.log"].map(async (file) => (await stat(join(dir, file))).size),
    );
    expect(Math.max(...sizes)).toBeGreaterThan(1_000_000);
  });

  it("goes on to SIGKILL when the worker ignores the other signals", async () => {
    const exit = await run(fixture("ignores-sigterm"), { hardMs: 200, killGraceMs: 150 });
    expect(exit).toMatchObject({ reason: "deadline", code: null, signal: "SIGKILL" });
    expect(lasted(exit)).toBeGreaterThanOrEqual(500);
  });

  it.each(["spawns-grandchild", "drops-environment"])("ends a grandchild of another session too (%s)", async (name) => {
    await launch(fixture(name), { hardMs: 500 });
    const worker = await workerPid(dir);
    const grandchild = await until(async () => sleeperOf(worker));
    expect(await watchExit(dir, NEVER)).toMatchObject({ reason: "deadline" });
    expect(await support.isRunning(grandchild)).toBe(false);
  });
});

describe("an orphan in a session of its own with an empty environment", () => {
  it("is found when it was seen while its parent lived", async () => {
    await launch(fixture("abandons-grandchild"), { silenceMs: 1200 });
    const grandchild = Number(await until(async () => (await textOf(dir, "events.jsonl")).trim() || null));
    expect(await watchExit(dir, NEVER)).toMatchObject({ reason: "completed" });
    expect(await support.isRunning(grandchild)).toBe(false);
  });
});

describe("a stop request", () => {
  it("ends the tree with the reason it names, the first one", async () => {
    await launch(fixture("spawns-grandchild"));
    await until(async () => (await textOf(dir, "events.jsonl")).includes("ready"));
    await stopSupervised(dir, "budget");
    await stopSupervised(dir, "cancelled");
    expect(await watchExit(dir, NEVER)).toMatchObject({ reason: "budget" });
    expect(await support.workersOf(dir)).toEqual([]);
  });

  it.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)("is any %s to the supervisor: cancelled", async (signal) => {
    await launch(fixture("never-exits"));
    await workerPid(dir);
    process.kill(await supervisorPid(dir), signal);
    expect(await watchExit(dir, NEVER)).toMatchObject({ reason: "cancelled", signal: "SIGINT" });
  });

  it("that comes before the supervisor keeps the worker from starting", async () => {
    await stopSupervised(dir, "cancelled");
    expect(await run(fixture("prints-u2028"))).toMatchObject({ reason: "cancelled", code: null });
    expect(existsSync(join(dir, "events.jsonl"))).toBe(false);
  });

  it("is also seen when its signal is lost", async () => {
    await launch(fixture("never-exits"));
    await workerPid(dir);
    await writeFile(join(dir, "stop.tmp"), '{"v":1,"reason":"budget"}\n');
    await rename(join(dir, "stop.tmp"), join(dir, "stop.json"));
    expect(await watchExit(dir, NEVER)).toMatchObject({ reason: "budget" });
  });

  it("that nobody can read counts as cancelled", async () => {
    await writeFile(join(dir, "stop.json"), '{"reas');
    expect(await run(fixture("silent"))).toMatchObject({ reason: "cancelled" });
  });

  it("after the end changes nothing", async () => {
    const exit = await run(fixture("exits-3"));
    await stopSupervised(dir, "cancelled");
    expect(await watchExit(dir, NEVER)).toEqual(exit);
    expect(existsSync(join(dir, "stop.json"))).toBe(false);
  });
});

/** Pid of a child of the worker that leads a session, or null. */
async function sleeperOf(worker: number): Promise<number | null> {
  const found = await Promise.all(
    (await support.childrenOf(worker)).map(async (pid) => {
      const line = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
      return line.slice(line.lastIndexOf(")") + 2).split(" ")[3] === String(pid) ? pid : null;
    }),
  );
  return found.find((pid) => pid !== null) ?? null;
}
