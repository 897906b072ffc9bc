/**
 * The Claude Code session in which this process was started, by the id that Claude Code puts into the environment of its shell, its
 * MCP servers and its hooks; undefined outside of one.
 */
export function claudeSession(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const session = env["CLAUDE_CODE_SESSION_ID"]?.trim().slice(0, LONGEST) ?? "";
  return session === "" ? undefined : session;
}

/** Longest id that is kept; those of Claude Code have 36 characters. */
const LONGEST = 200;
