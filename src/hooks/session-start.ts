import "../model/interpreted-schemas.ts";
import { isQuiet, readOpenWork } from "../app/board/open-work.ts";
import type { Project } from "../app/project.ts";
import { recoverWork } from "../app/engine/recover.ts";
import { noteSession } from "../app/session.ts";
import { unreadTasks } from "../app/board/unread.ts";
import { headWithin } from "../kernel/tokens.ts";
import type { HookInput } from "./hook-input.ts";
import { endedLines, nextCalls, openLines, QUOTED } from "./open-lines.ts";

/** A session pays for these at every start, resume and compaction. */
const LIMIT_TOKENS = 300;

/** What a session that begins has to know: where the work of this project stands. Null when there is none. Work that a dead engine left goes on. */
export function atSessionStart(project: Project, input: HookInput): string | null {
  const id = input.session;
  if (id !== "") noteSession(project, Number(process.env["CLAUDE_PID"]), { id, first: input.source === "startup" });
  recoverWork(project);
  // What went wrong comes first: it needs somebody.
  const ended = unreadTasks(project).toSorted(
    (a, b) => Number(a.status === "accepted") - Number(b.status === "accepted"),
  );
  const quiet = isQuiet(project);
  if (quiet && ended.length === 0) return null;
  const work = readOpenWork(project);
  if (work.count === 0 && work.cardCount === 0 && ended.length === 0) return null;
  const open = `${work.count} task(s) of this project are open; the work goes on without any session.`;
  const head = `cco: ${work.count > 0 ? open : "tasks of this project ended while no session looked."}`;
  const lines = [...endedLines(ended), ...openLines(work, input.session)];
  const text = headWithin([head, ...lines].join("\n"), LIMIT_TOKENS - 75);
  const additionalContext = `${text}\n${withCaution(text)}${nextCalls(work, ended)}`;
  return JSON.stringify({ hookSpecificOutput: { hookEventName: "SessionStart", additionalContext } });
}

/** What a summary of the session must not lose; Claude Code adds it to its orders for the summary. Null when there is nothing. */
export function beforeCompaction(project: Project, input: HookInput): string | null {
  if (isQuiet(project)) return null;
  const work = readOpenWork(project);
  if (work.count === 0 && work.cardCount === 0) return null;
  const head = `Keep in the summary: cco has ${work.count} task(s) under way, recorded in ${project.board} (nothing is lost by compaction):`;
  const text = headWithin([head, ...openLines(work, input.session)].join("\n"), LIMIT_TOKENS - 75);
  return `${text}\n${withCaution(text)}${nextCalls(work, [])}`;
}

function withCaution(text: string): string {
  return text.includes('"') ? `${QUOTED} ` : "";
}
