import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import {
  type CloudEnd,
  cloudFiles,
  type CloudTask,
  isCloudId,
  pageOf,
  readEnd,
  readList,
  readSubmitting,
  readTask,
  writeOnce,
} from "./files.ts";
import { type Bridge, insist, once } from "./steps.ts";
import { type Trouble, troubleOf } from "./trouble.ts";

/** The task of this attempt in the cloud, or how it came to none. */
export type Opened = { readonly task: CloudTask } | { readonly end: CloudEnd };

/** Looks at the list this often for an order of which nobody knows whether it arrived. */
const LOOKS = 2;

/** Pages of the list that are looked at; the order is minutes old at most. */
const PAGES = 3;

/** Finds the task that an attempt which was cut off had in the cloud, or hands the order in, once. `prompt`: absolute file. */
export async function openTask(bridge: Bridge, prompt: string): Promise<Opened> {
  for (const dir of bridge.job.goesOn) {
    const end = readEnd(dir)?.kind ?? "open";
    // Whatever was open before an attempt that came to an end of its own is over with it.
    if (end !== "open" && end !== "ready") break;
    const task = await openOf(bridge, dir);
    if (task === null) continue;
    bridge.say(`goes on with the task of an attempt that was cut off: ${pageOf(task.id)}`);
    return { task };
  }
  return submit(bridge, prompt);
}

/** The open task of an earlier attempt; null when it has none. */
async function openOf(bridge: Bridge, dir: string): Promise<CloudTask | null> {
  const known = readTask(dir);
  if (known !== null) return known;
  const mark = readSubmitting(dir);
  if (mark === null) return null;
  // It was cut off between the order and the note of its id.
  const id = printedId(dir);
  return id === null ? findByMark(bridge, mark) : { id, mark };
}

/** The id that `codex cloud exec` printed or noted before its bridge could read it. */
function printedId(dir: string): string | null {
  const { printed, folder } = cloudFiles(dir);
  return idIn(textOf(printed)) ?? notedId(textOf(join(folder, "error.log")));
}

async function submit(bridge: Bridge, prompt: string): Promise<Opened> {
  const { job, files } = bridge;
  writeOnce(files.submitting, { mark: job.mark, at: new Date().toISOString() });
  const args = ["exec", "--env", job.environment, "--branch", job.branch, "-"];
  const called = await once(bridge, args, { stdout: files.printed, stdin: prompt });
  const id = called.code === 0 ? idIn(called.stdout) : null;
  const noted = id ?? notedId(called.log);
  if (noted !== null) {
    bridge.say(`handed in to ${job.environment}, branch ${job.branch}: ${pageOf(noted)}`);
    return { task: { id: noted, mark: job.mark } };
  }
  const trouble: Trouble =
    called.code === 0
      ? { code: "CODEX_UNAVAILABLE", message: "codex cloud exec printed no task", retryAt: null, passes: true }
      : troubleOf("exec", called, Date.now());
  const { code, message, retryAt } = trouble;
  // An answer that refuses it is an answer.
  if (!trouble.passes || code === "CODEX_RATE_LIMITED") return { end: { kind: "refused", code, message, retryAt } };
  // It may have arrived all the same.
  bridge.say(`${code}: ${message}; looks whether the order has arrived`);
  const found = await findByMark(bridge, job.mark);
  return found === null ? { end: { kind: "open", code, message, retryAt } } : { task: found };
}

/** The task whose title holds the mark; null when none of the latest has it. */
async function findByMark(bridge: Bridge, mark: string): Promise<CloudTask | null> {
  for (let look = 1; look <= LOOKS; look += 1) {
    if (look > 1) await delay(bridge.job.pollMs);
    const id = await idInList(bridge, mark);
    if (id !== null) return { id, mark };
  }
  return null;
}

async function idInList(bridge: Bridge, mark: string): Promise<string | null> {
  let cursor: string | null = null;
  for (let page = 0; page < PAGES; page += 1) {
    const part = await listFrom(bridge, cursor);
    const found = part?.tasks.find(({ title }) => title.includes(mark));
    if (found !== undefined) return found.id;
    cursor = part?.cursor ?? null;
    if (cursor === null) return null;
  }
  return null;
}

/** A part of the list; null when it cannot be had. */
async function listFrom(bridge: Bridge, cursor: string | null): Promise<ReturnType<typeof readList> | null> {
  const args = ["list", "--json", ...(cursor === null ? [] : ["--cursor", cursor])];
  const listed = await insist(bridge, "list", {
    ask: () => once(bridge, args),
    read: ({ code, stdout }) => (code === 0 ? readList(stdout) : null),
    patience: { CODEX_UNAVAILABLE: 2, CODEX_NETWORK: 2, CODEX_RATE_LIMITED: 2 },
  });
  return listed.ok ? listed.value : null;
}

/** The id at the end of the page that is printed. */
function idIn(stdout: string): string | null {
  const id = /\/tasks\/([^\s/?#]+)\s*$/m.exec(stdout)?.[1] ?? "";
  return isCloudId(id) ? id : null;
}

/** Codex notes the id as soon as the answer is there. */
function notedId(log: string): string | null {
  const id = /new_task: created id=(\S+)/.exec(log)?.[1] ?? "";
  return isCloudId(id) ? id : null;
}

function textOf(path: string): string {
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}
