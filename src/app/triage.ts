import { closeSync, existsSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import * as z from "zod";
import { askedSchema, attemptFiles } from "../codex/attempt-files.ts";
import { sessionHome } from "../codex/attempt-start.ts";
import { readStateFile } from "../codex/state-file.ts";
import { findRollout } from "../codex/session/rollout-find.ts";
import { triageLog, triageOutput } from "../codex/triage/triage.ts";
import { folderNumber, isTaskId } from "../kernel/ids.ts";
import { CcoError, describeThrown } from "../kernel/errors.ts";
import { parseJson } from "../kernel/json.ts";
import type { TaskResult } from "../model/result.ts";
import type { TriageResult } from "../model/triage.ts";
import { codexHost } from "./host.ts";
import { printable } from "./board/last-report.ts";
import type { Project } from "./project.ts";
import { readTask } from "./board/read-board.ts";
import { readText } from "./board/read-text.ts";
import { redactSecrets } from "./redact.ts";

/** Most of a log that is read, in bytes: its end, where the cause is. */
const LIMIT_BYTES = 64 * 1024 * 1024;

/** Triage of a file, of a task's last attempt, or of `-` (standard input). Throws USAGE when there is nothing to read. */
export async function triage(what: string, project: Project | null): Promise<TriageResult> {
  if (what === "-") return answer(readEnd(0), "stdin");
  const file = resolve(what);
  const isFile = statSync(file, { throwIfNoEntry: false })?.isFile() === true;
  if (!isFile && project !== null && isTaskId(what)) {
    const task = readTask(project, what);
    if (task !== null) return withoutSecrets(redCheck(task) ?? (await attemptTriage(task)));
  }
  if (!existsSync(file)) {
    throw new CcoError("USAGE", `${what} is neither a file nor a task of this project`, {
      hint: "cco triage FILE, cco triage TASK, or cco triage - to read from a pipe",
    });
  }
  return answer(readFile(file), isAbsolute(what) ? file : what);
}

function answer(text: string, name: string): TriageResult {
  if (text.trim() === "") throw new CcoError("USAGE", `${name} is empty`, { hint: "give a log of codex exec" });
  return withoutSecrets(triageLog(text, name));
}

/** Commands and output lines may hold a token; what is shown does not. */
function withoutSecrets(result: TriageResult): TriageResult {
  const clean = <T extends { text: string; command: string }>(line: T): T => ({
    ...line,
    text: printable(redactSecrets(line.text)),
    command: printable(redactSecrets(line.command)),
  });
  return {
    ...result,
    why: printable(redactSecrets(result.why)),
    evidence: result.evidence === null ? null : clean(result.evidence),
    notes: result.notes.map(clean),
  };
}

const threadSchema = z.looseObject({ type: z.literal("thread.started"), thread_id: z.string() });

/** A task whose check was red: what that command printed. Null for every other task. */
function redCheck({ error, verification }: TaskResult): TriageResult | null {
  const log = error?.evidence ?? "";
  if (!/[/\\]verify[\w-]*[/\\]\d+\.log$/.test(log) || !existsSync(log)) return null;
  const red = verification.find((check) => check.exitCode !== 0 && (error?.message ?? "").includes(check.command));
  return triageOutput(readFile(log), log, red?.command ?? "");
}

/** The session file of the last attempt, which has everything; without it the event stream and what Codex said on stderr. */
async function attemptTriage(task: TaskResult): Promise<TriageResult> {
  if (task.attempts === 0) throw new CcoError("USAGE", `${task.id} has not started yet`, { hint: "cco status" });
  const dir = join(task.paths.task, "attempts", folderNumber(task.attempts));
  const files = attemptFiles(dir);
  const events = existsSync(files.events) ? readFile(files.events) : "";
  const first = threadSchema.safeParse(parseJson(events.split("\n", 1)[0] ?? "")).data;
  const time = { from: task.startedAt, to: task.updatedAt };
  const home = sessionHome(codexHost(), readStateFile(files.asked, askedSchema));
  const rollout = first === undefined ? null : await findRollout(home, first.thread_id, time);
  if (rollout !== null) return triageLog(readFile(rollout), rollout);
  return triageLog(`${events}\n${readText(files.stderr) ?? ""}`, files.events);
}

function readFile(path: string): string {
  try {
    const { size } = statSync(path);
    if (size <= LIMIT_BYTES) return readFileSync(path, "utf8");
    const fd = openSync(path, "r");
    try {
      const buffer = Buffer.alloc(LIMIT_BYTES);
      const bytes = readSync(fd, buffer, 0, LIMIT_BYTES, size - LIMIT_BYTES);
      return buffer.toString("utf8", 0, bytes);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw new CcoError("USAGE", `${path} cannot be read: ${describeThrown(error)}`, { hint: "give a readable file" });
  }
}

/** Standard input to its end, its last part when it is longer than the limit. */
function readEnd(fd: number): string {
  const chunks: Buffer[] = [];
  let size = 0;
  for (;;) {
    const chunk = Buffer.alloc(64 * 1024);
    const bytes = readSync(fd, chunk);
    if (bytes === 0) break;
    chunks.push(chunk.subarray(0, bytes));
    size += bytes;
    while (size > LIMIT_BYTES) size -= chunks.shift()?.length ?? 0;
  }
  return Buffer.concat(chunks).toString("utf8");
}
