import { firstLine } from "../kernel/text.ts";
import { commandOutput } from "./tool-call.ts";

/** A call as the model made it, with what it saw. */
export interface EvidenceCall {
  readonly commands: readonly string[];
  readonly exitCode: number | null;
  readonly output: string;
}

/** A command or edit that the confinement did not let through. */
export interface Denial {
  readonly kind: "path" | "network" | "policy";
  readonly command: string;
  /** The line that proves it. */
  readonly line: string;
}

/** What the helper program of the sandbox says when it cannot build one; the command itself has not run then. */
const BROKEN =
  /^(?:bwrap: |error building bubblewrap command|.*\bcodex-linux-sandbox\b.*(?:failed|panicked)|thread '[^']*' \(?\d*\)? ?panicked at linux-sandbox)/m;

const DENIALS: readonly (readonly [Denial["kind"], RegExp])[] = [
  ["path", /patch rejected: writing (?:outside of the project|is blocked)/],
  ["policy", /Rejected\(|` rejected: |approval policy is Never; reject command/],
  ["policy", /Command blocked by PreToolUse hook|requires approval, but approval policy/],
  ["network", /Could not resolve host|Temporary failure in name resolution|EAI_AGAIN|Network is unreachable/],
  ["network", /Network access to ".*" was blocked|Couldn't connect to server|(?:connect|listen) EPERM/],
  ["network", /Could not find a version that satisfies the requirement/],
  ["path", /Read-only file system|Permission denied|Device or resource busy/],
  ["network", /Operation not permitted/],
];

/**
 * `broken` when commands were run and each of them ended with words of the sandbox helper: nothing the worker ran really
 * ran, whatever it says. `unused`: no command at all.
 */
export function sandboxState(calls: readonly EvidenceCall[]): "works" | "broken" | "unused" {
  const ran = calls.filter((call) => call.commands.length > 0 && call.output !== "");
  if (ran.length === 0) return "unused";
  return ran.every((call) => call.exitCode !== 0 && isBrokenSandbox(commandOutput(call.output))) ? "broken" : "works";
}

/** True for output that the sandbox helper wrote instead of the command. */
function isBrokenSandbox(output: string): boolean {
  return BROKEN.test(output.slice(0, 2000));
}

/** Denied commands and edits with their evidence, in order, at most `limit`. */
export function denials(calls: readonly EvidenceCall[], limit: number): Denial[] {
  const found: Denial[] = [];
  for (const call of calls) {
    if (found.length >= limit) break;
    const denial = call.exitCode === 0 ? null : denialOf(call);
    if (denial !== null) found.push(denial);
  }
  return found;
}

function denialOf(call: EvidenceCall): Denial | null {
  const output = commandOutput(call.output);
  for (const [kind, pattern] of DENIALS) {
    const line = output.split("\n").find((each) => pattern.test(each));
    if (line !== undefined)
      return { kind, command: firstLine(call.commands.join("; ") || "apply_patch"), line: firstLine(line) };
  }
  return null;
}
