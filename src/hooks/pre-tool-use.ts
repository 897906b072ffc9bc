import { unsafeCodex } from "./codex-flags.ts";
import { callsOf, callsOfWords } from "./shell/calls.ts";
import type { HookInput } from "./hook-input.ts";

/** Longest command that is read, in characters; a longer one is data. */
const COMMAND_LIMIT = 256 * 1024;

/** The answer to a tool that is about to run a shell command: a refusal with the right way, or nothing. */
export function beforeTool(input: HookInput): string | null {
  const command = input.toolInput["command"];
  const calls = Array.isArray(command) ? callsOfList(command) : callsOfText(command);
  const reasons = [...new Set(calls.flatMap(unsafeCodex))];
  if (reasons.length === 0) return null;
  return JSON.stringify({
    hookSpecificOutput: {
      hookEventName: "PreToolUse",
      permissionDecision: "deny",
      permissionDecisionReason: reasonText(reasons),
    },
  });
}

function callsOfText(command: unknown): (readonly string[])[] {
  // Most commands never name it: they cost nothing here.
  if (typeof command !== "string" || command.length > COMMAND_LIMIT || !/c\W*o\W*d\W*e\W*x/i.test(command)) return [];
  return callsOf(command);
}

function callsOfList(command: readonly unknown[]): (readonly string[])[] {
  return callsOfWords(command.map(String), [], 0);
}

function reasonText(reasons: readonly string[]): string {
  return [
    `cco: a raw codex call like this is not safe: ${reasons.slice(0, 4).join("; ")}.`,
    "Write an envelope (cco new envelope ID > ID.md, then edit it) and call the MCP tool dispatch of cco with its path,",
    "or run: cco dispatch ID.md. That gives sandbox, approval never, a sidecar, verification and review.",
    "For a look only: codex exec -s read-only -o last.md - < prompt.md",
  ].join(" ");
}
