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
import { type Bridge, insist, type Insisted, once } from "./steps.ts";
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
    const found = await openOf(bridge, dir);
    if (found === null) continue;
    if ("task" in found) bridge.say(`goes on with the task of an attempt that was cut off: ${pageOf(found.task.id)}`);
    return found;
  }
  return submit(bridge, prompt);
}

/** The open task of an earlier attempt; null when it has none. */
async function openOf(bridge: Bridge, dir: string): Promise<Opened | null> {
  const known = readTask(dir);
  if (known !== null) return { task: known };
  const mark = readSubmitting(dir);
  if (mark === null) return null;
  // It was cut off between the order and the note of its id.
  const id = printedId(dir);
  if (id !== null) return { task: { id, mark } };
  const looked = await findByMark(bridge, mark);
  if (looked.ok) return looked.value === null ? null : { task: looked.value };
  // While nobody can say whether there is one, no other is handed in. The next attempt looks through this one at the same.
  const { code, message, retryAt } = looked.trouble;
  return { end: { kind: "open", code, message, retryAt } };
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
  const looked = await findByMark(bridge, job.mark);
  if (looked.ok && looked.value !== null) return { task: looked.value };
  return { end: { kind: "open", code, message, retryAt } };
}

/** The task whose title holds the mark; null when none of the latest has it. */
async function findByMark(bridge: Bridge, mark: string): Promise<Insisted<CloudTask | null>> {
  for (let look = 1; look <= LOOKS; look += 1) {
    if (look > 1) await delay(bridge.job.pollMs);
    const found = await idInList(bridge, mark);
    if (!found.ok) return found;
    if (found.value !== null) return { ok: true, value: { id: found.value, mark } };
  }
  return { ok: true, value: null };
}

async function idInList(bridge: Bridge, mark: string): Promise<Insisted<string | null>> {
  let cursor: string | null = null;
  for (let page = 0; page < PAGES; page += 1) {
    const part = await listFrom(bridge, cursor);
    if (!part.ok) return part;
    const found = part.value.tasks.find(({ title }) => title.includes(mark));
    cursor = part.value.cursor;
    if (found !== undefined || cursor === null) return { ok: true, value: found?.id ?? null };
  }
  return { ok: true, value: null };
}

/** A part of the list. */
function listFrom(bridge: Bridge, cursor: string | null): Promise<Insisted<ReturnType<typeof readList>>> {
  const args = ["list", "--json", ...(cursor === null ? [] : ["--cursor", cursor])];
  return insist(bridge, "list", {
    ask: () => once(bridge, args),
    read: ({ code, stdout }) => (code === 0 ? readList(stdout) : null),
    patience: { CODEX_UNAVAILABLE: 2, CODEX_NETWORK: 2, CODEX_RATE_LIMITED: 2 },
  });
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
