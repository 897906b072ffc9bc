import { unsafeCodex } from "./codex-flags.ts";
import { asShell } from "./shell/power-shell.ts";
import { callsOf, callsOfWords } from "./shell/calls.ts";
import { makeScope } from "./shell/scope.ts";
import type { HookInput } from "./hook-input.ts";

/** Longest command that is read, in characters; a longer one is data. */
const COMMAND_LIMIT = 256 * 1024;

/** Some word of an unsafe start, or what may hide one; most commands have none and cost nothing here. */
const SUSPECT = /c\W*o\W*d\W*e\W*x|yolo|full-auto|danger|base64/i;

/** The answer to a tool that is about to run a shell command: a refusal with the right way, or nothing. */
export function beforeTool(input: HookInput): string | null {
  const command = input.toolInput["command"];
  const calls = Array.isArray(command) ? callsOfList(command) : callsOfText(command, input.toolName);
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

function callsOfText(command: unknown, tool: string): (readonly string[])[] {
  if (typeof command !== "string" || command.length > COMMAND_LIMIT || !SUSPECT.test(command)) return [];
  return callsOf(tool === "PowerShell" ? asShell(command) : command, makeScope());
}

function callsOfList(command: readonly unknown[]): (readonly string[])[] {
  return callsOfWords(command.map(String), { scope: makeScope(), input: [], depth: 0 });
}

function reasonText(reasons: readonly string[]): string {
  return [
    `cco: a raw codex call like this is not safe: ${reasons.slice(0, 4).join("; ")}.`,
    "Write an envelope (cco new envelope ID > ID.md, then edit it) and call the MCP tool dispatch of cco with its path,",
    "or run: cco dispatch ID.md. That gives sandbox, approval never, a sidecar, verification and review.",
    "For a look only: codex exec -s read-only -o last.md - < prompt.md",
  ].join(" ");
}
