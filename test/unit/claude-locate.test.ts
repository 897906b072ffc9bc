import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { locateClaude } from "../../src/claude/locate.ts";
import { findLogin } from "../../src/claude/login.ts";
import { missingOptions } from "../../src/claude/probe.ts";

const PLATFORM = `${process.platform}-${process.arch}`;
const PLACEHOLDER = 'echo "Error: claude native binary not installed." >&2\nexit 1\n';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "cco-claude-"));
});
afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

async function put(path: string, text = "#!/bin/sh\n", mode = 0o755): Promise<string> {
  const file = join(dir, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  await chmod(file, mode);
  return file;
}

function locate(env: Record<string, string>) {
  return locateClaude({ env, cwd: dir, packageDir: join(dir, "app", "dist") });
}

describe("Claude Code is found", () => {
  test("as CCO_CLAUDE_BIN names it: absolute, relative or by name", async () => {
    const own = await put("own/my-claude");
    await put("bin/claude");
    const PATH = `${join(dir, "own")}:${join(dir, "bin")}`;
    for (const named of [own, "own/my-claude", "my-claude"]) {
      expect(await locate({ CCO_CLAUDE_BIN: named, PATH })).toEqual({ ok: true, value: own });
    }
  });

  test("not at all when CCO_CLAUDE_BIN names nothing that runs", async () => {
    await put("bin/claude");
    await put("own/text", "x", 0o644);
    for (const named of ["own/text", "own", "absent", join(dir, "absent")]) {
      const found = await locate({ CCO_CLAUDE_BIN: named, PATH: join(dir, "bin") });
      expect(!found.ok && found.error.code).toBe("REVIEW_UNAVAILABLE");
      expect(!found.ok && found.error.why).toContain(`CCO_CLAUDE_BIN=${named}`);
    }
  });

  test("on PATH, skipping what cannot be run", async () => {
    await put("a/claude", "x", 0o644);
    await mkdir(join(dir, "b", "claude"), { recursive: true });
    const right = await put("c/claude");
    expect(await locate({ PATH: ["a", "b", "c"].map((name) => join(dir, name)).join(":") })).toEqual({
      ok: true,
      value: right,
    });
  });

  test.each([
    "app/node_modules/@anthropic-ai",
    "app/node_modules/@anthropic-ai/claude-code/node_modules/@anthropic-ai",
  ])("behind the placeholder of a package without install scripts: %s", async (home) => {
    const wrapper = await put("app/node_modules/@anthropic-ai/claude-code/bin/claude.exe", PLACEHOLDER);
    const native = await put(`${home}/claude-code-${PLATFORM}/claude`);
    await mkdir(join(dir, "bin"));
    await symlink(wrapper, join(dir, "bin", "claude"));
    expect(await locate({ PATH: join(dir, "bin") })).toEqual({ ok: true, value: native });
  });

  test("beside the package, also further up", async () => {
    const native = await put(`node_modules/@anthropic-ai/claude-code-${PLATFORM}/claude`);
    expect(await locate({ PATH: join(dir, "bin") })).toEqual({ ok: true, value: native });
    const wrapped = await put("app/node_modules/@anthropic-ai/claude-code/bin/claude.exe");
    expect(await locate({})).toEqual({ ok: true, value: wrapped });
  });

  test("nowhere", async () => {
    await put("app/node_modules/@anthropic-ai/claude-code/bin/claude.exe", PLACEHOLDER);
    const found = await locate({ PATH: "" });
    expect(!found.ok && found.error.code).toBe("REVIEW_UNAVAILABLE");
    expect(!found.ok && found.error.hint).toContain("npm install");
  });
});

describe("the login", () => {
  test("is named, never shown", async () => {
    expect(await findLogin({ HOME: dir })).toBeNull();
    expect(await findLogin({})).toBeNull();
    expect(await findLogin({ HOME: dir, ANTHROPIC_API_KEY: "sk-1" })).toBe("ANTHROPIC_API_KEY");
    expect(await findLogin({ HOME: dir, CLAUDE_CODE_OAUTH_TOKEN: "t" })).toBe("CLAUDE_CODE_OAUTH_TOKEN");
    expect(await findLogin({ HOME: dir, CLAUDE_CODE_USE_BEDROCK: "1" })).toContain("Bedrock");
  });

  test("is found in the credentials file of home or of CLAUDE_CONFIG_DIR", async () => {
    const credentials = JSON.stringify({ claudeAiOauth: { accessToken: "sk-ant-oat01-x", subscriptionType: "max" } });
    await put("home/.claude/.credentials.json", credentials);
    await put("cfg/.credentials.json", JSON.stringify({ claudeAiOauth: { accessToken: "sk-ant-oat01-x" } }));
    await put("broken/.credentials.json", "{");
    await put("empty/.credentials.json", JSON.stringify({ claudeAiOauth: { accessToken: "" } }));
    expect(await findLogin({ HOME: join(dir, "home") })).toBe("subscription login (max)");
    expect(await findLogin({ HOME: dir, CLAUDE_CONFIG_DIR: join(dir, "cfg") })).toBe("subscription login (claude.ai)");
    for (const folder of ["broken", "empty"]) {
      expect(await findLogin({ HOME: join(dir, "home"), CLAUDE_CONFIG_DIR: join(dir, folder) })).toBeNull();
    }
  });
});

test("a help text that lacks options is told from one that is not of Claude Code", () => {
  const all =
    "--print --restricted --strict-mcp-config --tools --permission-mode --permission-prompts --no-session-persistence";
  const rest = "--disable-slash-commands --json-schema --max-budget-usd --append-system-prompt";
  expect(missingOptions(`${all} ${rest}`)).toEqual([]);
  expect(missingOptions(`${all.replace("--restricted ", "").replace("--permission-prompts ", "")} ${rest}`)).toEqual([
    "--restricted",
    "--permission-prompts",
  ]);
  expect(missingOptions("my own wrapper")).toEqual([]);
});
