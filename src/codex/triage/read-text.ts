import { parseVersion, versionText } from "../installed/version.ts";
import type { NumberedLine } from "./numbered-lines.ts";
import { routerCall } from "./router-line.ts";
import { bareCommand, emptyLog, type LogCall, type SandboxLog } from "./sandbox-log.ts";

interface Running {
  readonly command: string;
  readonly line: number;
}

interface Draft {
  log: SandboxLog;
  readonly calls: LogCall[];
  /** Commands whose end has not been printed, oldest first. */
  readonly waiting: Running[];
  /** Where the next plain lines belong. */
  at: "nowhere" | "exec" | "message" | "prompt";
  call: { command: string; exitCode: number | null; line: number; output: string[] } | null;
  message: string[];
  readonly loose: NumberedLine[];
}

const STAMP = /^\[\d{4}-\d\d-\d\dT[^\]]*\] /;
const RESULT = /^(?:(.*\S) )?\s?(?:(succeeded)|exited (-?\d+)) in \d[\d.]*m?s:$/;
const FACTS: readonly (readonly [RegExp, (value: string) => Partial<SandboxLog>])[] = [
  [/^OpenAI Codex v([\d.]+)/, (value) => ({ version: versionOf(value), known: true })],
  [/^workdir: (.+)$/, (value) => ({ cwd: value.trim() })],
  [/^sandbox: (read-only|workspace-write|danger-full-access)/, (value) => ({ sandbox: sandboxOf(value) })],
  [/^sandbox: .*(network access)/, () => ({ network: true })],
];

/**
 * Reads what `codex exec` prints for people, a copy of its screen, or stderr. Text without any mark of Codex is read line
 * by line: every line may be the evidence.
 */
export function readText(lines: readonly NumberedLine[]): SandboxLog {
  const draft: Draft = {
    log: emptyLog("text"),
    calls: [],
    waiting: [],
    at: "nowhere",
    call: null,
    message: [],
    loose: [],
  };
  for (const line of lines) takeLine(draft, { ...line, text: line.text.replace(STAMP, "") });
  endCall(draft);
  for (const { command, line } of draft.waiting) draft.calls.push({ command, exitCode: null, output: "", line });
  for (const { text, number } of draft.loose)
    draft.calls.push({ command: "", exitCode: null, output: text, line: number });
  const last = draft.message.join("\n").trim();
  return { ...draft.log, calls: draft.calls, last: last === "" ? null : last };
}

function takeLine(draft: Draft, line: NumberedLine): void {
  const { text, number } = line;
  const refused = routerCall(text, number);
  if (refused !== null) {
    draft.calls.push(refused);
    draft.log = { ...draft.log, known: true };
    return;
  }
  if (takeMark(draft, line) || takeResult(draft, line)) return;
  if (draft.at === "exec") {
    draft.waiting.push({ command: bareCommand(text.replace(/ in \/\S*$/, "")), line: number });
    draft.at = "nowhere";
  } else if (draft.at === "message") draft.message.push(text);
  else if (draft.call !== null) draft.call.output.push(text.replace(/^ {4}|^ {2}└ /, ""));
  else if (draft.at === "nowhere") takeFact(draft, line);
}

/** Lines that say what follows. An `ERROR:` right below other output is a line of that program, not the end of the turn. */
function takeMark(draft: Draft, { text, number }: NumberedLine): boolean {
  const one = /^exec (.+) in \/\S*$/.exec(text)?.[1];
  const shown = /^\$ (.*?) {2}\[(?:exit (-?\d+)|\w+)\]$/.exec(text) ?? /^[•●✗✔] (?:Ran|Running) (.+)$/.exec(text);
  const marks: Readonly<Record<string, Draft["at"]>> = { exec: "exec", codex: "message", user: "prompt" };
  const next = Object.hasOwn(marks, text) ? marks[text] : undefined;
  if (next !== undefined || text.startsWith("tokens used")) {
    endCall(draft);
    if (next === "message") draft.message = [];
    if (next === undefined) draft.log = { ...draft.log, end: draft.log.end === "failed" ? "failed" : "completed" };
    draft.at = next ?? "nowhere";
  } else if (one !== undefined) {
    endCall(draft);
    draft.waiting.push({ command: bareCommand(one), line: number });
  } else if (shown?.[1] !== undefined) {
    endCall(draft);
    const exitCode = shown[2] === undefined ? null : Number(shown[2]);
    draft.call = { command: bareCommand(shown[1]), exitCode, line: number, output: [""] };
  } else if (text.startsWith("ERROR: ") && isAfterOutput(draft)) {
    endCall(draft);
    draft.log = { ...draft.log, end: "failed", failure: text.slice("ERROR: ".length) };
  } else return false;
  draft.log = { ...draft.log, known: true };
  return true;
}

function isAfterOutput({ call }: Draft): boolean {
  return call === null || (call.output.length > 1 && call.output.at(-1) === "");
}

function takeResult(draft: Draft, { text, number }: NumberedLine): boolean {
  const found = RESULT.exec(text);
  if (found === null) return false;
  endCall(draft);
  const named = found[1] === undefined ? undefined : bareCommand(found[1]);
  const index = Math.max(
    0,
    draft.waiting.findIndex((one) => one.command === named),
  );
  const [started] = draft.waiting.splice(index, 1);
  const exitCode = found[2] === undefined ? Number(found[3]) : 0;
  draft.call = { command: named ?? started?.command ?? "", exitCode, line: number, output: [""] };
  return true;
}

function takeFact(draft: Draft, line: NumberedLine): void {
  let taken = false;
  for (const [pattern, fact] of FACTS) {
    const value = pattern.exec(line.text)?.[1];
    if (value === undefined) continue;
    draft.log = { ...draft.log, ...fact(value) };
    taken = true;
  }
  if (!taken && line.text.trim() !== "" && !line.text.startsWith("warning: ")) draft.loose.push(line);
}

/** Output begins one line below the head of its call. */
function endCall(draft: Draft): void {
  if (draft.call !== null) draft.calls.push({ ...draft.call, output: draft.call.output.join("\n") });
  draft.call = null;
  draft.at = "nowhere";
}

function versionOf(text: string): string | null {
  const version = parseVersion(text);
  return version === null ? null : versionText(version);
}

function sandboxOf(text: string): SandboxLog["sandbox"] {
  return text === "read-only" || text === "workspace-write" || text === "danger-full-access" ? text : null;
}
