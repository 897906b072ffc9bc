import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { openBoard } from "../../src/blackboard/board.ts";
import { processIdentities } from "../../src/process/process-identity.ts";
import { bundleProgram, type RunningProgram, startProgram } from "../support/bundled-program.ts";

const CROWD = 30;
const ROUNDS = 5;

let programs = "";
let takeLock = "";
let board = "";
let running: RunningProgram[] = [];

beforeAll(async () => {
  programs = mkdtempSync(join(tmpdir(), "cco-programs-"));
  takeLock = await bundleProgram("take-lock", programs);
});
afterAll(() => rmSync(programs, { recursive: true, force: true }));
beforeEach(() => {
  board = mkdtempSync(join(tmpdir(), "cco-lock-"));
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((program) => program.kill("SIGKILL")));
  rmSync(board, { recursive: true, force: true });
});

async function start(count: number): Promise<RunningProgram[]> {
  const started = Array.from({ length: count }, () => startProgram(takeLock, [board]));
  running.push(...started);
  for (const program of started) expect(await program.line()).toBe("ready");
  return started;
}

async function order(program: RunningProgram, text: string): Promise<string | null> {
  program.send(text);
  return await program.line();
}

/** A lock file of a process that is gone, as text. */
const deadOwner = (round: number): string =>
  `${JSON.stringify({ ...processIdentities.self(), startTime: `gone ${round}`, at: "then", token: String(round) })}\n`;

/** Ways in which a round may find the board. */
const BEFORE: Readonly<Record<string, (round: number) => void>> = {
  "no lock": () => undefined,
  "the lock of a dead process": (round) => writeFileSync(join(board, "engine.lock"), deadOwner(round)),
  "a lock file without content": () => writeFileSync(join(board, "engine.lock"), ""),
  "a dead lock whose taker died too": (round) => {
    const text = deadOwner(round);
    const claim = createHash("sha256").update(text).digest("hex").slice(0, 16);
    writeFileSync(join(board, "engine.lock"), text);
    writeFileSync(join(board, `engine.lock.${claim}`), deadOwner(round + 1000));
  },
};

it(`gives the lock to exactly one of ${CROWD} processes at once`, { timeout: 120_000 }, async () => {
  const crowd = await start(CROWD);
  for (const [before, arrange] of Object.entries(BEFORE)) {
    for (let round = 0; round < ROUNDS; round += 1) {
      arrange(round);
      const answers = await Promise.all(crowd.map((program) => order(program, "take")));
      const count = (text: string): number => answers.filter((answer) => answer === text).length;
      expect([count("locked"), count("BOARD_LOCKED")], `${before}, round ${round}`).toEqual([1, CROWD - 1]);
      const holder = crowd[answers.indexOf("locked")];
      expect(JSON.parse(readFileSync(join(board, "engine.lock"), "utf8"))).toMatchObject({ pid: holder?.pid });
      expect(holder === undefined ? null : await order(holder, "release")).toBe("released");
      expect(existsSync(join(board, "engine.lock"))).toBe(false);
    }
  }
  expect(readdirSync(board).filter((name) => name.includes("lock"))).toEqual([]);
});

it("passes the lock of a killed holder on, and the journal goes on where it was", async () => {
  const [first, second] = await start(2);
  if (first === undefined || second === undefined) throw new Error("two programs were started");
  expect(await order(first, "take")).toBe("locked");
  expect(await order(first, "append")).toBe("appended 1");
  expect(await order(second, "take")).toBe("BOARD_LOCKED");
  await first.kill("SIGKILL");
  expect(await order(second, "take")).toBe("locked");
  expect(await order(second, "append")).toBe("appended 2");
});

it("survives takers that are killed while they take", { timeout: 120_000 }, async () => {
  writeFileSync(join(board, "engine.lock"), deadOwner(0));
  for (let round = 0; round < 4; round += 1) {
    const [a, b, c, ...killed] = await start(6);
    const live = [a, b, c].filter((program) => program !== undefined);
    for (const program of [...killed, ...live]) program.send("take");
    await Promise.all(killed.map((program) => program.kill("SIGKILL")));
    const answers = await Promise.all(live.map((program) => program.line()));
    const holders = answers.filter((answer) => answer === "locked").length;
    expect(holders, `round ${round}: ${answers.join()}`).toBeLessThanOrEqual(1);
    await Promise.all(live.map((program) => program.kill("SIGKILL")));
    running = [];
    const next = openBoard(board, { identity: processIdentities });
    await next.lock();
    await next.unlock();
    writeFileSync(join(board, "engine.lock"), deadOwner(round + 1));
  }
});
