import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemCode } from "../kernel/errors.ts";
import type { Project } from "./project.ts";
import { readText } from "./board/read-text.ts";

/** Longest id that is kept; those of Claude Code have 36 characters. */
const LONGEST = 200;

/**
 * The Claude Code session that asks, by the id that Claude Code puts into the environment of its shell, its MCP servers and its hooks;
 * undefined outside of one. A server outlives a session that is cleared: then the note of `noteSession` is newer than its environment.
 */
export function claudeSession(project?: Project): string | undefined {
  const noted = project === undefined ? null : readText(noteFile(project, process.ppid));
  const session = (noted ?? process.env["CLAUDE_CODE_SESSION_ID"] ?? "").trim().slice(0, LONGEST);
  return session === "" ? undefined : session;
}

/**
 * A session has begun in the process `pid` of Claude Code. Its first one is in the environment of all that it starts; a later one is noted in
 * `.cco/sessions/<pid>`. Throws system errors.
 */
export function noteSession(
  project: Project,
  pid: number,
  session: { readonly id: string; readonly first: boolean },
): void {
  if (!Number.isSafeInteger(pid) || pid <= 1) return;
  if (session.first) return rmSync(noteFile(project, pid), { force: true });
  const folder = join(project.board, "sessions");
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) if (isGone(Number(name))) rmSync(join(folder, name), { force: true });
  writeFileSync(noteFile(project, pid), session.id.slice(0, LONGEST));
}

function noteFile({ board }: Project, pid: number): string {
  return join(board, "sessions", String(pid));
}

function isGone(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 1) return true;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return systemCode(error) === "ESRCH";
  }
}
