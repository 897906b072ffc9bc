import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { MAY_IMPORT, PURE_FOLDERS } from "../support/import-rules.ts";
import { repositoryRoot } from "../support/source-scan.ts";

const folders = Object.keys(MAY_IMPORT);

/** Snippets that the named rule has to object to, in a file of the given folder. */
const OFFENCES: readonly (readonly [rule: string, folder: string, code: string])[] = [
  [
    "typescript(no-floating-promises)",
    "engine",
    "async function run(): Promise<void> {}\nexport const go = (): void => { run(); };",
  ],
  ["typescript(no-explicit-any)", "engine", "export const x: any = 1;"],
  ["typescript(no-non-null-assertion)", "engine", "export const f = (x?: string): string => x!;"],
  ["typescript(no-unsafe-type-assertion)", "engine", "export const x = JSON.parse('1') as number;"],
  ["typescript(no-unsafe-assignment)", "engine", "export const x: number = JSON.parse('1');"],
  [
    "typescript(switch-exhaustiveness-check)",
    "engine",
    "export function f(x: 'a' | 'b'): number {\n  switch (x) {\n    case 'a':\n      return 1;\n  }\n  return 2;\n}",
  ],
  ["eslint(no-empty)", "engine", "export function f(): void {\n  try {\n    f();\n  } catch {}\n}"],
  ["import(no-default-export)", "engine", "export default 1;"],
  ["eslint(max-lines)", "engine", "\n".repeat(301)],
  ["eslint(max-params)", "engine", "export const f = (a: 1, b: 1, c: 1, d: 1, e: 1): number => a + b + c + d + e;"],
  ["eslint(no-console)", "engine", "console.log(1);"],
  ["unicorn(prefer-node-protocol)", "engine", 'export { join } from "path";'],
  ...PURE_FOLDERS.flatMap((folder) => [
    ["eslint(no-restricted-globals)", folder, "export const x = process.pid;"] as const,
    ["eslint(no-restricted-properties)", folder, "export const x = Date.now();"] as const,
    ["eslint(no-restricted-properties)", folder, "export const x = Math.random();"] as const,
    ["eslint(no-restricted-imports)", folder, 'export { join } from "node:path";'] as const,
  ]),
  ["eslint(no-restricted-imports)", "ports", 'export { join } from "node:path";'],
  ["eslint(no-restricted-imports)", "app", 'export { x } from "../index.ts";'],
];

const reportSchema = z.object({
  diagnostics: z.array(z.object({ code: z.string().optional(), filename: z.string() })),
});

let root = "";
/** Rule ids that spoke, by file. */
const spoken = new Map<string, Set<string>>();

function write(path: string, code: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), code);
}

const importer = (from: string, to: string): string => `src/${from}/imports-${to}.ts`;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "cco-lint-"));
  symlinkSync(join(repositoryRoot, "node_modules"), join(root, "node_modules"));
  // Copies: the paths in both files count from where they lie.
  for (const name of ["tsconfig.json", ".oxlintrc.json"]) copyFileSync(join(repositoryRoot, name), join(root, name));
  write("src/index.ts", "export const x = 1;\n");
  for (const folder of folders) {
    write(`src/${folder}/thing.ts`, "export const thing = 1;\n");
    write(
      `src/${folder}/inner/deep.ts`,
      folders.map((to) => `export * as ${to} from "../../${to}/thing.ts";\n`).join(""),
    );
    for (const to of folders) write(importer(folder, to), `export { thing } from "../${to}/thing.ts";\n`);
  }
  OFFENCES.forEach(([, folder, code], index) => write(`src/${folder}/offence-${index}.ts`, `${code}\n`));
  const args = ["--type-aware", "--format", "json", "src"];
  const oxlint = join(repositoryRoot, "node_modules/oxlint/bin/oxlint");
  const run = promisify(execFile)(process.execPath, [oxlint, ...args], { cwd: root, maxBuffer: 64 * 1024 * 1024 });
  // Findings make oxlint end with 1; execFile hands its output over with the error.
  const { stdout } = await run.catch((error: unknown) => z.object({ stdout: z.string() }).parse(error));
  for (const { filename, code } of reportSchema.parse(JSON.parse(stdout)).diagnostics) {
    if (code !== undefined) spoken.set(filename, (spoken.get(filename) ?? new Set<string>()).add(code));
  }
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

describe("lint configuration", () => {
  it.each(OFFENCES.map(([rule, folder, code], index) => ({ rule, folder, code, index })))(
    "$rule objects in $folder to: $code",
    ({ rule, folder, index }) => {
      expect([...(spoken.get(`src/${folder}/offence-${index}.ts`) ?? [])]).toContain(rule);
    },
  );

  it("allows and forbids imports exactly as the table of folders says", () => {
    const pairs = folders.flatMap((from) => folders.filter((to) => to !== from).map((to) => ({ from, to })));
    const forbidden = ({ from, to }: { from: string; to: string }): boolean =>
      spoken.get(importer(from, to))?.has("eslint(no-restricted-imports)") === true;
    const expected = pairs.filter(({ from, to }) => MAY_IMPORT[from]?.includes(to) !== true);
    expect(pairs.filter(forbidden)).toEqual(expected);
    expect(expected.length).toBeGreaterThan(folders.length);
  });

  it("sees forbidden imports from a deeper folder too", () => {
    const silent = folders.filter(
      (folder) => spoken.get(`src/${folder}/inner/deep.ts`)?.has("eslint(no-restricted-imports)") !== true,
    );
    expect(silent).toEqual([]);
  });
});
