import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadConfig, setConfigKey } from "../../src/blackboard/config-file.ts";
import { CONFIG_KEYS } from "../../src/blackboard/config-keys.ts";
import { renderConfigTemplate } from "../../src/blackboard/config-template.ts";
import { parseSettings } from "../../src/blackboard/config-yaml.ts";

let project = "";
beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), "cco-config-"));
});
afterEach(() => rmSync(project, { recursive: true, force: true }));

const local = (text: string): void => {
  mkdirSync(join(project, ".cco"), { recursive: true });
  writeFileSync(join(project, ".cco/config.yaml"), text);
};
const localText = (): string => readFileSync(join(project, ".cco/config.yaml"), "utf8");

describe("setting a key", () => {
  it("makes the file from the template, valid and with its comments", async () => {
    await setConfigKey(project, "worker.silenceSeconds", "5");
    expect(localText().startsWith(renderConfigTemplate().trimEnd())).toBe(true);
    expect(readFileSync(join(project, ".cco/.gitignore"), "utf8")).toBe("*\n");
    const { config, origins } = await loadConfig(project);
    expect(config.worker.silenceSeconds).toBe(5);
    expect(origins["worker.silenceSeconds"]).toBe(".cco/config.yaml");
  });

  it("changes one value and keeps everything else as it stands", async () => {
    local(`# head

worker: # about workers
  # why two
  parallel: 2 # because
  silenceSeconds: 60

review: { model: opus, usd: 1 } # flow
# tail
`);
    await setConfigKey(project, "worker.parallel", "1");
    await setConfigKey(project, "review.usd", "2.5");
    await setConfigKey(project, "worker.silenceSeconds", "0.5");
    expect(localText()).toBe(`# head

worker: # about workers
  # why two
  parallel: 1 # because
  silenceSeconds: 0.5

review: { model: opus, usd: 2.5 } # flow
# tail
`);
  });

  it("adds a key and keeps every comment", async () => {
    local("# head\nworker:\n  # why two\n  parallel: 2 # because\n# tail\n");
    await setConfigKey(project, "worker.hardMinutes", "10");
    await setConfigKey(project, "engine.idleSeconds", "0");
    for (const comment of ["# head", "# why two", "# because", "# tail"]) expect(localText()).toContain(comment);
    expect((await loadConfig(project)).config).toMatchObject({
      worker: { parallel: 2, hardMinutes: 10 },
      engine: { idleSeconds: 0 },
    });
  });

  it("refuses when another setting would change with it", async () => {
    const text = "engine:\n  idleSeconds: &short 2\nworker:\n  silenceSeconds: *short\n";
    local(text);
    await expect(setConfigKey(project, "engine.idleSeconds", "3")).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    expect(localText()).toBe(text);
    await setConfigKey(project, "worker.silenceSeconds", "3");
    expect((await loadConfig(project)).config).toMatchObject({
      engine: { idleSeconds: 2 },
      worker: { silenceSeconds: 3 },
    });
  });

  it("repairs a value that is not valid", async () => {
    local("worker:\n  parallel: lots\n  silenceSeconds:\n  hardMinutes: |\n    many\n  killGraceSeconds: '1'\n");
    await setConfigKey(project, "worker.parallel", "3");
    await setConfigKey(project, "worker.silenceSeconds", "4");
    await setConfigKey(project, "worker.hardMinutes", "5");
    await setConfigKey(project, "worker.killGraceSeconds", "6");
    expect((await loadConfig(project)).config.worker).toMatchObject({
      parallel: 3,
      silenceSeconds: 4,
      hardMinutes: 5,
      killGraceSeconds: 6,
    });
  });

  it("keeps the comments of a section that has nothing else", async () => {
    local("worker: # mine\n  # parallel: 3\nretry:\n  max: 1\n");
    await setConfigKey(project, "worker.parallel", "2");
    expect(localText()).toContain("# parallel: 3\n");
    expect(localText()).toContain("# mine\n");
    expect((await loadConfig(project)).config).toMatchObject({ worker: { parallel: 2 }, retry: { max: 1 } });
  });

  it.each([
    ["budget.dayUsd", "null", null],
    ["review.model", "claude-opus", "claude-opus"],
    ["review.model", "4", "4"],
    ["review.model", "a: b", "a: b"],
    ["notify.command", '["notify-send", "cco"]', ["notify-send", "cco"]],
    ["notify.webhook", "http://localhost:1/x#y", "http://localhost:1/x#y"],
    ["window.reservePercent", "12.5", 12.5],
  ])("writes %s = %s", async (name, text, value) => {
    await setConfigKey(project, name, text);
    const [section = "", key = ""] = name.split(".");
    expect((await loadConfig(project)).config).toMatchObject({ [section]: { [key]: value } });
  });

  it.each([
    ["worker.paralel", "3", "CONFIG_UNKNOWN_KEY", "did you mean worker.parallel?"],
    ["worker", "3", "CONFIG_UNKNOWN_KEY", "did you mean worker.parallel?"],
    ["worker.parallel", "many", "CONFIG_INVALID", "cco config --set worker.parallel=3"],
    ["worker.parallel", "*x", "CONFIG_INVALID", "cco config --set worker.parallel=3"],
    ["notify.command", "ring", "CONFIG_INVALID", "cco config --set notify.command=null"],
  ])("refuses %s = %s and writes nothing", async (name, text, code, hint) => {
    const failed = setConfigKey(project, name, text);
    await expect(failed).rejects.toMatchObject({ code });
    await expect(failed).rejects.toHaveProperty("hint", expect.stringContaining(hint));
    expect(existsSync(join(project, ".cco"))).toBe(false);
  });

  it("does not touch a file that it cannot read", async () => {
    local("worker: [\n");
    await expect(setConfigKey(project, "worker.parallel", "3")).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    expect(localText()).toBe("worker: [\n");
    local("worker: 3\n");
    await expect(setConfigKey(project, "worker.parallel", "3")).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    expect(localText()).toBe("worker: 3\n");
  });
});

describe("the template", () => {
  it("sets nothing as it stands, and the defaults when every key is uncommented", () => {
    const template = renderConfigTemplate();
    expect(parseSettings("config.yaml", template).size).toBe(0);
    const lines = template.split("\n");
    const first = lines.indexOf("");
    const uncommented = lines.slice(first).map((line) => line.replace(/^# /, ""));
    const settings = parseSettings("config.yaml", uncommented.join("\n"));
    expect(Object.fromEntries(settings)).toEqual(
      Object.fromEntries(CONFIG_KEYS.map((key) => [key.name, key.fallback])),
    );
  });

  it("says what every key is for", () => {
    for (const key of CONFIG_KEYS) {
      expect(key.description, key.name).not.toBe("");
      expect(renderConfigTemplate()).toContain(`# ${key.description}\n`);
    }
  });
});
