import { denialOf, type Denial } from "./denial.ts";
import type { DenialKind } from "./denial-table.ts";
import { fixFor, type Fix } from "./fixes.ts";
import type { LogCall, SandboxLog } from "./sandbox-log.ts";

/** Something that was denied and did not matter. */
export interface TriageNote {
  readonly denial: Denial;
  readonly why: string;
}

/** What a log says about the sandbox. `cause` null: whatever went wrong, it was not the sandbox; `why` says it in words. */
export interface TriageVerdict {
  readonly cause: Denial | null;
  readonly fix: Fix | null;
  readonly why: string;
  readonly notes: readonly TriageNote[];
}

const MAX_NOTES = 30;

/** Names the sandbox failure of a log. Pure; the words of the worker decide which of several denials mattered. */
export function judgeSandbox(log: SandboxLog): TriageVerdict {
  const denials = log.calls.flatMap((call, index) => denialOf(call, index, log) ?? []);
  const broken = brokenCause(log, denials);
  const chosen =
    broken === null ? causeAmong(log, denials) : { cause: broken, why: "the sandbox could not be started" };
  const { cause, why } = chosen;
  const notes = denials
    .filter((denial) => denial !== cause && !(cause?.kind === "broken" && denial.kind === "broken"))
    .slice(-MAX_NOTES)
    .map((denial) => ({ denial, why: noteReason(log, denial, cause) }));
  return { cause, fix: cause === null ? null : fixFor(cause, log), why, notes };
}

/** The sandbox is broken when nothing ran after its helper had failed: one that works again was only disturbed. */
function brokenCause(log: SandboxLog, denials: readonly Denial[]): Denial | null {
  const failed = denials.filter((denial) => denial.kind === "broken");
  const last = failed.at(-1);
  if (last === undefined) return null;
  const rest = log.calls.filter((call, index) => !failed.some((one) => one.index === index) && call.command !== "");
  const ranAfter = log.calls.some((call, index) => index > last.index && rest.includes(call) && call.exitCode !== null);
  const ranBefore = rest.some((call) => call.exitCode === 0);
  return ranAfter || (ranBefore && succeeded(log)) ? null : (failed[0] ?? null);
}

interface Choice {
  readonly cause: Denial | null;
  readonly why: string;
}

function causeAmong(log: SandboxLog, all: readonly Denial[]): Choice {
  const denials = all.filter((denial) => denial.kind !== "broken");
  if (denials.length === 0) return { cause: null, why: nothingFound(log) };
  if (log.end === "failed") return { cause: null, why: `the turn failed for another reason: ${log.failure ?? ""}` };
  if (succeeded(log)) return { cause: null, why: "what was denied did not matter: the worker completed its task" };
  const open = denials.filter((denial) => !isRecovered(log, denial) || isSubjectNamed(denial, log.last ?? ""));
  if (open.length === 0) return { cause: null, why: "what was denied worked later" };
  if (log.end === "none" && log.form !== "text" && log.last === null) return lastOf(log, open);
  const named = log.last === null ? undefined : open.find((denial) => isNamed(denial, log.last ?? ""));
  if (named !== undefined) return { cause: named, why: "the worker gave up on it" };
  if (log.end === "completed" && !PROTOCOL.test(log.last ?? "")) {
    return { cause: null, why: "the worker's last words do not speak of it" };
  }
  const other = otherFailure(log, open);
  if (other !== null) {
    return { cause: null, why: `the worker failed at something else: ${other.command}` };
  }
  const cause = log.last === null ? open[0] : open.at(-1);
  return { cause: cause ?? null, why: "nothing else failed" };
}

/** A log that breaks off: the denial is the cause only when it was the last thing that happened. */
function lastOf(log: SandboxLog, open: readonly Denial[]): Choice {
  const last = open.at(-1);
  const isLast = last !== undefined && last.index === log.calls.length - 1;
  return isLast
    ? { cause: last, why: "it is the last thing in the log" }
    : { cause: null, why: "the work went on after it" };
}

function nothingFound(log: SandboxLog): string {
  if (!log.known) return "nothing here looks like a sandbox failure, nor like a log of Codex";
  if (log.failure !== null) return `nothing here looks like a sandbox failure; the turn failed: ${log.failure}`;
  return "nothing here looks like a sandbox failure";
}

/** The first words of a worker of cco. */
const PROTOCOL = /^\s*(COMPLETED|FAILED|BLOCKED):/;

const INABILITY =
  /\b(?:could(?: not|n['’]t)|unable|can(?:not|['’]t)|failed|blocked|denied|not (?:able|possible|permitted|allowed)|did(?: not|n['’]t)|won['’]t|FAILED|BLOCKED)\b/i;

/** True when the worker says that it is done: by the report protocol, else by saying nothing to the contrary. */
function succeeded(log: SandboxLog): boolean {
  if (log.end === "failed" || log.last === null) return false;
  const status = PROTOCOL.exec(log.last)?.[1];
  if (status !== undefined) return status === "COMPLETED";
  return log.end === "completed" && !INABILITY.test(log.last);
}

const WORDS: Readonly<Record<Exclude<DenialKind, "broken">, RegExp>> = {
  network:
    /\b(?:network|internet|offline|dns|resolve|registry|download|connect|unreachable|reach|sockets?|proxy|listen|localhost|loopback)\w*|EAI_AGAIN|ENOTFOUND|EPERM/i,
  path: /read-?only|permission|permitted|outside|sandbox|writable|\bEROFS\b|\bEACCES\b|denied|(?:cannot|could not|can['’]t|unable to) (?:write|create|touch|save|store|commit)/i,
  policy: /reject|polic|approv|forbid|blocked by|refus|permitted|allowed|escalat|hook/i,
};

/** True when the worker's last words speak of this denial: of its kind, its file or host, or its program. */
function isNamed(denial: Denial, words: string): boolean {
  if (denial.kind === "broken") return false;
  return WORDS[denial.kind].test(words) || isSubjectNamed(denial, words);
}

function isSubjectNamed(denial: Denial, words: string): boolean {
  const subject = denial.subject?.split("/").findLast((part) => part.length > 3);
  return subject !== undefined && words.includes(subject);
}

/** Later the same program went well, or for an edit the next edit did. */
function isRecovered(log: SandboxLog, denial: Denial): boolean {
  const head = headOf(denial.command);
  return log.calls.some((call, index) => index > denial.index && call.exitCode === 0 && headOf(call.command) === head);
}

const MISSING =
  /Cannot find (?:module|package)|ERR_MODULE_NOT_FOUND|ModuleNotFoundError|No module named|command not found|unresolved import|not installed|can't find crate/;

/** A failure that no sandbox explains, after which a vague report says nothing about the sandbox. */
function otherFailure(log: SandboxLog, denials: readonly Denial[]): LogCall | null {
  const denied = new Set(denials.map((denial) => denial.index));
  const found = log.calls.findLast(
    (call, index) =>
      !denied.has(index) &&
      call.command !== "" &&
      call.exitCode !== null &&
      call.exitCode !== 0 &&
      !/^(?:grep|rg|test|\[|diff|ls|which|git diff)\b/.test(call.command) &&
      !MISSING.test(call.output) &&
      !log.calls.some(
        (later, at) => at > index && later.exitCode === 0 && headOf(later.command) === headOf(call.command),
      ),
  );
  return found ?? null;
}

const INTERPRETERS = /^(?:node|python3?|ruby|perl|bash|sh|deno|bun)$/;
const HAS_SUBCOMMANDS = /^(?:git|npm|pnpm|yarn|bun|pip3?|cargo|go|docker|apt|apt-get|brew|gem|poetry|uv|make)$/;

/** The program that a command is about, with its subcommand where it has some; of an interpreter the whole line. */
function headOf(command: string): string {
  const plain = command
    .replace(/^(?:cd \S+ *(?:&&|;) *)+/, "")
    .replace(/^(?:sleep [\d.]+; *)+/, "")
    .replace(/^(?:\w+=\S* +)+/, "");
  const [program = "", sub = ""] = plain.trim().split(/\s+/);
  if (INTERPRETERS.test(program)) return plain;
  return HAS_SUBCOMMANDS.test(program) ? `${program} ${sub}` : program;
}

function noteReason(log: SandboxLog, denial: Denial, cause: Denial | null): string {
  if (isRecovered(log, denial)) return "worked later";
  if (succeeded(log)) return "the worker completed its task";
  return cause === null ? "not the cause of the failure" : "denied too";
}
