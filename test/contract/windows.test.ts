import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openMemoryWindows, openWindows } from "../../src/blackboard/windows.ts";
import { NO_WINDOWS } from "../../src/decide/windows/window.ts";
import type { Windows } from "../../src/ports/windows.ts";
import { processIdentities } from "../../src/process/process-identity.ts";
import { verifies } from "../requirements.ts";

verifies("F2");

interface Stage {
  open(): Windows;
  put(text: string): void;
  text(): string;
  drop(): void;
}

function fileStage(): Stage {
  const stateDir = mkdtempSync(join(tmpdir(), "cco-windows-"));
  const file = join(stateDir, "accounts/main/windows.json");
  return {
    open: () => openWindows(stateDir, processIdentities),
    put(text) {
      mkdirSync(join(stateDir, "accounts/main"), { recursive: true });
      writeFileSync(file, text);
    },
    text: () => readFileSync(file, "utf8"),
    drop: () => rmSync(stateDir, { recursive: true, force: true }),
  };
}

function memoryStage(): Stage {
  const texts = new Map<string, string>();
  return {
    open: () => openMemoryWindows(texts),
    put: (text) => void texts.set("main", text),
    text: () => texts.get("main") ?? "",
    drop: () => texts.clear(),
  };
}

describe.each([
  ["files", fileStage],
  ["memory", memoryStage],
] as const)("windows in %s", (_kind, makeStage) => {
  let stage: Stage;
  beforeEach(() => {
    stage = makeStage();
  });
  afterEach(() => stage.drop());

  const more = (by: number) => (known: { readonly spentTokens: number } | null) => ({
    ...NO_WINDOWS,
    spentTokens: (known?.spentTokens ?? 0) + by,
  });

  it("are listed by account, read back, and left alone by a change of nothing", async () => {
    const windows = stage.open();
    expect(await windows.list()).toEqual([]);
    expect(await windows.read("main")).toBeNull();
    expect(await windows.update("main", () => null)).toBeNull();
    await windows.update("main", more(5));
    await windows.update("other", more(7));
    expect((await stage.open().list()).map(({ name, windows: { spentTokens } }) => [name, spentTokens])).toEqual([
      ["main", 5],
      ["other", 7],
    ]);
  });

  it("lose no change of two that write at once", async () => {
    const all = [stage.open(), stage.open(), stage.open()];
    await Promise.all(all.flatMap((one) => Array.from({ length: 10 }, () => one.update("main", more(1)))));
    expect((await stage.open().read("main"))?.spentTokens).toBe(30);
  });

  it.each(["", "{", "[]", '{"v":2}', '{"v":1,"primary":3}', "\u0000"])(
    "a damaged file counts as none: %j",
    async (text) => {
      stage.put(text);
      const windows = stage.open();
      expect(await windows.read("main")).toBeNull();
      expect(await windows.list()).toEqual([]);
      expect((await windows.update("main", more(2)))?.spentTokens).toBe(2);
      expect(JSON.parse(stage.text())).toMatchObject({ v: 1, spentTokens: 2 });
    },
  );
});
