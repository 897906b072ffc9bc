import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseJson } from "../../kernel/json.ts";
import { createFileOnce } from "../../process/atomic-file.ts";
import { type Fields, fields, list, text } from "../attached/fields.ts";

/** Folder of an attempt in which its bridge to the cloud works. Every file in it appears whole and, once there, never changes. */
export interface CloudFiles {
  readonly folder: string;
  /** What the bridge has to do. */
  readonly job: string;
  /** Written before the order is handed in: from here on there may be a task in the cloud. */
  readonly submitting: string;
  /** What `codex cloud exec` prints, written by itself: the id of the task is on the disk also when nobody reads it any more. */
  readonly printed: string;
  /** The task in the cloud. */
  readonly task: string;
  /** How it came to an end. */
  readonly end: string;
  /** The change, without the report. */
  readonly change: string;
  /** The words of the worker, where it left any. */
  readonly report: string;
}

/** Names of those files. */
export function cloudFiles(dir: string): CloudFiles {
  const folder = join(dir, "cloud");
  return {
    folder,
    job: join(folder, "job.json"),
    submitting: join(folder, "submitting.json"),
    printed: join(folder, "exec.out"),
    task: join(folder, "task.json"),
    end: join(folder, "end.json"),
    change: join(folder, "change.diff"),
    report: join(folder, "report.md"),
  };
}

/** What a bridge has to do. */
export interface CloudJob {
  readonly v: 1;
  /** The Codex program. */
  readonly codex: string;
  readonly version: string;
  readonly environment: string;
  readonly branch: string;
  /** Text that stands in the prompt of this attempt and in no other. */
  readonly mark: string;
  readonly pollMs: number;
  /** Attempt folders whose task in the cloud is gone on with while it is open, the latest first. */
  readonly goesOn: readonly string[];
  /** The sidecar. */
  readonly sidecar: string;
}

/** The task in the cloud that an attempt is about. */
export interface CloudTask {
  readonly id: string;
  readonly mark: string;
}

/** How a task in the cloud ended. `open`: it may still be at work, only this attempt could not follow it any further. */
export interface CloudEnd {
  readonly kind: "ready" | "failed" | "gone" | "refused" | "open";
  /** What speaks against it; empty when it is ready. */
  readonly code: string;
  readonly message: string;
  /** ISO 8601, null when nobody said. */
  readonly retryAt: string | null;
}

/** The page of a task. */
export function pageOf(id: string): string {
  return `https://chatgpt.com/codex/tasks/${id}`;
}

/** True for what may be an id: it goes into argument lists and must never look like an option or a path. */
export function isCloudId(id: string): boolean {
  return /^[A-Za-z0-9][\w.~-]{0,199}$/.test(id);
}

/** Reads what a bridge has to do; null when it is not there or not of the form. */
export function readJob(dir: string): CloudJob | null {
  const given = readFields(cloudFiles(dir).job);
  const { codex, version, environment, branch, mark, pollMs, goesOn, sidecar } = given;
  const texts = [codex, version, environment, branch, mark, sidecar];
  if (texts.some((part) => text(part) === "") || typeof pollMs !== "number" || !Array.isArray(goesOn)) return null;
  return {
    v: 1,
    codex: text(codex),
    version: text(version),
    environment: text(environment),
    branch: text(branch),
    mark: text(mark),
    pollMs,
    goesOn: goesOn.map(text),
    sidecar: text(sidecar),
  };
}

/** The task of an attempt; null while it has none. */
export function readTask(dir: string): CloudTask | null {
  const { id, mark } = readFields(cloudFiles(dir).task);
  return isCloudId(text(id)) ? { id: text(id), mark: text(mark) } : null;
}

/** The mark of an order that may have been handed in; null when none was. */
export function readSubmitting(dir: string): string | null {
  return text(readFields(cloudFiles(dir).submitting)["mark"]) || null;
}

/** How the task of an attempt ended; null while it has not. */
export function readEnd(dir: string): CloudEnd | null {
  const { kind, code, message, retryAt } = readFields(cloudFiles(dir).end);
  const known = (["ready", "failed", "gone", "refused", "open"] as const).find((name) => name === kind);
  if (known === undefined) return null;
  return { kind: known, code: text(code), message: text(message), retryAt: text(retryAt) || null };
}

/** Writes one of the files once, on the disk with its name. The first one counts. */
export function writeOnce(path: string, value: Fields | CloudTask | CloudEnd): void {
  createFileOnce(path, `${JSON.stringify({ v: 1, ...value })}\n`, "synced");
  syncFolder(join(path, ".."));
}

/** Without this a power cut may take the name of a synced file along. */
function syncFolder(folder: string): void {
  const opened = openSync(folder, "r");
  try {
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
}

/** Makes the folder. */
export function makeCloudFolder(dir: string): CloudFiles {
  const files = cloudFiles(dir);
  mkdirSync(files.folder, { recursive: true });
  return files;
}

function readFields(path: string): Fields {
  return existsSync(path) ? fields(parseJson(readFileSync(path, "utf8"))) : {};
}

/** Tasks of a list that `codex cloud list --json` printed, and where the next part of it begins. */
export function readList(stdout: string): {
  readonly tasks: readonly { readonly id: string; readonly title: string }[];
  readonly cursor: string | null;
} {
  const given = fields(parseJson(stdout));
  const tasks = list(given["tasks"]).map((task) => ({ id: text(task["id"]), title: text(task["title"]) }));
  return { tasks: tasks.filter(({ id }) => isCloudId(id)), cursor: text(given["cursor"]) || null };
}
