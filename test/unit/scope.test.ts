import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkScope } from "../../src/guard/scope.ts";
import type { ChangedFile } from "../../src/model/verification.ts";
import { verifies } from "../requirements.ts";

verifies("G2");

const added = (path: string): ChangedFile => ({ path, status: "added" });
const outside = (files: readonly ChangedFile[], scope: readonly string[]): string[] =>
  checkScope({ files, scope }).map((violation) => violation.path);

describe("the write scope", () => {
  it.each<[path: string, scope: string[], allowed: boolean]>([
    ["src/a.ts", ["src/**"], true],
    ["src/deep/er/a.ts", ["src/**"], true],
    ["src/.hidden/a.ts", ["src/**"], true],
    ["srcs/a.ts", ["src/**"], false],
    ["test/a.ts", ["src/**"], false],
    ["test/a.ts", ["src/**", "test/**"], true],
    ["src/a.ts", ["src/"], true],
    ["src/deep/a.ts", ["src/"], true],
    ["src/a.ts", ["src"], true],
    ["src/deep/a.ts", ["./src"], true],
    ["src", ["src"], true],
    ["src/a.ts", ["./src/**"], true],
    ["src/a.ts", ["src/a.ts"], true],
    ["src/a.tsx", ["src/a.ts"], false],
    ["src/a.ts", ["src/*"], true],
    ["src/deep/a.ts", ["src/*"], false],
    ["src/deep/a.ts", ["src/*/"], true],
    ["src/a.ts", ["*.ts"], false],
    ["a.ts", ["*.ts"], true],
    ["src/a.ts", ["**/*.ts"], true],
    ["a.ts", ["**/*.ts"], true],
    ["src/a.ts", ["src/{a,b}.ts"], true],
    ["src/c.ts", ["src/{a,b}.ts"], false],
    ["app/[id]/page.tsx", ["app/[id]/page.tsx"], true],
    ["app/[id]/page.tsx", ["app/[id]"], true],
    ["app/i/page.tsx", ["app/[id]/page.tsx"], true],
    ["Src/a.ts", ["src/**"], false],
    ["SRC/a.ts", ["src"], false],
    ["any/thing", ["**"], true],
    ["any/thing", ["."], true],
    ["any/thing", ["./"], true],
    ["any/thing", [], false],
    ["any/thing", [""], false],
    ["any/thing", ["/"], false],
    ["any/thing", ["/any/**"], false],
    ["any/thing", ["../**"], false],
    ["any/thing", ["!src/**"], false],
    ["src/new\nline.ts", ["src/**"], true],
    ["src/new\nline.ts", ["src/*.ts"], true],
    ["src/-dash ü.ts", ["src/**"], true],
    ["src/a(1).ts", ["src/a(1).ts"], true],
  ])("%j in %j: %s", (path, scope, allowed) => {
    expect(outside([added(path)], scope)).toEqual(allowed ? [] : [path]);
  });

  it.each<[what: string, file: ChangedFile, paths: string[]]>([
    ["a deletion", { path: "x", status: "deleted" }, ["x"]],
    ["a mode change", { path: "x", status: "mode" }, ["x"]],
    ["a change", { path: "x", status: "modified" }, ["x"]],
    ["a rename out of the scope", { path: "x", status: "renamed", from: "src/x" }, ["x"]],
    ["a rename into the scope", { path: "src/x", status: "renamed", from: "x" }, ["x"]],
    ["a rename elsewhere", { path: "y", status: "renamed", from: "x" }, ["x", "y"]],
    ["a rename within the scope", { path: "src/y", status: "renamed", from: "src/x" }, []],
    ["a copy of something outside", { path: "src/y", status: "copied", from: "x" }, []],
    ["a link out of the tree", { path: "src/y", status: "link" }, ["src/y"]],
    ["a nested repository", { path: "src/y/", status: "added" }, ["src/y/"]],
    ["a changed submodule", { path: "src/y/", status: "modified" }, ["src/y/"]],
  ])("counts %s", (_what, file, paths) => {
    expect(outside([file], ["src/**"])).toEqual(paths);
  });

  it.each([
    ".git/hooks/pre-commit",
    "sub/.git/config",
    ".codex/config.toml",
    ".codex",
    ".agents/skills/x/SKILL.md",
    ".claude/settings.json",
    "packages/a/.claude/settings.json",
    ".CLAUDE/settings.json",
    ".mcp.json",
    ".cco/config.yaml",
    "cco.yaml",
    ".husky/pre-commit",
    ".githooks/pre-push",
    ".pre-commit-config.yaml",
    ".vscode/tasks.json",
    ".devcontainer/devcontainer.json",
    ".envrc",
    ".env",
    "config/prod.env",
    ".env.local",
    ".env.production.local",
    ".github/workflows/ci.yml",
    ".gitlab-ci.yml",
    ".circleci/config.yml",
    ".gitmodules",
  ])("wants %s to be named", (path) => {
    const broad = [
      "**",
      ".",
      "**/*",
      "*",
      "*/**",
      "**/*.*",
      "{.*,*}/**",
      "[.]*/**",
      "?*/**",
      "packages/**",
      "config",
      "sub",
    ];
    expect(outside([added(path)], broad)).toEqual([path]);
    expect(outside([{ path, status: "deleted" }], broad)).toEqual([path]);
    expect(outside([{ path: "x", status: "renamed", from: path }], broad)).toEqual([path]);
    expect(outside([added(path)], [path])).toEqual([]);
    expect(outside([added(path)], ["**", `./${path}`])).toEqual([]);
  });

  it.each([
    [".github/workflows/ci.yml", ".github/**"],
    [".claude/settings.json", ".claude/"],
    [".husky/pre-commit", ".husky"],
    ["config/prod.env", "config/*.env"],
    ["config/prod.env", "**/*.env"],
    ["packages/a/.vscode/tasks.json", "packages/*/.vscode/**"],
  ])("takes %s as named by %s", (path, entry) => {
    expect(outside([added(path)], [entry])).toEqual([]);
  });

  it("wants every reason to be named: a secret in a folder that runs code", () => {
    expect(outside([added(".husky/prod.env")], [".husky/**"])).toEqual([".husky/prod.env"]);
    expect(outside([added(".husky/prod.env")], [".husky/*.env"])).toEqual([]);
  });

  it.each([
    ".env.example",
    ".github/CODEOWNERS",
    ".vscode/extensions.json",
    ".gitignore",
    "environment.ts",
    "src/git/x.ts",
  ])("lets a broad entry reach %s", (path) => {
    expect(outside([added(path)], ["**"])).toEqual([]);
  });

  it.each<[path: string, tolerated: boolean]>([
    ["node_modules/", true],
    ["packages/a/node_modules/", true],
    ["node_modules/x/index.js", true],
    ["src/__pycache__/x.cpython-312.pyc", true],
    ["src/x.pyc", true],
    ["dist/", true],
    ["coverage/lcov.info", true],
    [".coverage", true],
    ["x.tsbuildinfo", true],
    [".venv/", true],
    [".codex", true],
    [".agents/", true],
    [".aws", true],
    [".aws/credentials", false],
    [".env", false],
    ["secret.log", false],
    ["distribution/", false],
    ["rebuild", false],
    ["src/debug.log", true],
    ["src/prod.env", false],
  ])("ignored %s: tolerated %s", (path, tolerated) => {
    expect(outside([{ path, status: "ignored" }], ["src/**"])).toEqual(tolerated ? [] : [path]);
  });

  it("tolerates what it is told to tolerate, among ignored files only", () => {
    const files: ChangedFile[] = [
      { path: "a.log", status: "ignored" },
      { path: "dist/", status: "ignored" },
      added("b.log"),
    ];
    const violations = checkScope({ files, scope: ["src"], tolerateIgnored: ["*.log"] });
    expect(violations.map(({ path }) => path)).toEqual(["dist/", "b.log"]);
    expect(outside([added("node_modules/x.js"), added("dist/x.js")], ["src"])).toEqual([
      "node_modules/x.js",
      "dist/x.js",
    ]);
  });

  it("gives a reason for each", () => {
    const files: ChangedFile[] = [added("x"), { path: "l", status: "link" }, { path: ".env", status: "modified" }];
    expect(checkScope({ files, scope: ["**/z", ".*", "l"] })).toEqual([
      { path: "x", why: "is outside the write scope" },
      { path: "l", why: "is a symlink that leaves the work tree" },
      { path: ".env", why: "needs an entry of its own in write: such files hold secrets" },
    ]);
  });
});

describe("the write scope, for all paths", () => {
  const name = fc
    .string({ minLength: 1, maxLength: 8, unit: "binary" })
    .map((text) => text.replaceAll(/[/\0]/g, "_"))
    .filter((text) => text !== "." && text !== "..");
  const plainName = fc.stringMatching(/^[a-z][a-zA-Z0-9 _-]{0,6}$/);
  const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"));
  const status = fc.constantFrom("added", "modified", "deleted", "renamed", "copied", "mode", "link", "ignored");
  const file: fc.Arbitrary<ChangedFile> = fc.record({ path, status, from: path });
  const glob = fc.oneof(
    path,
    fc.constantFrom("**", "*", "src/**", "**/*.ts", "src/", ".", "!x", "{a,b}/**", "[a-z]*", ".env", "+(a|b)"),
    fc.tuple(plainName, fc.constantFrom("/**", "/*", "/", "")).map((parts) => parts.join("")),
  );

  it("a path below a folder of the scope is never a violation", () => {
    fc.assert(
      fc.property(plainName, path, fc.constantFrom("", "/", "/**"), fc.array(glob), (folder, below, end, others) => {
        const inside = `${folder}/${below}`;
        fc.pre(checkScope({ files: [added(inside)], scope: ["**"] }).length === 0);
        expect(outside([added(inside)], [...others, `${folder}${end}`])).toEqual([]);
      }),
    );
  });

  it("a path that the scope names is never a violation", () => {
    fc.assert(
      fc.property(path, fc.array(glob), (named, others) => {
        fc.pre(!named.endsWith("/") && !named.startsWith("./"));
        expect(outside([added(named)], [...others, named])).toEqual([]);
      }),
    );
  });

  it("more entries never make more violations, and an empty scope allows nothing", () => {
    fc.assert(
      fc.property(fc.array(file), fc.array(glob), fc.array(glob), (files, scope, more) => {
        const before = outside(files, scope);
        for (const violation of outside(files, [...scope, ...more])) expect(before).toContain(violation);
        const changed = files.filter((entry) => entry.status !== "ignored").map((entry) => entry.path);
        expect(outside(files, [])).toEqual(expect.arrayContaining(changed));
      }),
    );
  });
});
