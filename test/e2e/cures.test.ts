import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, it } from "vitest";
import { z } from "zod";
import { parseJson } from "../../src/kernel/json.ts";
import { type CcoRun, type CcoStage, fullEnvelope, setCcoStage } from "../support/cco.ts";
import { verifies } from "../requirements.ts";

verifies("C2", "C4", "C5");

let stage: CcoStage | undefined;
afterEach(async () => {
  await stage?.close();
  stage = undefined;
});

const QUICK =
  "engine: { idleSeconds: 0 }\nworker: { killGraceSeconds: 1 }\nretry: { baseSeconds: 0.05, jitterSeconds: 0 }\n";
const UNAVAILABLE = { fault: { kind: "http", status: 503 } };

/** A scene in which the worker does its task. */
const works = (task: string) => ({
  task,
  steps: [{ write: { path: `src/${task}.txt`, content: "x" } }, { final: `COMPLETED: wrote ${task}` }],
});

const envelopeOf = (task: string): string =>
  fullEnvelope(task, { verify: `test -f src/${task}.txt`, write: `src/${task}.txt` });

/** Asks for the status until it shows what is waited for; returns it. */
async function until(on: CcoStage, shows: (status: CcoRun) => boolean): Promise<CcoRun> {
  for (let left = 150; left > 0; left -= 1) {
    const status = await on.cco("status", "--json");
    if (shows(status)) return status;
    await sleep(100);
  }
  throw new Error(`never shown: ${JSON.stringify((await on.cco("status", "--json")).json)}`);
}

/** The lines of the journal that start and end attempts, as `started TASK` and `ended TASK`. */
function attemptsIn(on: CcoStage): string[] {
  const folder = join(on.repo, ".cco/journal");
  const lines = readdirSync(folder).flatMap((name) => readFileSync(join(folder, name), "utf8").trim().split("\n"));
  const line = z.looseObject({ fact: z.looseObject({ type: z.string(), task: z.string().optional() }) });
  return lines
    .map((text) => line.parse(parseJson(text)).fact)
    .filter(({ type }) => type.startsWith("attempt."))
    .map(({ type, task }) => `${type.slice("attempt.".length)} ${task ?? ""}`);
}

it("a provider that is down opens the breaker; tasks wait and say so, one tries, then all go on", async () => {
  const down = [1, 2, 3].map((attempt) => ({ task: "a", attempt, steps: [UNAVAILABLE] }));
  const on = await setCcoStage({
    script: { worker: [...down, ...["a", "b", "c"].map(works)] as never, claude: [] },
    config: `${QUICK}breaker: { cooldownSeconds: 8 }\n`,
  });
  stage = on;
  const [a = "", b = "", c = ""] = await Promise.all(["a", "b", "c"].map((id) => on.envelope(id, envelopeOf(id))));
  const waits = ({ tasks }: CcoRun) => tasks.filter((task) => task.waitingFor?.startsWith("breaker: ") === true);
  expect((await on.dispatch([a], "--no-review", "--detach")).code).toBe(0);
  const open = await until(on, (status) => waits(status).length === 1);
  expect(open.json).toMatchObject({
    breakers: [{ state: "open", why: expect.stringContaining("3 failures in a row") }],
  });
  expect((await on.dispatch([b, c], "--no-review", "--detach")).code).toBe(0);
  const waited = await on.cco("wait", "--json");
  const accepted = { status: "accepted" };
  expect(waited).toMatchObject({ code: 0, tasks: [{ ...accepted, attempts: 4 }, accepted, accepted] });
  const [probe, end, ...rest] = attemptsIn(on).slice(6);
  expect([probe, end, rest.length]).toEqual(["started a", "ended a", 4]);
  expect((await on.cco("breaker", "--json")).json).toMatchObject({ breakers: [{ state: "closed" }] });
  expect((await on.cco("status", "a")).stdout).toContain("CODEX_UNAVAILABLE: retry 1 of 3");
});

it("a dead letter is tried again by itself when its sweep is due, where it was", async () => {
  const refused = { task: "a", attempt: 1, steps: [{ fault: { kind: "http", status: 401 } }] };
  const on = await setCcoStage({
    script: { worker: [refused, works("a")] as never, claude: [] },
    config: `${QUICK}dead: { mediumMinutes: 0.03 }\n`,
  });
  stage = on;
  const run = await on.dispatch([await on.envelope("a", envelopeOf("a"))], "--no-review");
  expect({ code: run.code, tasks: run.tasks }).toMatchObject({
    code: 6,
    tasks: [{ status: "dead", attempts: 1, error: { code: "CODEX_AUTH", class: "auth" } }],
  });
  await until(on, ({ tasks }) => tasks[0]?.status === "accepted");
  expect(on.read("src/a.txt")).toBe("x");
  expect((await on.cco("dead")).stdout).toContain("no dead letters");
});
