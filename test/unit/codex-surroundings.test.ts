import { chmod, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "smol-toml";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkEnvironment, shellPolicy, workerVariables } from "../../src/codex/confinement/environment.ts";
import type { CodexHost } from "../../src/codex/installed/host.ts";
import { locateCodex } from "../../src/codex/installed/locate.ts";
import { probeCodex } from "../../src/codex/installed/probe.ts";
import { openShadowHome, dropShadowHome, sweepShadowHomes } from "../../src/codex/confinement/shadow-home.ts";
import { distrustArgs } from "../../src/codex/confinement/trust.ts";
import { readUserSetup } from "../../src/codex/installed/user-config.ts";
import { atLeast, parseVersion } from "../../src/codex/installed/version.ts";
import { codexNewest, codexOldest } from "../support/binaries.ts";

let dir = "";
beforeEach(async () => {
  dir = await realpath(await mkdtemp(join(tmpdir(), "cco-codex-")));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

function hostWith(env: Record<string, string>, packageFile = join(dir, "nothing", "package.json")): CodexHost {
  return { env, home: join(dir, "home"), stateDir: join(dir, "state"), packageFile, tmp: tmpdir() };
}

async function script(path: string, text = "#!/bin/sh\necho codex-cli 0.150.1\n"): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  await chmod(path, 0o755);
  return path;
}

describe("locating codex", () => {
  it("takes CCO_CODEX_BIN, then PATH, then the one beside the package", async () => {
    const named = await script(join(dir, "own", "my-codex"));
    const found = await script(join(dir, "bin", "codex"));
    const PATH = join(dir, "bin");
    expect(await locateCodex(hostWith({ PATH, CCO_CODEX_BIN: named }))).toMatchObject({
      ok: true,
      value: { path: named },
    });
    expect(
      await locateCodex(hostWith({ PATH: `${PATH}:${join(dir, "own")}`, CCO_CODEX_BIN: "my-codex" })),
    ).toMatchObject({ value: { path: named } });
    expect(await locateCodex(hostWith({ PATH }))).toMatchObject({ value: { path: found } });
    const own = fileURLToPath(new URL("../../package.json", import.meta.url));
    expect(await locateCodex(hostWith({ PATH: dir }, own))).toMatchObject({ value: { path: codexNewest() } });
    expect(await locateCodex(hostWith({ PATH: "" }))).toMatchObject({ ok: false, error: { code: "CODEX_NOT_FOUND" } });
    expect(await locateCodex(hostWith({ PATH, CCO_CODEX_BIN: join(dir, "gone") }))).toMatchObject({
      ok: false,
      error: { code: "CODEX_NOT_FOUND" },
    });
  });

  it("resolves the npm wrapper to its native program, through links and aliases", async () => {
    const modules = fileURLToPath(new URL("../../node_modules", import.meta.url));
    const link = join(dir, "bin", "codex");
    await mkdir(dirname(link));
    await symlink(join(modules, "codex-0.124", "bin", "codex.js"), link);
    const oldest = await locateCodex(hostWith({ PATH: dirname(link) }));
    expect(oldest).toMatchObject({ ok: true, value: { path: codexOldest() } });
    expect(oldest.ok && oldest.value.pathFolders).toHaveLength(1);
    const newest = await locateCodex(hostWith({ PATH: join(modules, ".bin") }));
    expect(newest).toMatchObject({ ok: true, value: { path: codexNewest() } });
  });

  it("leaves any other program as it is, also one that is called codex.js", async () => {
    const own = await script(join(dir, "tool", "bin", "codex.js"));
    await writeFile(join(dir, "tool", "package.json"), '{"name":"mine"}');
    expect(await locateCodex(hostWith({ CCO_CODEX_BIN: own }))).toMatchObject({
      ok: true,
      value: { path: own, pathFolders: [] },
    });
  });
});

describe("probing", () => {
  it("asks once per file and refuses what is too old or no codex", async () => {
    const calls = join(dir, "calls");
    const path = await script(
      join(dir, "codex"),
      `#!/bin/sh\necho "$1" >> ${calls}\n[ "$1" = --version ] && echo "codex-cli 0.150.1"\nexit 0\n`,
    );
    const first = await probeCodex(hostWith({ PATH: process.env["PATH"] ?? "" }), path);
    expect(first).toMatchObject({ ok: true, value: { version: [0, 150, 1], features: [], sandboxPlatforms: [] } });
    const asked = await readFile(calls, "utf8");
    expect(asked.split("\n").length).toBeGreaterThan(4);
    expect(await probeCodex(hostWith({ PATH: process.env["PATH"] ?? "" }), path)).toEqual(first);
    expect(await readFile(calls, "utf8")).toBe(`${asked}--version\n`);
    const old = await script(join(dir, "old"), "#!/bin/sh\necho codex-cli 0.123.9\n");
    expect(await probeCodex(hostWith({ PATH: process.env["PATH"] ?? "" }), old)).toMatchObject({
      ok: false,
      error: { code: "CODEX_VERSION_UNSUPPORTED" },
    });
    const other = await script(join(dir, "other"), "#!/bin/sh\necho hello\n");
    expect(await probeCodex(hostWith({}), other)).toMatchObject({
      ok: false,
      error: { code: "CODEX_VERSION_UNSUPPORTED" },
    });
    const broken = await script(join(dir, "broken"), "#!/nowhere/sh\n");
    expect(await probeCodex(hostWith({}), broken)).toMatchObject({ ok: false, error: { code: "CODEX_START_FAILED" } });
  });

  it("reads versions", () => {
    expect(parseVersion("codex-cli 0.169.0")).toEqual([0, 169, 0]);
    expect(parseVersion("codex-cli 0.170.0-alpha.3")).toEqual([0, 170, 0]);
    expect(parseVersion("codex")).toBeNull();
    expect(
      [
        [0, 124, 0],
        [1, 0, 0],
        [0, 124, 1],
      ].every((each) => atLeast([each[0] ?? 0, each[1] ?? 0, each[2] ?? 0], [0, 124, 0])),
    ).toBe(true);
    expect(atLeast([0, 123, 99], [0, 124, 0])).toBe(false);
  });
});

describe("the user's settings", () => {
  async function setup(config: string | null, auth: string | null, env: Record<string, string> = {}) {
    const codexHome = join(dir, "home", ".codex");
    await mkdir(codexHome, { recursive: true });
    await rm(join(codexHome, "config.toml"), { force: true });
    await rm(join(codexHome, "auth.json"), { force: true });
    if (config !== null) await writeFile(join(codexHome, "config.toml"), config);
    if (auth !== null) await writeFile(join(codexHome, "auth.json"), auth);
    return readUserSetup(hostWith(env));
  }
  const custom =
    'model_provider = "mine"\n[model_providers.mine]\nname = "x"\nbase_url = "http://x"\nenv_key = "MY_KEY"\nenv_http_headers = { "X-A" = "MY_HEADER" }\n';

  it.each([
    [null, null],
    ["model_supports_reasoning_summaries = false\n", false],
    ["model_supports_reasoning_summaries = true\n", true],
  ])("that say whether a model reasons are left alone: %j", async (config, want) => {
    expect(await setup(config, null)).toMatchObject({ ok: true, value: { reasons: want } });
  });

  it.each([
    [null, '{"tokens":{"account_id":"acct-1"}}', {}, "openai", "ChatGPT login"],
    [null, '{"OPENAI_API_KEY":"sk-1"}', {}, "openai", "API key in auth.json"],
    [null, null, { CODEX_API_KEY: "sk-1" }, "openai", "key in CODEX_API_KEY"],
    [null, null, {}, "openai", null],
    [null, "{}", {}, "openai", null],
    [custom, null, { MY_KEY: "sk-1" }, "mine", "key in MY_KEY"],
    [custom, '{"OPENAI_API_KEY":"sk-1"}', {}, "mine", null],
    ['model_provider = "amazon-bedrock"\n', null, {}, "amazon-bedrock", "login of amazon-bedrock (not checked)"],
    ['model_provider = "ollama"\n', null, {}, "ollama", "ollama needs no login"],
    ['cli_auth_credentials_store = "keyring"\n', null, {}, "openai", "in the keyring of the system (not checked)"],
    [
      `profile = "p"\n[profiles.p]\nmodel_provider = "mine"\n${custom.slice(custom.indexOf("["))}`,
      null,
      { MY_KEY: "1" },
      "mine",
      "key in MY_KEY",
    ],
  ])("%j with login %j and %j", async (...[config, auth, env, provider, login]) => {
    const found = await setup(config, auth, env);
    expect(found).toMatchObject({ ok: true, value: { provider, login } });
    expect(JSON.stringify(found)).not.toContain("sk-1");
    expect(found.ok && found.value.account).toMatch(/^[a-z0-9-]+-[0-9a-f]{12}$/);
  });

  it("names the variables of the provider, and one account per login", async () => {
    const one = await setup(custom, null, { MY_KEY: "a" });
    const two = await setup(custom, null, { MY_KEY: "b" });
    expect(one).toMatchObject({ value: { keyNames: ["MY_KEY", "MY_HEADER"] } });
    expect(one.ok && two.ok && one.value.account !== two.value.account).toBe(true);
    expect(await setup(custom, null, { MY_KEY: "a" })).toEqual(one);
  });

  it("says where a broken file is broken", async () => {
    expect(await setup("a = 1\nb = ]\n", null)).toMatchObject({
      ok: false,
      error: { code: "CODEX_CONFIG", message: expect.stringContaining("line 2") },
    });
    expect(await setup("model_provider = 3\n", null)).toMatchObject({ ok: false, error: { code: "CODEX_CONFIG" } });
  });
});

describe("environments", () => {
  const text =
    "PATH=/bin HOME=/h LC_ALL=C XDG_CACHE_HOME=/c HTTPS_PROXY=http://u:p@x no_proxy=y CODEX_HOME=/h/.codex OPENAI_API_KEY=k " +
    "CODEX_SANDBOX_NETWORK_DISABLED=1 CODEX_THREAD_ID=t ANTHROPIC_API_KEY=k CLAUDE_CONFIG_DIR=/c GITHUB_TOKEN=k AWS_PROFILE=p MY_KEY=k RANDOM=1";
  const env = Object.fromEntries(text.split(" ").map((pair) => pair.split("=") as [string, string]));

  it("give the worker a named list and nothing else", () => {
    const given = "CODEX_HOME HOME HTTPS_PROXY LC_ALL MY_KEY OPENAI_API_KEY PATH XDG_CACHE_HOME no_proxy";
    expect(workerVariables(env, ["MY_KEY", "ANTHROPIC_API_KEY", "UNSET"])).toEqual(given.split(" "));
  });

  it("give a check no proxy password unless it has the network", () => {
    expect(Object.keys(checkEnvironment(hostWith(env), false)).toSorted()).toEqual([
      "GOCACHE",
      "HOME",
      "LC_ALL",
      "PATH",
      "XDG_CACHE_HOME",
    ]);
    expect(checkEnvironment(hostWith(env), true)).toMatchObject({
      HTTPS_PROXY: "http://u:p@x",
      npm_config_cache: expect.stringContaining("cco-cache"),
    });
  });

  it("keep keys and proxies from the shell of the worker", () => {
    const names = JSON.stringify(shellPolicy(hostWith(env), false));
    expect(names).not.toMatch(/PROXY|OPENAI|CODEX_|KEY|\*"\]/);
  });
});

describe("trust", () => {
  it("is taken from every folder that Codex asks about", async () => {
    const main = join(dir, "main");
    const linked = join(dir, "trees", "t1");
    await mkdir(join(main, ".git", "worktrees", "t1"), { recursive: true });
    await mkdir(join(linked, "sub"), { recursive: true });
    await writeFile(join(main, ".git", "worktrees", "t1", "commondir"), "../..\n");
    await writeFile(join(linked, ".git"), `gitdir: ${join(main, ".git", "worktrees", "t1")}\n`);
    await symlink(linked, join(dir, "alias"));
    const [flag, value] = await distrustArgs(join(dir, "alias", "sub"));
    expect(flag).toBe("-c");
    const { projects } = parse(value ?? "") as { projects: Record<string, unknown> };
    for (const folder of [main, linked, join(linked, "sub"), join(dir, "alias"), join(dir, "trees"), dir, "/"]) {
      expect(projects[folder]).toEqual({ trust_level: "untrusted" });
    }
  });
});

describe("a Codex folder of its own", () => {
  it("shares everything but the settings, and goes with its attempt", async () => {
    const user = join(dir, "home", ".codex");
    const attempt = join(dir, "attempt");
    await mkdir(join(user, "rules"), { recursive: true });
    await mkdir(attempt);
    for (const name of ["config.toml", "auth.json", "AGENTS.md", "hooks.json", "state_5.sqlite", "state_5.sqlite-wal"])
      await writeFile(join(user, name), name);
    const host = hostWith({});
    const home = await openShadowHome(host, attempt, user);
    expect(await openShadowHome(host, attempt, user)).toBe(home);
    expect(await realpath(join(home, "auth.json"))).toBe(join(user, "auth.json"));
    expect(await realpath(join(home, "sessions"))).toBe(join(user, "sessions"));
    await writeFile(join(home, "config.toml"), "changed");
    expect(await readFile(join(user, "config.toml"), "utf8")).toBe("config.toml");
    for (const name of ["rules", "hooks.json", "state_5.sqlite-wal"])
      await expect(realpath(join(home, name))).rejects.toThrow();
    await writeFile(join(attempt, "command.json"), "{}");
    await sweepShadowHomes(host);
    expect(await realpath(home)).toBe(home);
    await writeFile(join(attempt, "outcome.json"), "{}");
    await sweepShadowHomes(host);
    await expect(realpath(home)).rejects.toThrow();
    await openShadowHome(host, attempt, user);
    // A login that was put in place of its link, not written through it, goes to the user.
    await rm(join(home, "auth.json"));
    await writeFile(join(home, "auth.json"), "renewed");
    await dropShadowHome(host, attempt);
    expect(await readFile(join(user, "auth.json"), "utf8")).toBe("renewed");
    await dropShadowHome(host, attempt);
    await expect(realpath(home)).rejects.toThrow();
    expect(await readFile(join(user, "auth.json"), "utf8")).toBe("renewed");
  });
});
