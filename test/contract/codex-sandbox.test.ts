import { access, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { createCodexSandbox } from "../../src/codex/confinement/sandbox.ts";
import type { SandboxJob, SandboxRun } from "../../src/ports/sandbox.ts";
import { verifies } from "../requirements.ts";
import { CODEX_VERSIONS, setCodexStage, type CodexStage } from "../support/codex-stage.ts";
import { runProgram } from "../support/rehearsal-stage.ts";

verifies("E1");

const stages: CodexStage[] = [];
afterEach(async () => {
  for (const stage of stages.splice(0)) await stage.close();
});

async function stageFor(binary: string, files: Record<string, string> = {}): Promise<CodexStage> {
  const stage = await setCodexStage(binary, { script: {}, files });
  stages.push(stage);
  return stage;
}

function run(
  stage: CodexStage,
  command: string,
  more: Partial<SandboxJob> = {},
  signal?: AbortSignal,
): Promise<SandboxRun> {
  const job: SandboxJob = {
    cwd: stage.repo,
    command,
    network: false,
    loopback: false,
    timeoutMs: 30_000,
    killGraceMs: 200,
    log: join(stage.dir, "check.log"),
    ...more,
  };
  return createCodexSandbox(stage.host).run(job, signal ?? new AbortController().signal);
}

const LISTEN =
  "node -e \"const s=require('net').createServer(c=>c.end('reached')).listen(0,'127.0.0.1',()=>require('net').connect(s.address().port,'127.0.0.1').on('data',d=>{console.log(''+d);process.exit()})).on('error',e=>{console.log(e.code);process.exit(9)})\"";

describe.each(CODEX_VERSIONS)("checks in the sandbox, codex %s", (name, binary) => {
  it("passes exit code and output on, of Node programs too", async () => {
    const stage = await stageFor(binary, {
      "package.json": '{"scripts":{"test":"node -e \\"console.log(6*7); console.error(8)\\""}}',
    });
    await writeFile(join(stage.home, ".npmrc"), "fund=false\n");
    const done = await run(stage, "npm test; echo shell; exit 7");
    expect(done).toMatchObject({ kind: "exited", exitCode: 7 });
    for (const text of ["42", "8", "shell"]) expect(done.tail).toContain(`${text}\n`);
    expect(await readFile(join(stage.dir, "check.log"), "utf8")).toContain("42\n");
    expect(await run(stage, "true")).toMatchObject({ kind: "exited", exitCode: 0, tail: "" });
  });

  it("lets a command write the work tree and nothing else, read no secret and reach no network", async () => {
    const stage = await stageFor(binary, { ".env": "PRIVATE", ".cco/x": "x" });
    await mkdir(join(stage.home, ".ssh"));
    await writeFile(join(stage.home, ".ssh", "id"), "PRIVATE");
    const server = createServer((_request, response) => response.end("HOST"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const before = await readdir(stage.home);
    const done = await run(
      stage,
      `touch inside ../outside/x ~/x .git/x .cco/y; cat ~/.ssh/id .env ~/../codex-home/config.toml; curl -sS -m 5 http://127.0.0.1:${port}/; env; ${LISTEN}`,
    );
    server.close();
    expect(done.tail).not.toMatch(/PRIVATE|model_provider|HOST\b(?!=)|rehearsal|CODEX_HOME/);
    expect(done).toMatchObject({ kind: "exited", exitCode: 9 });
    expect(done.tail).toContain("EPERM");
    expect(await readdir(stage.outside)).toEqual([]);
    expect(await readdir(stage.home)).toEqual(before);
    await access(join(stage.repo, "inside"));
    await expect(access(join(stage.repo, ".git", "x"))).rejects.toThrow();
    await expect(access(join(stage.repo, ".cco", "y"))).rejects.toThrow();
  });

  it("is not widened by the repository or by the user's settings, and changes neither", async () => {
    const stage = await stageFor(binary, { ".codex/config.toml": 'sandbox_mode = "danger-full-access"\n' });
    const file = join(stage.codexHome, "config.toml");
    const text = `sandbox_mode = "danger-full-access"\n${await readFile(file, "utf8")}[projects."${stage.repo}"]\ntrust_level = "trusted"\n`;
    await writeFile(file, text);
    const done = await run(stage, "touch ../outside/x");
    expect(done).toMatchObject({ kind: "exited", exitCode: 1 });
    expect(await readdir(stage.outside)).toEqual([]);
    expect(await readFile(file, "utf8")).toBe(text);
    const status = await runProgram("git", ["status", "--short"], { cwd: stage.repo, env: stage.env });
    expect(status.stdout).toBe("");
  });

  it("opens the network when the job says so", async () => {
    const stage = await stageFor(binary);
    expect(await run(stage, LISTEN, { network: true })).toMatchObject({
      kind: "exited",
      exitCode: 0,
      tail: "reached\n",
    });
  });

  it("opens localhost alone, or refuses where the version cannot", async () => {
    const stage = await stageFor(binary);
    const server = createServer((_request, response) => response.end("HOST"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const fetchOwn =
      "node -e \"const s=require('http').createServer((q,r)=>r.end('own')).listen(0,'127.0.0.1',async()=>{console.log(await (await fetch('http://127.0.0.1:'+s.address().port)).text());process.exit()})\"";
    const done = await run(
      stage,
      `${LISTEN}; ${fetchOwn}; curl -sS -m 5 http://127.0.0.1:${port}/; env | grep -i proxy=; true`,
      { loopback: true },
    );
    server.close();
    if (done.kind === "cannot-start" && name !== "newest") expect(done.detail).toContain("cannot open localhost");
    else {
      expect(done).toMatchObject({ kind: "exited", exitCode: 0 });
      expect(done.tail).toMatch(/^reached\nown\n/);
      expect(done.tail).not.toContain("HOST");
    }
  });

  it("ends everything at the time limit and on request", async () => {
    const stage = await stageFor(binary);
    const stubborn = "(setsid sleep 4711 &); trap '' TERM INT; touch started; sleep 4711";
    const late = await run(stage, stubborn, { timeoutMs: 1500 });
    expect(late.kind).toBe("timed-out");
    const cancel = new AbortController();
    const running = run(stage, `touch again; ${stubborn}`, {}, cancel.signal);
    await expect
      .poll(
        () =>
          access(join(stage.repo, "again")).then(
            () => true,
            () => false,
          ),
        { timeout: 10_000 },
      )
      .toBe(true);
    cancel.abort();
    expect((await running).kind).toBe("cannot-start");
    const left = await runProgram("pgrep", ["-fx", "sleep 4711"], { cwd: stage.dir, env: stage.env });
    expect(left.stdout).toBe("");
  });

  it("says why when nothing can be run", async () => {
    const stage = await stageFor(binary);
    expect(await run(stage, "true", { cwd: join(stage.dir, "nowhere") })).toMatchObject({ kind: "cannot-start" });
    const gone = { ...stage.host, env: { ...stage.host.env, CCO_CODEX_BIN: "/nowhere/codex" } };
    const refused = await createCodexSandbox(gone).run(
      {
        cwd: stage.repo,
        command: "true",
        network: false,
        loopback: false,
        timeoutMs: 1000,
        killGraceMs: 100,
        log: join(stage.dir, "log"),
      },
      new AbortController().signal,
    );
    expect(refused).toMatchObject({ kind: "cannot-start", detail: expect.stringContaining("/nowhere/codex") });
  });
});
