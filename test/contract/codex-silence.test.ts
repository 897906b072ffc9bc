import { readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createCodexWorker } from "../../src/codex/worker.ts";
import type { AttemptOutcome } from "../../src/model/outcome.ts";
import type { AttemptOrder } from "../../src/ports/worker.ts";
import type { WorkerStep } from "../../src/rehearsal/script.ts";
import { verifies } from "../requirements.ts";
import { attemptOrder, CODEX_VERSIONS, setCodexStage, type CodexStage } from "../support/codex-stage.ts";
import * as processes from "../support/processes.ts";
import type { StageOptions } from "../support/rehearsal-stage.ts";

verifies("C1");

const stages: CodexStage[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const stage of stages.splice(0)) await stage.close();
});

const SILENCE_MS = 2500;

interface Launched {
  readonly order: AttemptOrder;
  readonly end: () => Promise<AttemptOutcome & { readonly ms: number }>;
}

/** Launches one attempt per script under real supervisors, each in a folder of its own. */
async function launch(
  binary: string,
  scripts: Readonly<Record<string, WorkerStep[]>>,
  homes: StageOptions["homes"] = {},
): Promise<Launched[]> {
  const worker = Object.entries(scripts).map(([task, steps]) => ({ task, steps }));
  const stage = await setCodexStage(binary, { script: { worker }, homes });
  stages.push(stage);
  for (const [name, value] of Object.entries(stage.host.env)) vi.stubEnv(name, value);
  const limits = { hardMs: 40_000, silenceMs: SILENCE_MS, killGraceMs: 500, outputBytes: 4_000_000 };
  const adapter = createCodexWorker(stage.host);
  const launched: Launched[] = [];
  for (const task of Object.keys(scripts)) {
    const cwd = join(stage.dir, "trees", task);
    await mkdir(cwd, { recursive: true });
    const dir = join(stage.dir, "attempts", task);
    const order = attemptOrder(stage, { task, dir, cwd, prompt: `Task: ${task}\nAttempt: 1\n\nDo it.\n`, limits });
    await adapter.launch(order);
    const end = async (): Promise<AttemptOutcome & { readonly ms: number }> => {
      const exit = await adapter.watch(dir, new AbortController().signal);
      const ms = Date.parse(exit.endedAt) - Date.parse(exit.startedAt);
      return { ...(await adapter.collect(order, exit)), ms };
    };
    launched.push({ order, end });
  }
  return launched;
}

const DONE = { final: "COMPLETED: done" };
const BUSY = "i=0; while [ $i -lt 900000 ]; do i=$((i+1)); done; sleep 4";

describe.each(CODEX_VERSIONS)("silence of codex %s", (_name, binary) => {
  it("is a provider that does not go on, whatever else is running", async () => {
    const runs = await launch(binary, {
      deaf: [{ fault: { kind: "no-headers" } }],
      stalls: [{ run: "echo hi" }, { fault: { kind: "silent", after: 4 } }],
      background: [{ run: "sleep 30", timeoutMs: 500 }, { fault: { kind: "no-headers" } }],
    });
    const ended = await Promise.all(runs.map((run) => run.end()));
    for (const outcome of ended) {
      expect(outcome.failure).toMatchObject({ code: "CODEX_SILENT", class: "transient" });
      expect(outcome.failure?.evidence).toMatch(/events\.jsonl:\d+$/);
      expect(outcome.ms).toBeGreaterThanOrEqual(SILENCE_MS);
      expect(outcome.ms).toBeLessThan(SILENCE_MS + 12_000);
    }
    const [deaf, stalls, background] = ended.map((outcome) => outcome.failure?.message ?? "");
    expect(deaf).toMatch(/no sign of life for 2\.5 s.*no command is running.*last event: turn\.started/);
    expect(stalls).toMatch(/waiting for the model.*last command: echo hi \(exit 0\)/);
    expect(background).toMatch(/left in the background.*last command: sleep 30/);
  });

  it("is a provider that stalls again after every reconnect", async () => {
    const [run] = await launch(
      binary,
      { again: [{ fault: { kind: "silent" } }] },
      { streamRetries: 20, streamIdleTimeoutMs: 600 },
    );
    const outcome = await run?.end();
    expect(outcome?.failure).toMatchObject({ code: "CODEX_SILENT", message: expect.stringContaining("Reconnecting") });
    expect(outcome?.ms).toBeLessThan(SILENCE_MS + 12_000);
  });

  it("is no quiet command and no slow model", async () => {
    const runs = await launch(binary, {
      sleeps: [{ run: "sleep 9" }, DONE],
      works: [{ run: BUSY }, DONE],
      slow: [{ headersAfterMs: 1500 }, { run: "true" }, { headersAfterMs: 1500 }, DONE],
    });
    const ended = await Promise.all(runs.map((run) => run.end()));
    expect(ended.map((outcome) => outcome.failure)).toEqual([null, null, null]);
  });

  it("is not what a signal from outside is called", async () => {
    const signals = ["SIGTERM", "SIGKILL", "SIGINT"] as const;
    const steps = [{ run: "sleep 20" }, DONE];
    const runs = await launch(binary, { SIGTERM: steps, SIGKILL: steps, SIGINT: steps });
    for (const [at, run] of runs.entries()) {
      const pid = await processes.workerPid(run.order.dir);
      const events = join(run.order.dir, "events.jsonl");
      await processes.until(() => readFileSync(events, "utf8").includes("command_execution"));
      process.kill(pid, signals[at] ?? "SIGTERM");
    }
    const ended = await Promise.all(runs.map((run) => run.end()));
    for (const outcome of ended) expect(outcome.failure).toMatchObject({ code: "CODEX_KILLED", class: "state" });
    expect(ended.map(({ exit }) => exit.signal ?? exit.code)).toEqual(["SIGTERM", "SIGKILL", 1]);
  });
});
