import { firstLine } from "../../kernel/text.ts";
import { DENIAL_ROWS, type DenialKind, type DenialRow, FETCHING_TOOLS, SILENT_ROWS } from "./denial-table.ts";
import type { LogCall, SandboxLog } from "./sandbox-log.ts";

/** A command or edit that the sandbox did not let through, with the line that proves it. */
export interface Denial {
  readonly kind: DenialKind;
  /** The command; empty for an edit. */
  readonly command: string;
  readonly text: string;
  /** Line in the log. */
  readonly line: number;
  /** The file or host that was denied, where the line names one. */
  readonly subject: string | null;
  /** Place of the call in the log. */
  readonly index: number;
}

/** What is known of the confinement, and whether a line of output is a line of the log. */
export type Confines = Pick<SandboxLog, "form" | "cwd" | "sandbox" | "network">;

/** Programs that print what is in files: a line of theirs counts only when it is their own complaint. */
const READERS =
  /^(?:cat|grep|egrep|rg|ag|sed -n|head|tail|less|more|awk|jq|echo|printf|ls|git (?:show|log|diff|grep|blame)|nl|bat)\b/;

/** Lines that quote: test reports, assertions, diffs, sources with their place. */
const QUOTED =
  /^\s*(?:(?:not )?ok \d|[✓✔✖✗×●]|#|PASS\b|FAIL\b|\+|-\s|expected|actual|AssertionError|assert|[\w./-]+\.\w+:\d+:|.*\b(?:toThrow|toMatch|toEqual|strictEqual|assert_?eq|should)\b)/i;

/** Programs whose privileges the kernel denies to everybody; neither a file nor the network is at stake. */
const PRIVILEGED =
  /\b(?:chown|chgrp|mount|umount|unshare|setcap|sysctl|kill|pkill|renice|nice|ptrace|strace|gdb|su|sudo|chroot)\b/;

/** The denial that a call shows; null when it went well or failed for another reason. */
export function denialOf(call: LogCall, index: number, confines: Confines): Denial | null {
  const masked = call.exitCode === 0;
  if (masked && !isMasked(call.command)) return null;
  const silent = SILENT_ROWS.find(
    (row) => call.output.trim() === "" && row.exit === call.exitCode && row.command.test(call.command),
  );
  if (silent !== undefined && confines.network !== true && confines.sandbox !== "danger-full-access") {
    const text = `exit code ${silent.exit} of ${firstLine(call.command, 120)} and not a word: ${silent.means}`;
    return { kind: silent.kind, command: firstLine(call.command, 300), text, line: call.line, subject: null, index };
  }
  const lines = call.output.split("\n");
  for (const row of DENIAL_ROWS) {
    if (!isPossible(row, call, confines) || (masked && row.kind !== "network")) continue;
    const matching = [...lines.entries()].filter(([, line]) => row.line.test(line) && fits(row, line, call, confines));
    // Of several lines the one that names the file or host says most.
    const [at, text] = matching.find(([, line]) => subjectOf(line) !== null) ?? matching[0] ?? [0, undefined];
    if (text === undefined) continue;
    const subject = row.kind === "path" || row.kind === "network" ? subjectOf(text) : null;
    const kind = row.kind === "network" && isFileLine(text) ? "path" : row.kind;
    return {
      kind,
      command: firstLine(call.command, 300),
      text: firstLine(text, 400),
      line: call.line + (confines.form === "text" ? at : 0),
      subject,
      index,
    };
  }
  return null;
}

/** `npm ci | tail` ends with the exit code of `tail`: of tools that fetch, the words count all the same. */
function isMasked(command: string): boolean {
  return /[|;]/.test(command) && FETCHING_TOOLS.test(command);
}

/** A session with full access has no sandbox, and an open network denies nothing that merely looks like it. */
function isPossible(row: DenialRow, call: LogCall, { sandbox, network }: Confines): boolean {
  if (sandbox === "danger-full-access" && row.kind !== "policy") return false;
  if (network === true && row.kind === "network" && !row.sure) return false;
  return row.command?.test(call.command) ?? true;
}

function fits(row: DenialRow, line: string, call: LogCall, confines: Confines): boolean {
  if (row.kind === "broken") return call.output.trimStart().startsWith(line.trim()) || !READERS.test(call.command);
  if (row.sure && !READERS.test(call.command)) return !QUOTED.test(line);
  if (QUOTED.test(line)) return false;
  if (READERS.test(call.command) && !isOwnComplaint(line, call.command)) return false;
  if (row.kind === "path") return /permission denied|EACCES/i.test(line) ? isDeniedFile(line, call, confines) : true;
  return /operation not permitted|EPERM/i.test(line) && !row.sure ? !PRIVILEGED.test(call.command) : true;
}

/** `cat: x: …`, `/bin/bash: line 1: x: …`: the program or its shell speaks, not the file it prints. */
function isOwnComplaint(line: string, command: string): boolean {
  const program = /^\S+/.exec(command)?.[0] ?? "";
  return line.startsWith(`${program}: `) || /^(?:\/\S*\/)?(?:ba|z|da)?sh: /.test(line);
}

/** Ordinary file modes deny too. The sandbox is to blame for a write outside of the work tree, or for a secret that is hidden. */
function isDeniedFile(line: string, call: LogCall, { cwd }: Confines): boolean {
  const path = subjectOf(line);
  if (path === null || call.exitCode === 126) return false;
  if (isSecret(path)) return true;
  const outside = (path.startsWith("/") || path.startsWith("~") || path.startsWith("..")) && !isInside(path, cwd);
  return outside && !/^(?:cat|head|tail|less|grep|ls|find|stat|du|python3?|node|rg): /.test(line);
}

function isInside(path: string, cwd: string | null): boolean {
  return path.startsWith("/tmp/") || path.startsWith("/dev/") || (cwd !== null && `${path}/`.startsWith(`${cwd}/`));
}

/** True for files that the sandbox hides from a worker. */
export function isSecret(path: string): boolean {
  return /(?:^|\/)(?:\.env|[^/]*\.env|\.ssh|\.aws|\.gnupg|\.codex|\.claude|\.netrc|\.npmrc|auth\.json)(?:\/|$)/.test(
    path,
  );
}

function isFileLine(line: string): boolean {
  if (/EAI_AGAIN|resolve|lookup|listen|connect|socket|https?:/i.test(line)) return false;
  return (
    /operation not permitted|EPERM/i.test(line) &&
    /(?:^|[\s'"‘:])(?:\/|~\/|\.\.?\/)[\w.-]/.test(line.replace(/^\S*sh: (?:line \d+: )?/, ""))
  );
}

const SUBJECTS: readonly RegExp[] = [
  /Network access to "([^"]+)"/,
  /host(?:name)?(?: address)?:? [‘'"]?([\w.-]+\.\w+)/i,
  /(?:EAI_AGAIN|ENOTFOUND) ([\w.-]+)/,
  /(?:EPERM:? operation not permitted|EACCES:? permission denied) ([\w.-]+(?::\d+)?)$/,
  /(?:listen|connect|bind) E\w+:? (?:operation not permitted |permission denied )?([\w.:[\]-]+)/,
  /Failed to connect to (\S+ port \d+)/,
  /lookup ([\w.-]+)/,
  /requirement ([\w.-]+)/,
  /(?:cannot \w+|directory|template|file|remove|create|open|to|stat) [‘'"`]([^’'"`]+)[’'"`]/i,
  /, \w+ '([^']+)'/,
  /\]:? .*: '([^']+)'/,
  /'([^']*\/[^']*)'/,
  /(?:line \d+: |^\w[\w.-]*: )((?:\.{0,2}|~)\/?[^\s:]+): /,
  /\b(?:denied|permitted): (\/\S+)$/,
  /temporary file (\S+):/,
];

/** The file or host that a line names. */
function subjectOf(line: string): string | null {
  for (const pattern of SUBJECTS) {
    const found = pattern.exec(line)?.[1];
    if (found !== undefined) return found;
  }
  return null;
}
