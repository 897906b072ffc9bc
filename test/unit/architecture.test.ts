import { posix } from "node:path";
import { describe, expect, it } from "vitest";
import { MAY_IMPORT, MAY_USE_PACKAGES, PURE_FOLDERS } from "../support/import-rules.ts";
import { blankComments, importsOf, readSources, type SourceFile } from "../support/source-scan.ts";

const sources = readSources("src", ".ts");
const paths = new Set(sources.map((file) => file.path));

/** Files that lie in src/ itself: the hand-written public list and the declarations of build-time names. */
const ROOT_FILES = ["src/index.ts", "src/globals.d.ts"];

const folderOf = (path: string): string => path.split("/")[1] ?? "";
const isRoot = (file: SourceFile): boolean => ROOT_FILES.includes(file.path);
const resolved = (from: string, module: string): string => posix.join(posix.dirname(from), module);

/** What the table has against one import; null when it is allowed. */
function objection(file: SourceFile, module: string): string | null {
  const folder = folderOf(file.path);
  if (!module.startsWith(".")) {
    const packages = MAY_USE_PACKAGES[folder];
    return packages === undefined || packages.includes(module) ? null : `${file.path}: ${folder} may not use ${module}`;
  }
  const target = resolved(file.path, module);
  if (!module.endsWith(".ts")) return `${file.path}: ${module} does not end in .ts`;
  if (!paths.has(target)) return `${file.path}: ${module} is not a file of src`;
  const other = folderOf(target);
  if (isRoot(file)) return ["app", "model", "kernel"].includes(other) ? null : `${file.path}: may not import ${target}`;
  return other === folder || MAY_IMPORT[folder]?.includes(other) === true
    ? null
    : `${file.path}: ${folder} may not import ${target}`;
}

/** Every cycle of imports that load at once, as the files on it: a lazy import cannot meet a half-loaded module. */
function findCycles(files: readonly SourceFile[]): string[] {
  const next = new Map(
    files.map((file) => [
      file.path,
      importsOf(file)
        .filter(({ module, lazy }) => module.startsWith(".") && !lazy)
        .map(({ module }) => resolved(file.path, module)),
    ]),
  );
  const done = new Set<string>();
  const cycles: string[] = [];
  const walk = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) cycles.push([...trail.slice(trail.indexOf(path)), path].join(" → "));
    if (trail.includes(path) || done.has(path)) return;
    for (const target of next.get(path) ?? []) walk(target, [...trail, path]);
    done.add(path);
  };
  for (const path of next.keys()) walk(path, []);
  return cycles;
}

const fileOf = (path: string, text: string): SourceFile => ({ path, text, code: blankComments(text) });

/** Lines whose code matches, as `path:line`. */
function linesWith(files: readonly SourceFile[], pattern: RegExp): string[] {
  return files.flatMap((file) =>
    file.code.split("\n").flatMap((line, index) => (pattern.test(line) ? [`${file.path}:${index + 1}`] : [])),
  );
}

const IMPURE =
  /\bDate\s*\.\s*now\b|\bMath\s*\.\s*random\b|(?<![.\w$])process\b(?!\s*[?:])|\bnew\s+Date\s*(?:\(\s*\)|(?!\s*\())|(?<![.\w$])Date\s*\(\s*\)/;

describe("the scanner itself", () => {
  it("sees every form of import and none in comments or strings", () => {
    const file = fileOf(
      "src/x/y.ts",
      [
        'import a from "a";',
        'import type { B } from "./b.ts";',
        "import {\n  c,\n} from '../c.ts';",
        'import "d";',
        'export { e } from "e";',
        'export * from "f";',
        'const g = await import("g");',
        '// import no from "no";',
        '/* import no from "no"; */',
        "const text = `import no from \"no\" ${h(\"import no from 'no'\")} import no from 'no'`;",
        "const regex = /[\"'`]/; // don't",
        'import i from "i";',
        "type J = import('j').J;",
      ].join("\n"),
    );
    const found = importsOf(file);
    expect(found.map(({ module }) => module)).toEqual(["a", "./b.ts", "../c.ts", "d", "e", "f", "g", "i", "j"]);
    expect(found.filter(({ lazy }) => lazy).map(({ module }) => module)).toEqual(["g", "j"]);
  });

  it("blanks without moving anything", () => {
    for (const file of sources) {
      expect(file.code.length, file.path).toBe(file.text.length);
      expect(file.code.split("\n").length, file.path).toBe(file.text.split("\n").length);
    }
  });

  it("finds what it looks for", () => {
    const bad = ["Date.now()", "Math.random()", "process.env", "new Date()", "new Date;", "x = Date()"];
    const good = ["new Date(ms)", '"process.env"', "row.process", "{ process: 1 }", "preprocess()", "// Date.now()"];
    expect(bad.filter((line) => linesWith([fileOf("src/x.ts", line)], IMPURE).length === 0)).toEqual([]);
    expect(good.filter((line) => linesWith([fileOf("src/x.ts", line)], IMPURE).length > 0)).toEqual([]);
    expect(findCycles([fileOf("src/a.ts", 'import "./b.ts";'), fileOf("src/b.ts", 'import "./a.ts";')])).toEqual([
      "src/a.ts → src/b.ts → src/a.ts",
    ]);
  });

  it("saw the whole tree", () => {
    expect(sources.length).toBeGreaterThan(100);
    expect(sources.flatMap(importsOf).length).toBeGreaterThan(sources.length);
    for (const folder of PURE_FOLDERS) {
      expect(sources.filter((file) => folderOf(file.path) === folder).length, folder).toBeGreaterThan(3);
    }
  });
});

describe("source layout", () => {
  it("has only the folders of the table", () => {
    const strangers = sources.filter((file) => !isRoot(file) && !Object.hasOwn(MAY_IMPORT, folderOf(file.path)));
    expect(strangers.map((file) => file.path)).toEqual([]);
  });

  it("keeps the order of the folders", () => {
    const objections = sources.flatMap((file) => importsOf(file).map(({ module }) => objection(file, module)));
    expect(objections.filter((text) => text !== null)).toEqual([]);
  });

  it("has no import cycles", () => {
    expect(findCycles(sources)).toEqual([]);
  });

  it("keeps time, randomness and the process out of the pure folders", () => {
    const pure = sources.filter((file) => PURE_FOLDERS.some((folder) => folder === folderOf(file.path)));
    expect(linesWith(pure, IMPURE)).toEqual([]);
    const node = pure.filter((file) => importsOf(file).some(({ module }) => module.startsWith("node:")));
    expect(node.map((file) => file.path)).toEqual([]);
  });

  it("keeps files short and free of default exports, enums and unfinished words", () => {
    const long = sources.filter((file) => file.text.trimEnd().split("\n").length > 300);
    expect(long.map((file) => file.path)).toEqual([]);
    expect(linesWith(sources, /\bexport\s+default\b|\bas\s+default\b|^\s*(?:export\s+)?(?:const\s+)?enum\s/)).toEqual(
      [],
    );
    const unfinished = sources.filter((file) => /\b(?:TODO|FIXME|XXX)\b/.test(file.text));
    expect(unfinished.map((file) => file.path)).toEqual([]);
  });

  it("has no drawer for everything", () => {
    const drawers = sources.filter((file) => /(?:^|[/-])(?:utils?|helpers?|common|misc)(?:[-./]|$)/.test(file.path));
    expect(drawers.map((file) => file.path)).toEqual([]);
  });
});
