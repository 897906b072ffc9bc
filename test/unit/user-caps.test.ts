import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openUserCaps } from "../../src/blackboard/user-caps.ts";
import { loadUserConfig, setUserConfigKey, userConfigFile } from "../../src/blackboard/user-config-file.ts";
import { verifies } from "../requirements.ts";

verifies("F1");

let dir = "";
let file = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "cco-user-"));
  file = userConfigFile({ XDG_CONFIG_HOME: dir }, "/nowhere");
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function board(name: string, usd: number, more: object = {}): string {
  const path = join(dir, name);
  mkdirSync(path, { recursive: true });
  const days = { "2026-11-18": { usd, tokens: usd * 1000 } };
  writeFileSync(join(path, "spending.json"), JSON.stringify({ v: 1, days, raised: [], told: [], ...more }));
  return path;
}

it("the user's settings hold caps and nothing else, and keep their comments", async () => {
  expect(userConfigFile({}, "/home/me")).toBe("/home/me/.config/cco/config.yaml");
  expect((await loadUserConfig(file)).set).toEqual([]);
  await setUserConfigKey(file, "budget.dayUsd", "10");
  await setUserConfigKey(file, "budget.weekUsd", "null");
  expect(await loadUserConfig(file)).toMatchObject({ budget: { dayUsd: 10, weekUsd: null, dayTokens: null } });
  await expect(setUserConfigKey(file, "worker.parallel", "2")).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  await expect(setUserConfigKey(file, "budget.dayUsd", "much")).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    hint: expect.stringContaining("--user"),
  });
  writeFileSync(file, "worker: { parallel: 2 }\n");
  await expect(loadUserConfig(file)).rejects.toMatchObject({ code: "CONFIG_INVALID" });
});

it("adds up what the other projects say, again when one of them changes; damaged files count for nothing", async () => {
  const boards = [board("a", 1), board("b", 2, { raised: [{ key: "user.dayUsd@2026-11-18", by: 5 }], told: ["k"] })];
  const broken = board("c", 9);
  writeFileSync(join(broken, "spending.json"), "{");
  const warnings: string[] = [];
  const caps = openUserCaps({
    configFile: file,
    otherBoards: () => [...boards, broken, join(dir, "gone")],
    warn: (message) => void warnings.push(message),
  });
  expect(await caps.look()).toBeNull();
  await setUserConfigKey(file, "budget.dayUsd", "10");
  const first = await caps.look();
  expect(first).toMatchObject({ budget: { dayUsd: 10 }, raised: [{ by: 5 }], told: ["k"] });
  expect(first?.others.get("2026-11-18")).toEqual({ usd: 3, tokens: 3000 });
  expect(await caps.look()).toBe(first);
  board("a", 40);
  const second = await caps.look();
  expect(second?.others.get("2026-11-18")?.usd).toBe(42);
  expect(second?.stamp).not.toBe(first?.stamp);
  writeFileSync(file, "budget: { dayUsd: -1 }\n");
  expect((await caps.look())?.budget.dayUsd).toBe(10);
  await caps.look();
  expect(warnings).toHaveLength(1);
});
