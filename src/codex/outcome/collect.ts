import { lstat, rm } from "node:fs/promises";
import { join } from "node:path";
import { systemCode } from "../../kernel/errors.ts";
import { NO_USAGE, type AttemptOutcome, type ExitRecord, type Usage } from "../../model/outcome.ts";
import type { AttemptOrder } from "../../ports/worker.ts";
import { readJsonl } from "../../process/jsonl.ts";
import { openIfThere } from "../../process/open-if-there.ts";
import { foldActivity, type Activity } from "../session/activity.ts";
import { askedSchema, attemptFiles, type ActivityFile, type Asked } from "../attempt-files.ts";
import { sessionHome } from "../attempt-start.ts";
import type { CodexHost } from "../installed/host.ts";
import { denialsIn, judgeOutcome, type Evidence, type EvidenceCall } from "./outcome.ts";
import { lastRequest, withoutCredentials } from "../session/request-log.ts";
import { readRepeated } from "../session/repeated.ts";
import { findRollout } from "../session/rollout-find.ts";
import { readRollout, type Rollout } from "../session/rollout.ts";
import { triageAttempt } from "./attempt-triage.ts";
import { windowsReport } from "../account/windows-report.ts";
import { dropShadowHome } from "../confinement/shadow-home.ts";
import { readStateFile, writeStateFile, writeTextFile } from "../state-file.ts";

const MAX_LINE_BYTES = 8 * 1024 * 1024;
const SIDECAR_BYTES = 1024 * 1024;
const STDERR_BYTES = 64 * 1024;
/** Of a longer log the end is kept when something has to go out of it. */
const CLEANED_BYTES = 16 * 1024 * 1024;

/** Reads everything an ended attempt left behind and judges it. May be called again. */
export async function collectAttempt(host: CodexHost, order: AttemptOrder, exit: ExitRecord): Promise<AttemptOutcome> {
  const files = attemptFiles(order.dir);
  const asked = readStateFile(files.asked, askedSchema);
  const activity = await readActivity(files.events);
  const rolloutPath = await rolloutPathOf(host, { asked, activity, exit });
  const rollout = rolloutPath === null ? null : await readRollout(rolloutPath);
  const calls = rollout === null || rollout.calls.length === 0 ? callsOf(activity) : rollout.calls;
  const stderr = await readStderr(files.stderr);
  const lastMessage = await readEnd(files.lastMessage, { bytes: SIDECAR_BYTES, from: "start" });
  const evidence: Evidence = {
    order,
    exit,
    asked,
    activity,
    rollout,
    rolloutPath,
    request: lastRequest(stderr),
    calls,
    triage: await triageAttempt({ ...files, rollout: rolloutPath }, { asked, activity, lastMessage }),
    lastMessage,
    stderr,
  };
  writeStateFile(files.activity, activityFile(evidence));
  await removeResidue(order.cwd);
  await dropShadowHome(host, order.dir);
  const verdict = judgeOutcome(evidence);
  const windows = windowsReport(evidence, verdict.failure);
  const repeated = await readRepeated(exit, rolloutPath);
  return {
    ...verdict,
    usage: usageOf(activity, rollout),
    exit,
    threadId: activity.threadId,
    model: rollout?.context?.model ?? null,
    effort: rollout?.context?.effort ?? null,
    version: rollout?.version ?? asked?.version ?? null,
    toolCalls: Math.max(rollout?.toolCalls ?? 0, activity.toolCalls),
    ...(rollout === null ? {} : { workCalls: rollout.workCalls }),
    ...(repeated === null ? {} : { repeated }),
    ...(windows === null ? {} : { windows }),
  };
}

async function readActivity(path: string): Promise<Activity> {
  const fold = foldActivity();
  for await (const frame of readJsonl(path, MAX_LINE_BYTES)) fold.add(frame);
  return fold.state();
}

/** The last part of stderr. Headers in it may hold cookies: those do not stay on disk. */
async function readStderr(path: string): Promise<string> {
  const text = (await readEnd(path, { bytes: STDERR_BYTES, from: "end" })) ?? "";
  const clean = withoutCredentials(text);
  if (clean !== text) await cleanFile(path);
  return clean;
}

async function cleanFile(path: string): Promise<void> {
  const text = await readEnd(path, { bytes: CLEANED_BYTES, from: "end" });
  if (text !== null) writeTextFile(path, withoutCredentials(text));
}

async function rolloutPathOf(
  host: CodexHost,
  known: { asked: Asked | null; activity: Activity; exit: ExitRecord },
): Promise<string | null> {
  const { threadId } = known.activity;
  if (threadId === null) return null;
  const time = { from: known.exit.startedAt, to: known.exit.endedAt };
  return findRollout(sessionHome(host, known.asked), threadId, time);
}

/** The commands of the event stream, where there is no session file. It leaves out what the sandbox denied quickly. */
function callsOf(activity: Activity): EvidenceCall[] {
  return activity.commands.map((ran) => ({ commands: [ran.command], exitCode: ran.exitCode, output: ran.tail }));
}

function activityFile({ activity, rollout, calls, triage }: Evidence): ActivityFile {
  return {
    v: 1,
    calls: calls.map((call) => ({
      tool: "tool" in call && typeof call.tool === "string" ? call.tool : "command",
      commands: [...call.commands],
      exitCode: call.exitCode,
      output: call.output,
    })),
    denials: denialsIn(triage).flatMap(({ kind, command, text }) =>
      kind === "broken" ? [] : [{ kind, command: command === "" ? "apply_patch" : command, line: text }],
    ),
    fileChanges: { ...activity.fileChanges },
    todo: activity.todo.map((item) => ({ ...item })),
    messages: [...activity.messages],
    windows: rollout?.windows ?? null,
  };
}

/**
 * Tokens of the session. The session file counts every answer when it has come, the event stream says the sum at the end of a turn; what
 * one of them misses (an attempt that was cut off, reasoning in 0.124, a session file that cannot be found) the other one has.
 */
function usageOf(activity: Activity, rollout: Rollout | null): Usage {
  const said = activity.usage;
  const counted = rollout?.tokens ?? null;
  if (counted !== null && counted.input + counted.output >= (said?.input_tokens ?? 0) + (said?.output_tokens ?? 0)) {
    const { input, cached, output, reasoning } = counted;
    return { inputTokens: input, cachedInputTokens: cached, outputTokens: output, reasoningTokens: reasoning, usd: 0 };
  }
  if (said === null) return NO_USAGE;
  return {
    inputTokens: said.input_tokens,
    cachedInputTokens: said.cached_input_tokens,
    outputTokens: said.output_tokens,
    reasoningTokens: said.reasoning_output_tokens,
    usd: 0,
  };
}

/**
 * Places that the sandbox covers in every work tree. 0.124 leaves an empty, read-only file there, which would be committed;
 * what later versions leave are empty folders, which git does not see.
 */
const COVERED = [".codex", ".agents", ".aws"];

/** Removes the empty files that the sandbox left in a work tree. */
export async function removeResidue(cwd: string): Promise<void> {
  for (const path of COVERED.map((name) => join(cwd, name))) {
    try {
      const found = await lstat(path);
      if (found.isFile() && found.size === 0 && (found.mode & 0o222) === 0) await rm(path, { force: true });
    } catch (error) {
      if (systemCode(error) === undefined) throw error;
    }
  }
}

/** The first or last bytes of a file as text, null when it is not there. */
async function readEnd(path: string, part: { bytes: number; from: "start" | "end" }): Promise<string | null> {
  const file = await openIfThere(path);
  if (file === null) return null;
  try {
    const { size } = await file.stat();
    const length = Math.min(size, part.bytes);
    const buffer = Buffer.alloc(length);
    const { bytesRead } = await file.read(buffer, 0, length, part.from === "start" ? 0 : size - length);
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await file.close();
  }
}
