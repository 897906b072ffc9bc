import type { Envelope } from "../../model/envelope.ts";
import { ordersName } from "./order-text.ts";

/** What is known of a run besides what it printed. */
export interface FaultContext {
  readonly envelope: Envelope;
  /** Paths that the change touches. */
  readonly changed: readonly string[];
  /** The reviewer's own test file; null when it brought none. */
  readonly testPath: string | null;
  /** Text and command of the evidence; absent: not known. */
  readonly evidence?: string;
  /** Folder of the copy in which it ran; absolute. */
  readonly scratch: string;
}

/** How a program ended, and what it printed. */
export interface Printed {
  readonly exitCode: number;
  readonly output: string;
}

/**
 * Why a red run says nothing about the change: its own syntax, a module or a tool that is not there, no test at all, the
 * sandbox. Null when no such sign is found. What is missing although the order asks for it, and what the changed files
 * themselves break, is no fault of the evidence.
 */
export function ownFault(printed: Printed, context: FaultContext): string | null {
  const output = withoutColours(printed.output);
  for (const look of [lacksTool, findsNoTest, needsMore, lacksModule, cannotBeRead, misusesNames]) {
    const fault = look({ ...printed, output }, context);
    if (fault !== null) return fault;
  }
  return null;
}

type Look = (printed: Printed, context: FaultContext) => string | null;

const lacksTool: Look = ({ exitCode, output }, context) => {
  if (exitCode !== 126 && exitCode !== 127) {
    const spawned = /\bspawn(?:Sync)? (\S+) (?:ENOENT|EACCES)/.exec(output)?.[1];
    return spawned === undefined || isWanted(spawned, context)
      ? null
      : `it needs the tool ${spawned}, which is not there`;
  }
  const lines = output
    .split("\n")
    .filter((line) => /not found|No such file|denied|cannot execute|not executable/i.test(line));
  if (lines.some((line) => wantedPathIn(line, context))) return null;
  return `it needs a tool that is not there (exit code ${exitCode})`;
};

const NO_TESTS =
  /no test files? found|no tests? (?:were )?(?:found|ran|to run|executed|collected)|collected 0 items|^Could not find '|# tests 0$|Ran 0 tests|\[no test files\]|running 0 tests|0 examples, 0 failures/im;

const findsNoTest: Look = ({ output }) => (NO_TESTS.test(output) ? "no test was found to run" : null);

const ENVIRONMENT: readonly (readonly [RegExp, string])[] = [
  [
    /Missing script:|could not determine executable to run|canceled due to missing packages/i,
    "it needs a script or package that the project does not have",
  ],
  [
    /\b(?:EAI_AGAIN|ENOTFOUND|ENETUNREACH)\b|Temporary failure in name resolution|Could not resolve host|Network is unreachable/,
    "it needs the network, which the sandbox has closed",
  ],
  [
    /\b(?:listen|bind|connect|socket)\b[^\n]{0,40}\b(?:EPERM|EACCES)\b|PermissionError: \[Errno (?:1|13)\][^\n]*(?:socket|bind)/,
    "it opens sockets; without `loopback: true` in the order the sandbox has them closed",
  ],
  [/\bEROFS\b|Read-only file system/i, "it writes outside of the copy"],
];

/** An address on another machine, as it stands in evidence. */
const ELSEWHERE = /\b(?:https?|wss?|ftp):\/\/(?!localhost\b|127\.|0\.0\.0\.0|\[::1?\]|\$|["'`])/i;

const needsMore: Look = ({ output }, context) => {
  const { scratch } = context;
  for (const [sign, fault] of ENVIRONMENT) if (sign.test(output)) return fault;
  // The runner of tests drops the cause that `fetch` gives.
  if (/\bfetch failed\b/i.test(output) && ELSEWHERE.test(context.evidence ?? ""))
    return "it needs the network, which the sandbox has closed";
  const absent = /\bENOENT\b[^\n]*'(\/[^']+)'|FileNotFoundError: [^\n]*'(\/[^'\n]+)'/.exec(output);
  const sought = absent?.[1] ?? absent?.[2];
  // Files for the time of a test lie outside of the copy with good reason: that one is missing may be what it shows.
  if (absent !== null && sought !== undefined && !sought.startsWith(scratch) && !/\/te?mp[^/]*\//i.test(sought)) {
    const where =
      absent[1] === undefined
        ? lastPathBefore(output, absent.index, context)
        : firstPathAfter(output, absent.index, context);
    if (where === "test") return "it reads a file outside of the copy";
  }
  const denied = /(?:EACCES|EPERM)[^\n]*'(\/[^']+)'|Permission denied: '?(\/[^'\n]+)/.exec(output);
  const path = denied?.[1] ?? denied?.[2];
  return path === undefined || path.startsWith(scratch) ? null : "it reaches outside of the copy";
};

/** Modules and names that were looked for and not found; group 1 is what is missing, group 2 who asked. */
const MISSING: readonly RegExp[] = [
  /Cannot find (?:module|package) ['"]([^'"]+)['"](?: imported)? from ['"]?([^\s'"]+)/,
  /Cannot find (?:module|package) ['"]([^'"]+)['"](?:[^]{0,200}?Require stack:\s*- ([^\s'"]+))?/,
  /does not provide an export named ['"]?([\w$]+)/,
  /Failed to resolve import "([^"]+)" from "([^"]+)"/,
  /Failed to load url (\S+)/,
  /has no exported member (?:named )?['"]?([\w$]+)/,
  /No module named ['"]?([\w.]+)/,
  /cannot import name ['"]?(\w+)/,
  /no required module provides package (\S+?);?(?:\s|$)/,
  /cannot find package "([^"]+)"/,
  /package (\S+) is not in (?:std|GOROOT)/,
  /\.go:\d+:\d+: undefined: ([\w.]+)/,
  /unresolved import `([^`]+)`/,
  /cannot find (?:function|struct|type|value|module|crate|macro)[^`\n]*`([^`]+)`/,
  /error: package ([\w.]+) does not exist/,
  /cannot find symbol[^]{0,200}?symbol:\s+\w+ (\w+)/,
  /cannot load such file -- (\S+)/,
];

const lacksModule: Look = ({ output }, context) => {
  for (const sign of MISSING) {
    const found = sign.exec(output);
    const missing = found?.[1];
    if (found === null || missing === undefined) continue;
    const asker = found[2];
    const isFile = /^[./]|^file:/.test(missing);
    // A file of the change that cannot find its own neighbour is what the change breaks.
    if (isFile && asker !== undefined && isChanged(asker, context)) return null;
    if (isWanted(missing, context)) return null;
    return `it needs ${missing.replace(`${context.scratch}/`, "").slice(-80)}, which is not there and which the order does not ask for`;
  }
  return null;
};

const SYNTAX =
  /\b(?:SyntaxError|IndentationError|TabError)\b|\bSyntax error\b|syntax error near|error TS1\d{3}\b|Transform failed with|Unterminated (?:string|template|regular)|unexpected EOF|\bParseError\b|unexpected end of file/;

const cannotBeRead: Look = ({ output }, context) => {
  const at = output.search(SYNTAX);
  if (at < 0) return null;
  // Text that a program parses while it runs: its frames say so, and the file of the test was read without trouble.
  if (/\bat JSON\.parse|JSONDecodeError|ast\.literal_eval/.test(output)) return null;
  const place = lastPathBefore(output, at, context) ?? firstPathAfter(output, at, context);
  return place === "changed" ? null : "it cannot be read: its syntax is wrong";
};

const misusesNames: Look = ({ output }, context) => {
  const api =
    /TypeError: (?:\w*assert|expect|test|t|it|describe|vi|jest|chai)\b[\w.()[\]'" ]{0,60} is not a function|Invalid Chai property: \S+|fixture '\w+' not found/.exec(
      output,
    );
  if (api !== null) return `it uses its test library wrongly: ${api[0].slice(0, 100)}`;
  const called =
    /TypeError: (?:[\w$]+\.)*([\w$]+) is not a (?:function|constructor)|AttributeError: (?:module|type object) '[\w.]+' has no attribute '(\w+)'/.exec(
      output,
    );
  const unknown = called?.[1] ?? called?.[2];
  if (called !== null && unknown !== undefined && !isWanted(unknown, context) && isInTest(output, called, context))
    return `it calls ${unknown}, which is not there and which the order does not ask for`;
  const name = /\b(?:ReferenceError: |NameError: name '|UnboundLocalError: )(\w+)/.exec(output);
  if (name === null || !isInTest(output, name, context)) return null;
  return `it uses ${name[1] ?? "a name"}, which it does not define`;
};

/** True when an error was thrown by the test file itself: Python names the place before the error, others after it. */
function isInTest(output: string, error: RegExpExecArray, context: FaultContext): boolean {
  const before = lastPathBefore(output, error.index, context);
  const isPython = /^(?:NameError|UnboundLocalError|AttributeError)/.test(error[0]);
  return (isPython ? before : (firstPathAfter(output, error.index, context) ?? before)) === "test";
}

type Where = "test" | "changed";

/** Which of the two is named last before a place in the output. */
function lastPathBefore(output: string, at: number, context: FaultContext): Where | null {
  const line = output.indexOf("\n", at);
  return nearest(
    output.slice(0, line < 0 ? undefined : line),
    context,
    (text, path) => text.lastIndexOf(path),
    (a, b) => a > b,
  );
}

function firstPathAfter(output: string, at: number, context: FaultContext): Where | null {
  return nearest(
    output.slice(at),
    context,
    (text, path) => text.indexOf(path),
    (a, b) => a < b,
  );
}

function nearest(
  text: string,
  context: FaultContext,
  find: (text: string, path: string) => number,
  closer: (a: number, b: number) => boolean,
): Where | null {
  let best: { readonly at: number; readonly where: Where } | null = null;
  const note = (path: string, where: Where): void => {
    const at = find(text, path);
    if (at >= 0 && (best === null || closer(at, best.at))) best = { at, where };
  };
  for (const path of context.changed) if (path !== context.testPath) note(path, "changed");
  if (context.testPath !== null) note(context.testPath.replace(/^(?:\.\/)+/, ""), "test");
  return (best as { readonly where: Where } | null)?.where ?? null;
}

function isChanged(name: string, context: FaultContext): boolean {
  return context.changed.some((path) => path !== context.testPath && name.endsWith(path));
}

/** True for a path or name that the order speaks of, or that the change itself brings. */
function isWanted(missing: string, context: FaultContext): boolean {
  const plain = missing
    .replace(/^file:\/\//, "")
    .replace(context.scratch, "")
    .replace(/^[./]+/, "");
  const last = plain.split(/[/:]/).at(-1) ?? "";
  if (
    isChanged(plain, context) ||
    (last !== "" && context.changed.some((path) => path.endsWith(`/${last}`) || path === last))
  )
    return true;
  return [plain, last, last.replace(/\.\w+$/, "")].some(
    (name) => name.length > 2 && ordersName(context.envelope, name),
  );
}

function wantedPathIn(line: string, context: FaultContext): boolean {
  return line
    .split(/[\s:'"`]+/)
    .some((word) => word.includes("/") && !word.startsWith("/bin") && isWanted(word, context));
}

/** A text without terminal colours. */
export function withoutColours(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replaceAll(/\u001b\[[0-9;]*[A-Za-z]/g, "");
}
