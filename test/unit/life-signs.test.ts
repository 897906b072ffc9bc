import { appendFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lifeSigns } from "../../src/process/life-signs.ts";

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "cco-life-"));
});

afterEach(() => {
  rmSync(dir, { recursive: true });
});

function write(name: string): string {
  const path = join(dir, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, "x");
  return path;
}

describe("signs of life", () => {
  it("change when a file grows, appears or is touched, however deep, and not otherwise", () => {
    const deep = write("2026/01/31/rollout.jsonl");
    const seen = [lifeSigns([dir])];
    const look = (): void => {
      expect(lifeSigns([dir])).toBe(lifeSigns([dir]));
      expect(seen).not.toContain(lifeSigns([dir]));
      seen.push(lifeSigns([dir]));
    };
    appendFileSync(deep, "more");
    look();
    write("2026/01/31/another.jsonl");
    look();
    utimesSync(deep, new Date(), new Date(Date.now() + 60_000));
    look();
    rmSync(deep);
    look();
  });

  it("take a single file as well as a folder", () => {
    const [one, other] = [write("one"), write("other")];
    const before = lifeSigns([one]);
    appendFileSync(other, "more");
    expect(lifeSigns([one])).toBe(before);
    appendFileSync(one, "more");
    expect(lifeSigns([one])).not.toBe(before);
  });

  it("of nothing are the same text every time", () => {
    expect(lifeSigns([join(dir, "gone")])).toBe(lifeSigns([join(dir, "gone", "deeper")]));
    expect(lifeSigns([join(write("file"), "below a file")])).toBe(lifeSigns([join(dir, "gone")]));
  });

  it("do not follow links into the folder itself", () => {
    write("a/file");
    symlinkSync(dir, join(dir, "a", "loop"));
    expect(lifeSigns([dir])).toMatch(/^4\//);
  });

  it("of a large tree come from where something was created last", () => {
    for (let n = 0; n < 1500; n += 1) write(`old/${n % 30}/${n}`);
    for (let n = 0; n < 30; n += 1) utimesSync(join(dir, "old", String(n)), new Date(0), new Date(0));
    utimesSync(join(dir, "old"), new Date(0), new Date(0));
    const busy = write("a-late-one/build.log");
    const before = lifeSigns([dir]);
    appendFileSync(busy, "more");
    expect(lifeSigns([dir])).not.toBe(before);
  });
});
