import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { firstLine } from "../../kernel/text.ts";
import { replaceFile } from "../../process/atomic-file.ts";
import { attemptFiles } from "../attempt-files.ts";
import { type CloudEnd, type CloudTask, cloudFiles, pageOf, readJob, writeOnce } from "./files.ts";
import { openTask } from "./open-task.ts";
import { REPORT_FILE, splitChange } from "./report-file.ts";
import { type Bridge, insist, once, waitMs } from "./steps.ts";
import type { Trouble } from "./trouble.ts";

/** Largest change that is taken over. */
const CHANGE_BYTES = 32 * 1024 * 1024;

/** A task that was handed in a moment ago may not be known everywhere yet. */
const GONE_LOOKS = 3;

/** A change may come a little later than the word that it is ready. */
const CHANGE_LOOKS = 3;

/**
 * Leads one attempt in the cloud: hands the order in, once, or finds it again; looks at it until it is over; fetches the change.
 * Returns the exit code: 0 when the cloud says READY and what it left is on the disk.
 */
export async function runBridge(dir: string, say: (text: string) => void): Promise<number> {
  const job = readJob(dir);
  if (job === null) throw new Error(`${cloudFiles(dir).job} does not say what to do`);
  const bridge: Bridge = { job, files: cloudFiles(dir), say };
  const opened = await openTask(bridge, attemptFiles(dir).prompt);
  if ("end" in opened) return finish(bridge, opened.end);
  writeOnce(bridge.files.task, opened.task);
  const over = await untilOver(bridge, opened.task);
  return finish(bridge, over ?? (await fetchChange(bridge, opened.task)));
}

function finish({ files, say }: Bridge, end: CloudEnd): number {
  writeOnce(files.end, end);
  say(end.kind === "ready" ? "done" : `${end.code}: ${end.message}`);
  return end.kind === "ready" ? 0 : 1;
}

/** Looks until the task is ready; how it ended when it was not. */
async function untilOver(bridge: Bridge, task: CloudTask): Promise<CloudEnd | null> {
  for (let looks = 0; ; looks += 1) {
    const seen = await insist(bridge, "status", {
      ask: () => once(bridge, ["status", task.id]),
      // Everything but READY ends with 1, also a task that is at work.
      read: ({ stdout }) => stateIn(stdout),
      patience: { CLOUD_TASK_GONE: GONE_LOOKS },
    });
    if (!seen.ok) return endOf(seen.trouble, task);
    const { state, words } = seen.value;
    if (state === "ERROR") {
      const message = `Codex cloud says ERROR${words === "" ? "" : ` (${words})`}: ${pageOf(task.id)}`;
      return { kind: "failed", code: "CLOUD_TASK_FAILED", message, retryAt: null };
    }
    // APPLIED: somebody has taken the change over already; it is still there to be fetched.
    if (state !== "PENDING") {
      bridge.say(`${state}: ${words}`);
      return null;
    }
    const ms = waitMs(bridge.job.pollMs, looks, 1.5);
    bridge.say(`PENDING: look ${looks + 1}, the next one in ${ms / 1000} s`);
    await delay(ms);
  }
}

/** The state in what `codex cloud status` prints: `[READY] Title`, the environment, the size of the change. */
export function stateIn(
  stdout: string,
): { readonly state: "PENDING" | "READY" | "APPLIED" | "ERROR"; readonly words: string } | null {
  const [, state, title = ""] = /^\[(PENDING|READY|APPLIED|ERROR)\] ?(.*)$/m.exec(stdout) ?? [];
  if (state !== "PENDING" && state !== "READY" && state !== "APPLIED" && state !== "ERROR") return null;
  const size = stdout.trim().split("\n").at(-1)?.trim() ?? "";
  return {
    state,
    words: [firstLine(title, 80), state === "ERROR" ? "" : size].filter((part) => part !== "").join(", "),
  };
}

function endOf({ code, message, retryAt }: Trouble, task: CloudTask): CloudEnd {
  const isGone = code === "CLOUD_TASK_GONE";
  const named = `${message}; ${isGone ? "it was" : "the task goes on in the cloud:"} ${pageOf(task.id)}`;
  return { kind: isGone ? "gone" : "open", code, message: named, retryAt };
}

async function fetchChange(bridge: Bridge, task: CloudTask): Promise<CloudEnd> {
  const raw = join(bridge.files.folder, "diff.out");
  const fetched = await insist(bridge, "diff", {
    ask: () => once(bridge, ["diff", task.id], { stdout: raw }),
    read: ({ code }) => (code === 0 ? statSync(raw).size : null),
    patience: { CLOUD_NO_CHANGE: CHANGE_LOOKS, CLOUD_TASK_GONE: GONE_LOOKS },
  });
  if (!fetched.ok && fetched.trouble.code !== "CLOUD_NO_CHANGE") return endOf(fetched.trouble, task);
  const size = fetched.ok ? fetched.value : 0;
  if (size > CHANGE_BYTES) {
    const message = `the change has ${size} bytes, ${CHANGE_BYTES} are taken over at most: ${pageOf(task.id)}`;
    return { kind: "failed", code: "CLOUD_CHANGE_REFUSED", message, retryAt: null };
  }
  // Bytes, not text: what is in a change need not be UTF-8.
  const { change, report } = splitChange(size === 0 ? "" : readFileSync(raw, "latin1"));
  writeFileSync(bridge.files.change, Buffer.from(change, "latin1"), { flush: true });
  const words = report === null ? null : Buffer.from(report, "latin1").toString("utf8");
  if (words !== null) replaceFile(bridge.files.report, words);
  const told =
    words ?? `${pageOf(task.id)} is ready. Its worker left no ${REPORT_FILE}: what it says is on that page.\n`;
  if (words !== null || change !== "") replaceFile(bridge.job.sidecar, told);
  bridge.say(
    `a change of ${change.length} bytes, ${words === null ? "no report" : `report: ${firstLine(words, 120)}`}`,
  );
  return { kind: "ready", code: "", message: "", retryAt: null };
}
