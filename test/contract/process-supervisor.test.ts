import { spawn } from "node:child_process";
import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ExitRecord } from "../../src/model/outcome.ts";
import { launchSupervised, type WarmSupervisor, warmSupervisor } from "../../src/process/launch.ts";
import type { SupervisedCommand } from "../../src/process/supervised-command.ts";
import { stopSupervised, watchExit } from "../../src/process/watch.ts";
import * as support from "../support/processes.ts";

const { fixture, until, textOf, workerPid, processesOf } = support;
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

describe("a worker that ends by itself", () => {
  it("gets the prompt on stdin and completes", async () => {
    expect(await run(fixture("reads-stdin"))).toMatchObject({ v: 1, reason: "completed", code: 0, signal: null });
    expect(await textOf(dir, "events.jsonl")).toBe("hello\n");
  });

  it("may leave stdin unread", async () => {
    await writeFile(join(dir, "long.md"), "x".repeat(1_000_000));
    expect(await run(fixture("closes-stdin"), {}, { stdin: join(dir, "long.md") })).toMatchObject({
      reason: "completed",
    });
  });

  it("ends with an exit code", async () => {
    expect(await run(fixture("exits-3"))).toMatchObject({ reason: "exit-code", code: 3, signal: null });
  });

  it("is killed in the middle of a line", async () => {
    expect(await run(fixture("dies-mid-line"))).toMatchObject({ reason: "signal", code: null, signal: "SIGKILL" });
    expect(await textOf(dir, "events.jsonl")).toBe('{"n":1}\n{"n":');
  });

  it("gets the named variables, the fixed ones, the marker and nothing else", async () => {
    process.env["CCO_TEST_NAMED"] = "named";
    process.env["CCO_TEST_SECRET"] = "secret";
    await run(
      fixture("prints-environment"),
      {},
      { envNames: ["PATH", "CCO_TEST_NAMED", "CCO_TEST_UNSET"], envSet: { FIXED: "1" } },
    );
    delete process.env["CCO_TEST_NAMED"];
    delete process.env["CCO_TEST_SECRET"];
    const names = (await textOf(dir, "events.jsonl")).trim().split("\n");
    // PWD is set by the shell itself.
    const expected = [`CCO_ATTEMPT_DIR=${dir}`, "CCO_TEST_NAMED=named", "FIXED=1", `PATH=${process.env["PATH"]}`];
    expect(names.filter((line) => !/^(PWD|_|SHLVL|OLDPWD)=/.test(line)).sort()).toEqual(expected);
    expect(await textOf(dir, "command.json")).not.toContain("named\n");
  });

  it("gets the certificates of the user under their name, although the supervisor has them under another", async () => {
    const before = process.env["NODE_EXTRA_CA_CERTS"];
    process.env["NODE_EXTRA_CA_CERTS"] = join(dir, "ca.pem");
    await run(fixture("prints-environment"), {}, { envNames: ["PATH", "NODE_EXTRA_CA_CERTS"] });
    if (before === undefined) delete process.env["NODE_EXTRA_CA_CERTS"];
    else process.env["NODE_EXTRA_CA_CERTS"] = before;
    const printed = (await textOf(dir, "events.jsonl")).split("\n");
    expect(printed).toContain(`NODE_EXTRA_CA_CERTS=${join(dir, "ca.pem")}`);
    expect(printed.filter((line) => line.startsWith("CCO_NODE"))).toEqual([]);
  });

  it("leaves nothing behind in the folder but the named files", async () => {
    await run(fixture("exits-3"));
    await until(async () => (await processesOf(dir)).length === 0);
    const expected = [
      "command.json",
      "events.jsonl",
      "exit.json",
      "launch.json",
      "prompt.md",
      "stderr.log",
      "supervisor.json",
      "supervisor.log",
    ];
    expect((await readdir(dir)).sort()).toEqual(expected);
    expect(await textOf(dir, "supervisor.log")).toBe("");
  });

  it("leaves no grandchild of another session running", async () => {
    expect(await run(fixture("leaves-grandchild"))).toMatchObject({ reason: "completed", code: 0 });
    expect(await support.workersOf(dir)).toEqual([]);
  });
});

describe("a worker that cannot be started", () => {
  it.each<[string, () => Partial<SupervisedCommand>, RegExp]>([
    ["the program is missing", () => ({ argv: ["/nonexistent/codex"] }), /ENOENT/],
    ["the program is not executable", () => ({ argv: [join(dir, "prompt.md")] }), /EACCES/],
    ["the prompt is missing", () => ({ stdin: join(dir, "nothing.md") }), /ENOENT.*nothing\.md/],
    ["the working directory is missing", () => ({ cwd: join(dir, "gone") }), /working directory .*gone does not exist/],
    ["the output folder is missing", () => ({ stdout: join(dir, "gone", "events.jsonl") }), /ENOENT.*gone/],
    ["the command is damaged", () => ({ argv: [] }), /argv/],
  ])("%s", async (_name, more, detail) => {
    const exit = await run(fixture("silent"), {}, more());
    expect(exit).toMatchObject({ reason: "spawn-failed", code: null, signal: null });
    expect(exit.detail).toMatch(detail);
  });
});

describe("one worker per folder", () => {
  it("starts one worker for eight supervisors at once", async () => {
    const command = await support.commandIn(dir, fixture("prints-u2028"));
    await writeFile(join(dir, "command.json"), JSON.stringify(command));
    const env = { CCO_ATTEMPT_DIR: dir, PATH: process.env["PATH"] ?? "" };
    const codes = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const child = spawn(process.execPath, [support.SUPERVISOR, dir], { env, stdio: "ignore" });
        return new Promise<number | null>((resolve) => {
          child.once("exit", resolve);
        });
      }),
    );
    // The winner cleans up whatever carries the marker: it may end one that is still starting (null).
    expect(codes.filter((code) => code !== 0 && code !== null)).toEqual([]);
    expect(await watchExit(dir, NEVER)).toMatchObject({ reason: "completed" });
    expect((await textOf(dir, "events.jsonl")).split("\n")).toHaveLength(2);
  });

  it("starts one worker for many launches", async () => {
    await Promise.all(Array.from({ length: 5 }, async () => launch(fixture("prints-u2028"))));
    await watchExit(dir, NEVER);
    await launch(fixture("prints-u2028"));
    await until(async () => (await processesOf(dir)).length === 0);
    expect((await textOf(dir, "events.jsonl")).split("\n")).toHaveLength(2);
  });

  it("does not start again after an exit record", async () => {
    await writeFile(join(dir, "exit.json"), JSON.stringify(await exampleExit()));
    await launch(fixture("prints-u2028"));
    expect(await readdir(dir)).toEqual(["exit.json", "prompt.md"]);
  });
});

describe("watching", () => {
  it("rejects with the reason of the signal and leaves the worker running", async () => {
    await launch(fixture("never-exits"));
    const worker = await workerPid(dir);
    const abort = new AbortController();
    const watching = watchExit(dir, abort.signal);
    abort.abort(new Error("enough"));
    await expect(watching).rejects.toThrow("enough");
    await expect(watchExit(dir, abort.signal)).rejects.toThrow("enough");
    expect(await support.isRunning(worker)).toBe(true);
    await stopSupervised(dir, "cancelled");
    await watchExit(dir, NEVER);
  });

  it("names a damaged exit record", async () => {
    await writeFile(join(dir, "exit.json"), '{"v":1,"reason":"unheard of"}');
    await expect(watchExit(dir, NEVER)).rejects.toMatchObject({ code: "BOARD_CORRUPT" });
  });

  it("outlives the process that started the supervisor", async () => {
    await writeFile(
      join(dir, "command.json"),
      JSON.stringify(await support.commandIn(dir, fixture("never-exits"), { hardMs: 1500 })),
    );
    const env = { CCO_ATTEMPT_DIR: dir, PATH: process.env["PATH"] ?? "" };
    const script = 'setsid "$0" "$1" "$2" & while :; do sleep 1; done';
    const engine = spawn("/bin/sh", ["-c", script, process.execPath, support.SUPERVISOR, dir], {
      env,
      stdio: "ignore",
      detached: true,
    });
    const worker = await workerPid(dir);
    if (engine.pid !== undefined) process.kill(-engine.pid, "SIGKILL");
    expect(await support.isRunning(worker)).toBe(true);
    expect(await watchExit(dir, NEVER)).toMatchObject({ reason: "deadline" });
  });
});

async function exampleExit(): Promise<ExitRecord> {
  await rm(join(dir, "exit.json"), { force: true });
  const at = new Date(0).toISOString();
  return { v: 1, reason: "completed", code: 0, signal: null, detail: "", startedAt: at, endedAt: at };
}

describe("a supervisor that was started ahead of time", () => {
  function warm(envNames: readonly string[] = ["PATH"]): WarmSupervisor {
    const supervisor = warmSupervisor(dir, envNames);
    if (supervisor === null) throw new Error("no supervisor");
    return supervisor;
  }

  it("touches nothing until it is let go, and then is the supervisor of the folder", async () => {
    const supervisor = warm();
    const [pid] = await processesOf(dir);
    expect(await readdir(dir)).toEqual(["supervisor.log"]);
    await launchSupervised(dir, await support.commandIn(dir, fixture("reads-stdin")), supervisor);
    expect(await watchExit(dir, NEVER)).toMatchObject({ reason: "completed", code: 0 });
    expect(await textOf(dir, "supervisor.json")).toContain(`"pid":${String(pid)},`);
  });

  it("is replaced when it died meanwhile or was given another environment", async () => {
    const supervisor = warm([]);
    await launchSupervised(dir, await support.commandIn(dir, fixture("reads-stdin")), supervisor);
    expect(await watchExit(dir, NEVER)).toMatchObject({ reason: "completed" });
    await rm(dir, { recursive: true });
    const dead = warm();
    for (const pid of await processesOf(dir)) process.kill(pid, "SIGKILL");
    await until(async () => (await processesOf(dir)).length === 0);
    await launchSupervised(dir, await support.commandIn(dir, fixture("reads-stdin")), dead);
    expect(await watchExit(dir, NEVER)).toMatchObject({ reason: "completed" });
  });

  it("ends with its starter", async () => {
    const { pathname } = new URL("../../dist/supervisor.cjs", import.meta.url);
    const env = { PATH: process.env["PATH"] ?? "", CCO_ATTEMPT_DIR: dir };
    const child = spawn(process.execPath, [pathname, dir, "--wait"], { env, stdio: ["pipe", "ignore", "inherit"] });
    await until(async () => (await processesOf(dir)).length === 1);
    child.stdin.end();
    await until(async () => (await processesOf(dir)).length === 0);
    expect(await readdir(dir)).toEqual([]);
  });
});
