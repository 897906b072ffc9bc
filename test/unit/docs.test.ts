import { existsSync } from "node:fs";
import { join, posix } from "node:path";
import { describe, expect, it } from "vitest";
import { COMMANDS } from "../../src/cli/command-table.ts";
import { ERROR_TABLE, errorRow, isErrorCode } from "../../src/kernel/error-table.ts";
import { readSource, readSources, repositoryRoot, type SourceFile } from "../support/source-scan.ts";

const pages = [...["README.md", "AGENTS.md", "CHANGELOG.md"].map(readSource), ...readSources("docs", ".md")];
const commands = new Set([...COMMANDS.map(({ name }) => name), "--help", "--version"]);
const codes = Object.keys(ERROR_TABLE).filter(isErrorCode);
const families = new Set(codes.filter((code) => code.includes("_")).map((code) => code.split("_", 1)[0]));

/** Commands that a text names in `cco NAME` but that there are not. */
const unknownCommands = (text: string): string[] =>
  [...text.matchAll(/(?<![.\w/-])cco (--?[a-z]+|[a-z]+)\b/g)].flatMap(([, name = ""]) =>
    commands.has(name) ? [] : [name],
  );

/** Texts in backticks and fenced blocks. */
const codeOf = ({ text }: SourceFile): string => [...text.matchAll(/```[^`]*```|`[^`\n]+`/g)].join("\n");

describe("pages", () => {
  it("are all there", () => {
    expect(pages.length).toBeGreaterThan(12);
  });

  it("link to files that exist", () => {
    const broken = pages.flatMap(({ path, text }) =>
      [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)]
        .map(([, link = ""]) => posix.join(posix.dirname(path), link))
        .filter((target) => !existsSync(join(repositoryRoot, target)))
        .map((target) => `${path}: ${target}`),
    );
    expect(broken).toEqual([]);
  });

  it("name only commands that exist", () => {
    expect(pages.flatMap((page) => unknownCommands(codeOf(page)).map((name) => `${page.path}: cco ${name}`))).toEqual(
      [],
    );
  });

  it("name only error codes that exist", () => {
    const unknown = pages.flatMap((page) =>
      [...codeOf(page).matchAll(/`([A-Z]+(?:_[A-Z]+)+)`/g)]
        .map(([, code = ""]) => code)
        .filter((code) => families.has(code.split("_", 1)[0]) && !isErrorCode(code) && code !== "CODEX_HOME")
        .map((code) => `${page.path}: ${code}`),
    );
    expect(unknown).toEqual([]);
  });
});

describe("hints of errors", () => {
  it("name only commands that exist", () => {
    expect(codes.flatMap((code) => unknownCommands(errorRow(code).hint).map((name) => `${code}: cco ${name}`))).toEqual(
      [],
    );
  });

  it("end without a full stop and are not empty", () => {
    expect(codes.filter((code) => errorRow(code).hint === "" || errorRow(code).hint.endsWith("."))).toEqual([]);
  });
});
