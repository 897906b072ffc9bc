import type { Buffer } from "node:buffer";
import { parseJson } from "../../kernel/json.ts";
import type { Heard } from "../../ports/worker.ts";
import { followLines, type LineFollower } from "../../process/follow-lines.ts";
import { askedSchema, attemptFiles, type Asked } from "../attempt-files.ts";
import { sessionHome } from "../attempt-start.ts";
import { parseEvent } from "../session/events.ts";
import type { CodexHost } from "../installed/host.ts";
import { findRollout } from "../session/rollout-find.ts";
import { readRollout, readTokenCount, type Rollout } from "../session/rollout.ts";
import { readStateFile } from "../state-file.ts";
import { reportAt } from "./windows-report.ts";

/** Longest line that is looked at: a count of tokens with all windows of an account is far shorter; longer lines are outputs. */
const LINE_BYTES = 64 * 1024;

/** Attempts that are remembered between two looks. */
const MOST_FOLLOWED = 64;

/** Time between two searches for a session file, in ms: it is there with the first answer of the model, or never. */
const SEARCH_MS = 2000;

const DAY_MS = 24 * 3_600_000;

interface Follow {
  readonly asked: Asked | null;
  readonly events: LineFollower;
  readonly record: LineFollower;
  threadId: string | null;
  path: string | null;
  searchedMs: number;
  heard: Heard;
}

/**
 * Follows what workers hear of their account, through the `token_count` lines of their session files. A look costs nothing while nothing
 * has come. 0.124 writes the count when the tool call that an answer asked for has ended, later versions with the answer.
 */
export function followAccounts(host: CodexHost): (dir: string) => Promise<Heard | null> {
  const followed = new Map<string, Follow>();
  return async (dir) => {
    const follow = followed.get(dir) ?? begin(dir);
    followed.delete(dir);
    followed.set(dir, follow);
    for (const oldest of followed.keys()) if (followed.size > MOST_FOLLOWED) followed.delete(oldest);
    follow.path ??= await search(host, dir, follow);
    if (follow.path === null) return null;
    await follow.record.read(follow.path, (line) => takeCount(follow, line));
    return follow.heard;
  };
}

/** The session file of an attempt as it is now, read once; null while there is none. */
export async function sessionRecord(host: CodexHost, dir: string): Promise<Rollout | null> {
  const path = await search(host, dir, begin(dir));
  return path === null ? null : readRollout(path);
}

function begin(dir: string): Follow {
  const asked = readStateFile(attemptFiles(dir).asked, askedSchema);
  return {
    asked,
    events: followLines(LINE_BYTES),
    record: followLines(LINE_BYTES),
    threadId: null,
    path: null,
    searchedMs: -Infinity,
    heard: { account: asked?.account ?? null, tokens: 0, report: null },
  };
}

async function search(host: CodexHost, dir: string, follow: Follow): Promise<string | null> {
  if (follow.threadId === null)
    await follow.events.read(attemptFiles(dir).events, (line) => {
      follow.threadId ??= threadOf(line);
    });
  const { threadId, searchedMs } = follow;
  if (threadId === null || performance.now() - searchedMs < SEARCH_MS) return null;
  follow.searchedMs = performance.now();
  const now = Date.now();
  const time = { from: new Date(now - DAY_MS).toISOString(), to: new Date(now).toISOString() };
  return findRollout(sessionHome(host, follow.asked), threadId, time);
}

function threadOf(line: Buffer): string | null {
  if (!line.includes('"thread.started"')) return null;
  const event = parseEvent(parseJson(line.toString("utf8")));
  return event.type === "thread.started" ? event.thread_id : null;
}

function takeCount(follow: Follow, line: Buffer): void {
  // Cheaper than parsing every line.
  if (!line.includes('"token_count"')) return;
  const count = readTokenCount(parseJson(line.toString("utf8")));
  if (count === null) return;
  const { tokens, windows, at } = count;
  const { account, tokens: before, report } = follow.heard;
  follow.heard = {
    account,
    tokens: tokens === null ? before : Math.max(before, tokens.input - tokens.cached + tokens.output),
    report: windows === null || at === null ? report : reportAt(windows, at),
  };
}
