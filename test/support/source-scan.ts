import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The root folder of the repository. */
export const repositoryRoot = fileURLToPath(new URL("../..", import.meta.url));

/** One file of the repository; `code` is its text with comments and the inside of strings blanked, same length and lines. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly code: string;
}

/** One file of the repository; `path` is relative to its root. */
export function readSource(path: string): SourceFile {
  const text = readFileSync(join(repositoryRoot, path), "utf8");
  return { path, text, code: blankComments(text) };
}

/** All files below a folder of the repository whose names end so, in a stable order; paths are relative and use `/`. */
export function readSources(folder: string, ending: string): SourceFile[] {
  return readdirSync(join(repositoryRoot, folder), { recursive: true, encoding: "utf8" })
    .map((name) => `${folder}/${name.replaceAll("\\", "/")}`)
    .filter((path) => path.endsWith(ending))
    .toSorted()
    .map(readSource);
}

/** One module that a file names; `lazy`: in `import(…)`, so it is loaded when that line runs, if ever. */
export interface NamedModule {
  readonly module: string;
  readonly lazy: boolean;
}

/** The modules a file names in `import`, `export … from` and `import(…)`, type-only ones included. */
export function importsOf(file: SourceFile): NamedModule[] {
  const named = /\bimport\s*\(\s*(["'`])|\b(?:import|export)\b[^;"'`()]*?\bfrom\s*(["'])|\bimport\s*(["'])/g;
  return [...file.code.matchAll(named)].map((match) => {
    const start = match.index + match[0].length;
    const end = file.code.indexOf(match[0].slice(-1), start);
    return { module: file.text.slice(start, end), lazy: match[1] !== undefined };
  });
}

/** What starts at a place where code is read. */
type Stretch = "line" | "block" | "string" | "template" | "regex";

function stretchAt(text: string, at: number, before: string): Stretch | null {
  const two = text.slice(at, at + 2);
  if (two === "//") return "line";
  if (two === "/*") return "block";
  const one = text.charAt(at);
  if (one === '"' || one === "'") return "string";
  if (one === "`") return "template";
  // A slash after a value divides; anywhere else it starts a regular expression.
  const afterValue = /[\w$)\]}]$/.test(before) && !/\b(?:return|typeof|case|in|of)$/.test(before);
  return one === "/" && !afterValue ? "regex" : null;
}

const indexOrEnd = (text: string, what: string, from: number): number => {
  const at = text.indexOf(what, from);
  return at < 0 ? text.length : at;
};

/** Where a string or regular expression ends: after its closing sign, or at the end of its line. */
function endOfQuoted(text: string, start: number, close: string): number {
  let inClass = false;
  for (let at = start + 1; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === "\\") at += 1;
    else if (close === "/" && (char === "[" || char === "]")) inClass = char === "[";
    else if (char === "\n" || (char === close && !inClass)) return at + 1;
  }
  return text.length;
}

/** Where the text part of a template ends: at its backtick or at the next `${`. */
function endOfTemplateText(text: string, start: number): number {
  for (let at = start; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === "\\") at += 1;
    else if (char === "`" || text.startsWith("${", at)) return at;
  }
  return text.length;
}

const blank = (text: string): string => text.replaceAll(/[^\n]/g, " ");

/** Blanks comments, string contents and regular expressions, keeping length and lines; `${…}` in templates stays code. */
export function blankComments(text: string): string {
  let code = "";
  // One entry per open `{`; true for the `${` of a template, whose text goes on after the matching `}`.
  const braces: boolean[] = [];
  const take = (end: number): void => {
    code += text.slice(code.length, end);
  };
  const hide = (end: number): void => {
    code += blank(text.slice(code.length, end));
  };
  const readTemplate = (): void => {
    hide(endOfTemplateText(text, code.length));
    if (text.startsWith("${", code.length)) braces.push(true);
    take(code.length + (text.startsWith("${", code.length) ? 2 : 1));
  };
  while (code.length < text.length) {
    const at = code.length;
    const char = text.charAt(at);
    const kind = stretchAt(text, at, code.slice(-40).trimEnd());
    if (kind === "line") hide(indexOrEnd(text, "\n", at));
    else if (kind === "block") hide(indexOrEnd(text, "*/", at + 2) + 2);
    else if (kind === "regex") hide(endOfQuoted(text, at, "/"));
    else take(at + 1);
    if (kind === "string") {
      const end = endOfQuoted(text, at, char);
      hide(end - 1);
      take(end);
    } else if (kind === "template") readTemplate();
    else if (kind === null && char === "{") braces.push(false);
    else if (kind === null && char === "}" && braces.pop() === true) readTemplate();
  }
  return code;
}
