import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createCodexWorker } from "../../src/codex/worker.ts";
import { attemptOrder, CODEX_VERSIONS, setCodexStage, type CodexStage } from "../support/codex-stage.ts";
import { runProgram, type StageOptions } from "../support/rehearsal-stage.ts";

const stages: CodexStage[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const stage of stages.splice(0)) await stage.close();
});

/** The supervisor takes the values of variables from its parent, so they have to be those of the stage. */
async function stageFor(binary: string, script: StageOptions["script"]): Promise<CodexStage> {
  const stage = await setCodexStage(binary, { script });
  stages.push(stage);
  for (const [name, value] of Object.entries(stage.host.env)) vi.stubEnv(name, value);
  return stage;
}

const forever = new AbortController().signal;

describe.each(CODEX_VERSIONS)("the worker port, codex %s", (name, binary) => {
  it("says what is installed, for whom, and how well it holds", async () => {
    const stage = await stageFor(binary, {});
    const ready = await createCodexWorker(stage.host).readiness();
    expect(ready).toMatchObject({ ok: true, value: { path: binary, login: "key in CCO_REHEARSAL_KEY" } });
    if (!ready.ok) return;
    expect(ready.value.account).toMatch(/^rehearsal-[0-9a-f]{12}$/);
    expect(ready.value.confinement).toContain(name === "0.124" ? "read as empty" : "unreadable");
    expect(await createCodexWorker(stage.host).readiness()).toEqual(ready);
  });

  it("launches once, is watched from anywhere and collected twice", async () => {
    const stage = await stageFor(binary, {
      worker: [{ steps: [{ run: "echo run >> runs.txt" }, { final: "COMPLETED: ran" }] }],
    });
    const order = attemptOrder(stage);
    const before = await stage.configToml();
    const worker = createCodexWorker(stage.host);
    await worker.launch(order);
    await Promise.all([worker.launch(order), createCodexWorker(stage.host).launch(order)]);
    const exit = await createCodexWorker(stage.host).watch(order.dir, forever);
    expect(exit).toMatchObject({ reason: "completed", code: 0 });
    const outcome = await worker.collect(order, exit);
    expect(outcome).toMatchObject({ failure: null, report: { status: "COMPLETED" }, notes: [] });
    expect(await worker.collect(order, exit)).toEqual(outcome);
    await worker.launch(order);
    expect(await readdir(join(stage.host.stateDir, "codex-homes")).catch(() => [])).toEqual([]);
    expect(await readFile(join(stage.repo, "runs.txt"), "utf8")).toBe("run\n");
    expect(await stage.configToml()).toBe(before);
    const command = await readFile(join(order.dir, "command.json"), "utf8");
    expect(command).not.toContain("sk-");
    expect(command).toContain("CCO_REHEARSAL_KEY");
    expect(command).not.toContain('"rehearsal"');
  });

  it("is stopped with its whole tree, and says so", async () => {
    const stage = await stageFor(binary, {
      worker: [{ steps: [{ run: "touch started; sleep 4712" }, { final: "COMPLETED: x" }] }],
    });
    const order = attemptOrder(stage);
    const worker = createCodexWorker(stage.host);
    await worker.launch(order);
    await expect.poll(() => existsSync(join(stage.repo, "started")), { timeout: 20_000 }).toBe(true);
    await worker.stop(order.dir, "cancelled");
    const exit = await worker.watch(order.dir, forever);
    const outcome = await worker.collect(order, exit);
    expect(outcome).toMatchObject({
      signals: { exit: false, turn: false, sidecar: false },
      failure: { code: "TASK_CANCELLED" },
    });
    const left = await runProgram("pgrep", ["-fx", "sleep 4712"], { cwd: stage.dir, env: stage.env });
    expect(left.stdout).toBe("");
  });

  it("ends a provider that never answers as silent", async () => {
    const stage = await stageFor(binary, { worker: [{ steps: [{ fault: { kind: "no-headers" } }] }] });
    const order = attemptOrder(stage);
    const worker = createCodexWorker(stage.host);
    await worker.launch({ ...order, limits: { ...order.limits, silenceMs: 2500 } });
    const outcome = await worker.collect(order, await worker.watch(order.dir, forever));
    expect(outcome.failure).toMatchObject({ code: "CODEX_SILENT", class: "transient" });
  });
});
