import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadConfig } from "../../src/blackboard/config-file.ts";
import { DEFAULT_CONFIG } from "../../src/model/config.ts";
import { repositoryRoot } from "../support/source-scan.ts";

let project = "";
beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), "cco-config-"));
});
afterEach(() => rmSync(project, { recursive: true, force: true }));

const shared = (text: string): void => writeFileSync(join(project, "cco.yaml"), text);
const local = (text: string): void => {
  mkdirSync(join(project, ".cco"), { recursive: true });
  writeFileSync(join(project, ".cco/config.yaml"), text);
};

describe("loading", () => {
  it("yields the defaults without a file, and makes none", async () => {
    const { config, origins } = await loadConfig(project);
    expect(config).toEqual(DEFAULT_CONFIG);
    expect(new Set(Object.values(origins))).toEqual(new Set(["default"]));
    expect(Object.keys(origins)).toContain("worker.silenceSeconds");
    expect(readdirSync(project)).toEqual([]);
  });

  it("puts the shared file over the defaults and the local one over both, key by key", async () => {
    shared("worker:\n  parallel: 2\n  silenceSeconds: 60\nreview:\n  model: opus\n");
    local("worker:\n  silenceSeconds: 0.5\nbudget: { dayUsd: 5 }\n");
    const { config, origins } = await loadConfig(project);
    expect(config.worker).toEqual({ ...DEFAULT_CONFIG.worker, parallel: 2, silenceSeconds: 0.5 });
    expect(config.review.model).toBe("opus");
    expect(config.budget).toEqual({ ...DEFAULT_CONFIG.budget, dayUsd: 5 });
    expect(origins).toMatchObject({
      "worker.parallel": "cco.yaml",
      "worker.silenceSeconds": ".cco/config.yaml",
      "worker.hardMinutes": "default",
      "review.model": "cco.yaml",
      "budget.dayUsd": ".cco/config.yaml",
    });
  });

  it("lets null take a cap away again", async () => {
    shared("budget:\n  dayUsd: 5\n");
    local("budget:\n  dayUsd: null\n");
    expect((await loadConfig(project)).config.budget.dayUsd).toBeNull();
  });

  it.each(["", "# only a comment\n", "worker:\n", "worker:\n  # parallel: 2\n", "---\n"])(
    "takes %j as nothing set",
    async (text) => {
      local(text);
      expect((await loadConfig(project)).config).toEqual(DEFAULT_CONFIG);
    },
  );

  it("follows anchors", async () => {
    local("engine:\n  idleSeconds: &short 2\nworker: &limits\n  silenceSeconds: *short\n");
    expect((await loadConfig(project)).config.worker.silenceSeconds).toBe(2);
  });

  it.each([
    [
      "worker:\n  parallel: 2\n  silenceSecond: 5\n",
      "cco.yaml:3: there is no setting worker.silenceSecond",
      "worker.silenceSeconds",
    ],
    ["wroker:\n  parallel: 2\n", "cco.yaml:1: there is no setting wroker", "worker"],
    ["\nparallel: 2\n", "cco.yaml:2: there is no setting parallel", "worker.parallel"],
    [
      "worker: { silence_seconds: 5 }\n",
      "cco.yaml:1: there is no setting worker.silence_seconds",
      "worker.silenceSeconds",
    ],
    ["retry:\n  parallel: 5\n", "cco.yaml:2: there is no setting retry.parallel", "worker.parallel"],
  ])("refuses unknown keys: %j", async (text, message, near) => {
    shared(text);
    const failed = loadConfig(project);
    await expect(failed).rejects.toMatchObject({ code: "CONFIG_UNKNOWN_KEY", message });
    await expect(failed).rejects.toHaveProperty("hint", expect.stringContaining(`did you mean ${near}?`));
  });

  it("suggests nothing where nothing is near", async () => {
    shared("zzzzzzzz:\n  q: 1\n");
    await expect(loadConfig(project)).rejects.toHaveProperty("hint", "cco config lists all settings");
  });

  it.each([
    ["worker:\n  parallel: three\n", ':2: worker.parallel has to be a whole number above 0, not "three"'],
    ["worker:\n  parallel: 1.5\n", ":2: worker.parallel has to be a whole number above 0, not 1.5"],
    ["worker:\n  parallel: -1\n", ":2: worker.parallel has to be a whole number above 0, not -1"],
    ["worker:\n  parallel:\n", ":2: worker.parallel has to be a whole number above 0, not null"],
    ["retry:\n  baseSeconds: -1\n", ":2: retry.baseSeconds has to be a number, 0 or more, not -1"],
    ["retry:\n  baseSeconds: .inf\n", ":2: retry.baseSeconds has to be a number, 0 or more, not null"],
    ["window:\n  reservePercent: 101\n", ":2: window.reservePercent has to be a number from 0 to 100, not 101"],
    ["budget:\n  dayUsd: lots\n", ':2: budget.dayUsd has to be a number above 0 or null, not "lots"'],
    ["review:\n  model: [a]\n", ':2: review.model has to be a text, not ["a"]'],
    [
      "notify:\n  command: ring\n",
      ':2: notify.command has to be a list of texts, like ["program", "argument"] or null, not "ring"',
    ],
    ["worker: 3\n", ":1: worker is a section: its keys belong below it, indented"],
    ["- worker\n", ':1: settings are sections with keys, like "worker:"'],
    ["worker: {parallel: *nowhere}\n", ":1: there is no anchor &nowhere"],
    ["notify:\n  command: [*nowhere]\n", ":2: there is no anchor &nowhere"],
    ["worker:\n  parallel: 1\n  parallel: 2\n", ":3: Map keys must be unique"],
    ["worker:\n\tparallel: 1\n", ":2: Tabs are not allowed as indentation"],
    ["a: [1\n", ":2: "],
  ])("refuses what is not valid: %j", async (text, message) => {
    local(text);
    const failed = loadConfig(project);
    await expect(failed).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    await expect(failed).rejects.toHaveProperty("message", expect.stringContaining(`.cco/config.yaml${message}`));
  });

  it("names all problems of a file", async () => {
    local("worker:\n  parallel: x\n  silence: 2\nengine:\n  idleSeconds: soon\n");
    const failed = loadConfig(project);
    await expect(failed).rejects.toHaveProperty(
      "message",
      expect.stringContaining(".cco/config.yaml:2: worker.parallel"),
    );
    await expect(failed).rejects.toHaveProperty(
      "why",
      expect.stringMatching(/yaml:3: .*worker\.silence\n.*yaml:5: engine\.idleSeconds/),
    );
  });

  it("does not load the YAML parser when there is no file", async () => {
    const outdir = join(project, "bundle");
    await build({
      stdin: {
        contents: `export { loadConfig } from ${JSON.stringify(join(repositoryRoot, "src/blackboard/config-file.ts"))};`,
        resolveDir: project,
      },
      outdir,
      outExtension: { ".js": ".mjs" },
      splitting: true,
      bundle: true,
      platform: "node",
      format: "esm",
      external: ["yaml"],
      logLevel: "error",
    });
    const script = `const { loadConfig } = await import(${JSON.stringify(join(outdir, "stdin.mjs"))});
      console.log((await loadConfig(${JSON.stringify(join(project, "none"))})).config.worker.parallel);
      await loadConfig(${JSON.stringify(project)}).catch((error) => console.log(error.code));`;
    local("worker: {}\n");
    const output = execFileSync(process.execPath, ["--input-type=module", "-e", script], {
      cwd: tmpdir(),
      env: {},
      encoding: "utf8",
    });
    expect(output).toBe("3\nERR_MODULE_NOT_FOUND\n");
  });
});
