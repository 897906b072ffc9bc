import { parse } from "node:path";
import { CcoError } from "../kernel/errors.ts";
import { fail, succeed, type Result } from "../kernel/result.ts";
import { firstLine } from "../kernel/text.ts";
import { runBounded, type BoundedResult } from "../process/run.ts";
import { REQUIRED_OPTIONS } from "./argv.ts";

const PROBE_MS = 20_000;
const UPDATE = "npm install -g @anthropic-ai/claude-code@latest, then cco doctor";

/**
 * The version of a Claude Code, when it can be confined to reading. 2.1.197 has neither `--restricted` nor
 * `--permission-prompts` and is refused: without them a reviewed repository can take over the session.
 */
export async function probeClaude(path: string, env: Record<string, string>): Promise<Result<string, CcoError>> {
  const said = await ask(path, "--version", env);
  const version = /\d+\.\d+\.\d+[\w.-]*/.exec(said.stdout)?.[0];
  if (said.reason !== "completed" || said.code !== 0 || version === undefined) {
    const complaint = firstLine(said.stderr) || firstLine(said.stdout) || said.detail || said.reason;
    const why = `${path} --version does not answer with a version: ${complaint}`;
    return fail(new CcoError("REVIEW_UNAVAILABLE", "Claude Code, the reviewer, does not start", { why, hint: UPDATE }));
  }
  const missing = missingOptions((await ask(path, "--help", env)).stdout);
  if (missing.length === 0) return succeed(version);
  const why = `Claude Code ${version} does not know ${missing.join(", ")}; without them it could do more than read.`;
  const message = `Claude Code ${version} is too old to review`;
  return fail(new CcoError("REVIEW_UNAVAILABLE", message, { why, hint: UPDATE, data: { path, version, missing } }));
}

/**
 * Options that a help text does not list. A text that is not Claude Code's help says nothing; then the review itself
 * finds out, because Claude Code ends at an option that it does not know.
 */
export function missingOptions(help: string): string[] {
  if (!/--print\b/.test(help)) return [];
  const listed = new Set(help.match(/--[a-z][a-z-]*/g));
  return REQUIRED_OPTIONS.filter((option) => !listed.has(option));
}

/** Runs outside of any project, so that nothing there is looked at. */
function ask(path: string, option: string, env: Record<string, string>): Promise<BoundedResult> {
  const bounds = { timeoutMs: PROBE_MS, killGraceMs: 1000, outputBytes: 200_000, log: null };
  return runBounded(
    { argv: [path, option], cwd: parse(path).root, env, stdin: "", ...bounds },
    new AbortController().signal,
  );
}
