import { execFile } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { repositoryRoot } from "../support/source-scan.ts";

const run = promisify(execFile);
let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "cco-startup-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

/** An installation of its own. */
async function install(): Promise<{ program: string; cache: string }> {
  for (const part of ["bin", "package.json", "dist/cco.cjs", "dist/programs"]) {
    await cp(join(repositoryRoot, part), join(dir, part), { recursive: true });
  }
  return { program: join(dir, "bin/cco.js"), cache: join(dir, "dist/cache") };
}

const help = async (program: string): Promise<string> =>
  (await run(process.execPath, [program, "--help"], { env: { HOME: dir } })).stdout;

describe("what a start costs", () => {
  it("loads two small files for --version", async () => {
    const env = { HOME: dir, NODE_DEBUG: "module" };
    const { stderr } = await run(process.execPath, [join(repositoryRoot, "bin/cco.js"), "--version"], { env });
    const files = [...stderr.matchAll(/ load "([^"]+)"/g)].map((found) => found[1] ?? "");
    expect(files.map((file) => file.slice(repositoryRoot.length))).toEqual(["bin/cco.js", "dist/cco.cjs"]);
    const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(8 * 1024);
  });

  it("keeps what V8 made of a program, once per command", async () => {
    const { program, cache } = await install();
    const first = await help(program);
    const [file, ...others] = await readdir(cache);
    expect(others).toEqual([]);
    expect(file).toContain(`-help-${process.version}-${process.arch}`);
    const kept = await readFile(join(cache, file ?? ""));
    expect(await help(program)).toBe(first);
    expect(await readFile(join(cache, file ?? ""))).toEqual(kept);
  });

  it("does without what it kept when that is broken, and replaces it", async () => {
    const { program, cache } = await install();
    const first = await help(program);
    const file = join(cache, (await readdir(cache))[0] ?? "");
    const kept = await readFile(file);
    await writeFile(file, kept.subarray(0, 1000));
    expect(await help(program)).toBe(first);
    expect((await stat(file)).size).toBeGreaterThan(1000);
  });

  it("does without where nothing can be kept", async () => {
    const { program, cache } = await install();
    await writeFile(cache, "not a folder");
    expect(await help(program)).toContain("Usage: cco");
  });

  it("keeps nothing of a run that failed", async () => {
    const { program, cache } = await install();
    await expect(run(process.execPath, [program, "nonsense"], { env: { HOME: dir } })).rejects.toMatchObject({
      code: 2,
    });
    await expect(readdir(cache)).rejects.toMatchObject({ code: "ENOENT" });
  });
});
