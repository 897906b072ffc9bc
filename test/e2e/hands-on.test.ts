import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { parseJson } from "../../src/kernel/json.ts";
import { doctorResultSchema, statusResultSchema } from "../../src/model/printed-documents.ts";
import { dispatchResultSchema } from "../../src/model/result.ts";
import { type CcoStage, fullEnvelope, PROGRAM, setCcoStage } from "../support/cco.ts";
import { until } from "../support/processes.ts";
import { runProgram } from "../support/rehearsal-stage.ts";

let stage: CcoStage | undefined;
afterEach(async () => {
  await stage?.close();
  stage = undefined;
});

const write = { write: { path: "src/a.txt", content: "hello\n" } };
const done = { final: "COMPLETED: wrote src/a.txt" };
const slow = [write, { run: "sleep 60" }, done];

async function stageWith(...steps: object[]): Promise<CcoStage> {
  stage = await setCcoStage({ script: { worker: [{ steps: steps as never }], claude: [] } });
  return stage;
}

/** An error in the form of the contract, with this code. */
const errorOf = (code: string) => ({
  error: { code, message: expect.any(String), hint: expect.stringMatching(/./), data: expect.any(Object) },
});

describe("after an accepted task", () => {
  it("every command says what there is, and refuses what makes no sense", async () => {
    const on = await stageWith(write, done);
    const file = await on.envelope("good", fullEnvelope("good"));
    const run = await on.dispatch([file], "--no-review");
    expect({ code: run.code, shape: dispatchResultSchema.safeParse(run.json).error }).toEqual({ code: 0 });

    const status = await on.cco("status", "--json");
    expect(statusResultSchema.parse(status.json)).toMatchObject({
      tasks: [{ id: "good", status: "accepted" }],
      cards: 0,
    });
    expect((await on.cco("status", "good")).stdout).toContain("accepted");
    expect(statusResultSchema.parse((await on.cco("wait", "good", "--json")).json).tasks).toHaveLength(1);
    const result = await on.cco("result", "good", "--json");
    expect({ code: result.code, schema: dispatchResultSchema.parse(result.json).schema }).toEqual({
      code: 0,
      schema: "cco.result/1",
    });
    expect((await on.cco("result", "good")).stdout).toContain("COMPLETED: wrote src/a.txt");
    expect((await on.cco("diff", "good")).stdout).toContain("+hello");
    expect((await on.cco("logs", "good")).stdout).toContain("src/a.txt");
    const raw = (await on.cco("logs", "good", "--raw")).stdout.trim().split("\n").map(parseJson);
    expect(raw).toContainEqual(expect.objectContaining({ type: "turn.completed" }));
    expect(raw).not.toContain(undefined);
    expect(await on.cco("logs", "good", "-f")).toMatchObject({ code: 0 });

    for (const [args, code] of [
      [["cancel", "good"], "TASK_ENDED"],
      [["retry", "good"], "TASK_ENDED"],
      [["wait", "nobody"], "TASK_UNKNOWN"],
      [["status", "nobody"], "TASK_UNKNOWN"],
      [["logs", "nobody"], "TASK_UNKNOWN"],
      [["diff", "../../etc"], "TASK_UNKNOWN"],
      [["decide", "D-good-1", "A"], "CARD_UNKNOWN"],
      [["logs", "good", "--attempt", "7"], "USAGE"],
      [["wait", "good", "--timeout", "soon"], "USAGE"],
      [["frobnicate"], "USAGE"],
      [["dispatch", file], "ENVELOPE_DUPLICATE"],
    ] as const) {
      const answer = await on.cco(...args, "--json");
      expect({ args, code: answer.code, json: answer.json }).toEqual({ args, code: 2, json: errorOf(code) });
      expect(answer.stderr).toMatch(new RegExp(`^error ${code}: .+\\n  why: .+\\n  next: .+\\n$`));
    }
    expect((await on.cco("status", "--json")).tasks).toHaveLength(1);
  });
});

describe("a task under way", () => {
  it("is followed, cancelled once, and taken up again", async () => {
    const on = await stageWith(...slow);
    const file = await on.envelope("long", fullEnvelope("long"));
    expect((await on.dispatch([file], "--detach", "--no-review")).code).toBe(0);
    expect(await on.cco("wait", "long", "--timeout", "0.2", "--json")).toMatchObject({
      code: 1,
      json: errorOf("WAIT_TIMEOUT"),
    });
    await until(async () => (await on.cco("logs", "long", "--raw")).stdout.includes("sleep 60"));
    expect(await on.cco("retry", "long", "--json")).toMatchObject({ code: 2, json: errorOf("TASK_ENDED") });
    const following = on.cco("logs", "long", "-f");
    expect(await on.cco("cancel", "long", "--json")).toMatchObject({ code: 0, tasks: [{ status: "cancelled" }] });
    expect((await following).code).toBe(0);
    expect(await on.cco("cancel", "long", "--json")).toMatchObject({ code: 2, json: errorOf("TASK_ENDED") });
    expect(await on.cco("wait", "long", "--json")).toMatchObject({ code: 5 });
    expect(await on.cco("cancel", "--all")).toMatchObject({ code: 0, stdout: "nothing to cancel\n" });
    expect(existsSync(join(on.repo, ".cco/worktrees/long/src/a.txt"))).toBe(true);
    expect((await on.cco("diff", "long")).stdout).toContain("+hello");
  });

  it("that waits for a person is decided once", async () => {
    const on = await stageWith({ final: "BLOCKED: which API?" });
    const file = await on.envelope("ask", fullEnvelope("ask"));
    expect((await on.dispatch([file], "--no-review")).code).toBe(3);
    expect((await on.cco("decide", "D-ask-1")).stdout).toContain("which API?");
    expect(await on.cco("decide", "D-ask-1", "Z", "--json")).toMatchObject({ code: 2, json: errorOf("USAGE") });
    expect(await on.cco("decide", "D-ask-1", "B", "--json")).toMatchObject({ code: 0 });
    expect(await on.cco("decide", "D-ask-1", "B", "--json")).toMatchObject({ code: 2, json: errorOf("CARD_UNKNOWN") });
    expect(await on.cco("wait", "ask", "--json")).toMatchObject({ code: 1, tasks: [{ status: "failed" }] });
    const retried = await on.cco("retry", "ask", "--feedback", "the v2 API", "--json");
    expect(retried).toMatchObject({ code: 3, tasks: [{ status: "blocked", attempts: 2, card: "D-ask-2" }] });
    expect(on.requests().at(-1)?.prompt).toContain("the v2 API");
  });
});

describe("Ctrl-C on a dispatch", () => {
  /** Starts a dispatch and returns when its worker is at its long command. */
  async function underWay(on: CcoStage) {
    const file = await on.envelope("long", fullEnvelope("long"));
    const args = [PROGRAM, "dispatch", file, "--no-review"];
    const child = spawn(process.execPath, args, { cwd: on.repo, env: on.env, stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
    const exit = new Promise((resolve) => {
      child.once("close", resolve);
    });
    await until(() => on.requests().length > 0);
    return { child, exit, said: () => said };
  }

  it("once leaves the work running and says how to come back", async () => {
    const on = await stageWith(...slow);
    const { child, exit, said } = await underWay(on);
    child.kill("SIGINT");
    expect(await exit).toBe(130);
    expect(said()).toContain("the work goes on in the background; come back with: cco wait long");
    expect((await on.cco("status", "long", "--json")).tasks).toMatchObject([{ status: "running" }]);
  });

  it("twice cancels it", async () => {
    const on = await stageWith(...slow);
    const { child, exit, said } = await underWay(on);
    child.kill("SIGINT");
    await until(() => said().includes("press Ctrl-C again"));
    child.kill("SIGINT");
    expect(await exit).toBe(5);
    expect(await on.cco("wait", "long", "--json")).toMatchObject({ code: 5, tasks: [{ status: "cancelled" }] });
  });
});

describe("before anything is dispatched", () => {
  it("an invalid envelope starts nothing and makes no board", async () => {
    const on = await stageWith(write, done);
    const bare = join(on.dir, "bare");
    await mkdir(bare);
    await runProgram("git", ["init", "-q"], { cwd: bare, env: on.env });
    const file = await on.envelope("bad", "---\ntask: bad\ngoal: Do it.\nsise: full\n---\n");
    const run = await on.cco("dispatch", file, "--project", bare, "--json");
    expect({ code: run.code, json: run.json }).toMatchObject({ code: 2, json: errorOf("ENVELOPE_INVALID") });
    expect(run.stdout).toContain("did you mean");
    const missing = await on.cco("dispatch", join(on.dir, "none.md"), "--project", bare, "--json");
    expect(missing).toMatchObject({ code: 2, json: errorOf("ENVELOPE_NOT_FOUND") });
    for (const args of [["status"], ["wait"], ["result", "x"], ["resume"], ["gc"], ["decide"], ["cancel", "--all"]]) {
      await on.cco(...args, "--project", bare);
    }
    expect(existsSync(join(bare, ".cco"))).toBe(false);
    expect(on.requests()).toEqual([]);
    const outside = await on.cco("status", "--project", on.dir, "--json");
    expect(outside).toMatchObject({ code: 2, json: errorOf("REPO_NOT_FOUND") });
  });

  it("init, config, new, lint and doctor answer in their forms", async () => {
    const on = await stageWith(write, done);
    expect((await on.cco("init", "--json")).json).toMatchObject({ schema: "cco.init/1" });
    expect((await on.cco("init", "--json")).json).toMatchObject({ schema: "cco.init/1", created: [] });

    expect(await on.cco("config", "--set", "worker.silenceSeconds=7")).toMatchObject({ code: 0 });
    const config = await on.cco("config", "--json");
    expect(config.json).toMatchObject({ config: { worker: { silenceSeconds: 7 } } });
    expect(await readFile(join(on.repo, ".cco/config.yaml"), "utf8")).toContain("silenceSeconds: 7");
    const unknown = await on.cco("config", "--set", "worker.silence=7", "--json");
    expect(unknown).toMatchObject({ code: 2, json: errorOf("CONFIG_UNKNOWN_KEY") });

    const template = await on.cco("new", "envelope", "fresh", "--size", "light");
    const file = await on.envelope("fresh", template.stdout);
    const lint = await on.cco("lint", file, "--json");
    expect({ code: lint.code, json: lint.json }).toMatchObject({ code: 0, json: { schema: "cco.lint/1" } });
    await writeFile(file, template.stdout.replace(/^goal:.*$/m, ""));
    const red = await on.cco("lint", file);
    expect({ code: red.code, out: red.stdout }).toMatchObject({ code: 2, out: expect.stringMatching(/goal/) });

    const doctor = await on.cco("doctor", "--json");
    const { checks } = doctorResultSchema.parse(doctor.json);
    const failed = checks.filter((check) => check.status === "fail");
    expect({ code: doctor.code, failed }).toEqual({ code: 0, failed: [] });
    Object.assign(on.env, { CCO_CODEX_BIN: "/nowhere/codex" });
    const ill = await on.cco("doctor", "--json");
    expect(ill.code).toBe(7);
    expect(doctorResultSchema.parse(ill.json).checks).toContainEqual(
      expect.objectContaining({ id: "codex", status: "fail", fix: expect.stringMatching(/./) }),
    );
    const refused = await on.cco("dispatch", await on.envelope("x", fullEnvelope("x")), "--json");
    expect(refused).toMatchObject({ code: 7, json: errorOf("CODEX_NOT_FOUND") });
    expect((await on.cco("status", "--json")).tasks).toEqual([]);
  });

  it("settings that cannot be read stop a dispatch with their place, and nothing is submitted", async () => {
    const on = await stageWith(write, done);
    await writeFile(join(on.repo, ".cco/config.yaml"), "worker: { parallel: many }\n");
    const run = await on.cco("dispatch", await on.envelope("x", fullEnvelope("x")), "--no-review", "--json");
    expect({ code: run.code, json: run.json }).toMatchObject({ code: 2, json: errorOf("CONFIG_INVALID") });
    expect(run.stderr).toContain("worker.parallel");
    await writeFile(join(on.repo, ".cco/config.yaml"), "engine: { idleSeconds: 0 }\n");
    expect((await on.cco("status", "--json")).tasks).toEqual([]);
    expect(await on.dispatch([await on.envelope("x", fullEnvelope("x"))], "--no-review")).toMatchObject({ code: 0 });
  });
});
