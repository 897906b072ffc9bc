import { openWindowGate, type GatedTask } from "../src/decide/windows/window-gate.ts";
import { takeNews } from "../src/decide/windows/window.ts";
import { DEFAULT_CONFIG } from "../src/model/config.ts";
import { type Envelope, makeEnvelope } from "../src/model/envelope.ts";
import type { AttemptHistory } from "../src/model/task.ts";
import type { AccountWindows } from "../src/model/window.ts";
import { makeRandom, type Random } from "./random.ts";

/** How work is scheduled: by arrival, by arrival with retries after a refusal, or as cco does it. */
export const POLICIES = ["first come, first served", "retry on 429", "cco"] as const;
export type Policy = (typeof POLICIES)[number];

/** What a week came to. `curve`: accepted tasks by hour. Waits in hours, from submission to the end. */
export interface Week {
  readonly policy: Policy;
  readonly submitted: number;
  readonly accepted: number;
  /** Of them before the weekly window reset. */
  readonly inWeek: number;
  readonly failed: number;
  /** Attempts that the provider cut off. */
  readonly cuts: number;
  /** Part of what was used of the windows that went into accepted work; the rest led to nothing. */
  readonly workPerWindow: number;
  readonly medianWait: number;
  readonly longestWait: number;
  /** Tasks that a second week with nothing new in it did not bring to an end. */
  readonly starved: number;
  readonly curve: readonly number[];
}

const MINUTE = 60_000;
const WEEK_MINUTES = 7 * 24 * 60;
/** Played on for a second week, in which nothing new comes: who waits must come to its turn. */
const PLAYED_MINUTES = 2 * WEEK_MINUTES;
const START = Date.UTC(2026, 10, 16);

/** What the simulated account holds, in tokens; a worker spends them at `PER_MINUTE`. */
const WINDOWS = { primary: { tokens: 5e6, minutes: 300 }, secondary: { tokens: 33e6, minutes: WEEK_MINUTES } } as const;
const PER_MINUTE = 20_000;
const PARALLEL = 3;
/** Tokens that tasks need. */
const SIZES = { small: [10_000, 60_000], ordinary: [80_000, 300_000], large: [500_000, 1_500_000] } as const;
/** Retries after a refusal, and the minutes before each. */
const BACKOFF = [1, 2, 4, 8] as const;

interface Job {
  readonly id: string;
  readonly at: number;
  readonly tokens: number;
  /** What its author thinks it needs at most. */
  readonly budget: number;
  done: number;
  spent: number;
  tries: number;
  notBefore: number;
  startedAt: number | null;
  state: "queued" | "running" | "accepted" | "failed";
  endedAt: number;
}

interface Account {
  primary: { begun: number | null; used: number };
  secondary: { begun: number | null; used: number };
  known: AccountWindows | null;
}

/** Plays the same week of work under one policy. */
export function playWeek(policy: Policy, seed: number): Week {
  const jobs = makeJobs(makeRandom(seed));
  const account: Account = { primary: { begun: null, used: 0 }, secondary: { begun: null, used: 0 }, known: null };
  const curve: number[] = [];
  let cuts = 0;
  for (let minute = 0; minute < PLAYED_MINUTES; minute += 1) {
    const present = jobs.filter((job) => job.at <= minute && job.state !== "accepted" && job.state !== "failed");
    turnWindows(account, minute);
    startJobs(policy, present, { account, minute });
    for (const job of present) if (job.state === "running") cuts += workOn(policy, job, { account, minute });
    if (minute % 60 === 0 && minute < WEEK_MINUTES) curve.push(jobs.filter(({ state }) => state === "accepted").length);
  }
  return summaryOf(policy, jobs, { cuts, curve });
}

/** Three busy days of mixed work in office hours: many small tasks, some ordinary ones, a few large ones; about what a week has room for. */
function makeJobs(random: Random): Job[] {
  const jobs: Job[] = [];
  for (const day of [0, 2, 4]) {
    for (let n = 0; n < 60; n += 1) {
      const at = day * 1440 + 9 * 60 + random.int(0, 6 * 60);
      const [least, most] = SIZES[random.weighted({ small: 60, ordinary: 30, large: 10 })];
      const tokens = random.int(least, most);
      const budget = Math.round((tokens * random.int(100, 160)) / 100);
      const fresh = { done: 0, spent: 0, tries: 0, startedAt: null, endedAt: 0 };
      jobs.push({ id: `${day}-${n}`, at, tokens, budget, notBefore: at, state: "queued", ...fresh });
    }
  }
  return jobs.toSorted((a, b) => a.at - b.at);
}

/** Windows begin with the first token and are empty after their length. */
function turnWindows(account: Account, minute: number): void {
  for (const name of ["primary", "secondary"] as const) {
    const { begun } = account[name];
    if (begun !== null && minute >= begun + WINDOWS[name].minutes) account[name] = { begun: null, used: 0 };
  }
}

function resetOf(account: Account, name: "primary" | "secondary", minute: number): number {
  return (account[name].begun ?? minute) + WINDOWS[name].minutes;
}

function startJobs(
  policy: Policy,
  present: readonly Job[],
  at: { readonly account: Account; readonly minute: number },
): void {
  const { account, minute } = at;
  const running = present.filter(({ state }) => state === "running");
  let free = PARALLEL - running.length;
  const gate =
    policy === "cco"
      ? openWindowGate({
          windows: account.known,
          history: [],
          running: running.map(gated),
          config: { ...DEFAULT_CONFIG, worker: { ...DEFAULT_CONFIG.worker, parallel: PARALLEL } },
          nowMs: START + minute * MINUTE,
        })
      : null;
  for (const job of present) {
    if (free <= 0) return;
    if (job.state !== "queued") continue;
    if (job.notBefore > minute) {
      // The first one holds up all behind it.
      if (policy === "first come, first served") return;
      continue;
    }
    const task = gated(job);
    if ((gate?.wait(task) ?? null) !== null) continue;
    gate?.started(task);
    Object.assign(job, { state: "running", startedAt: minute });
    free -= 1;
  }
}

/** One minute of one worker; 1 when the provider cut it off. */
function workOn(
  policy: Policy,
  job: Job,
  { account, minute }: { readonly account: Account; readonly minute: number },
): number {
  const full = (["secondary", "primary"] as const).find((name) => account[name].used >= WINDOWS[name].tokens);
  if (full === undefined) {
    const part = Math.min(PER_MINUTE, job.tokens - job.done);
    job.done += part;
    job.spent += part;
    for (const name of ["primary", "secondary"] as const) {
      account[name].begun ??= minute;
      account[name].used += part;
    }
    if (job.done < job.tokens) return 0;
    Object.assign(job, { state: "accepted", endedAt: minute });
    hear(account, job, minute);
    return 0;
  }
  // The session is over and its work is not done: it begins again.
  job.done = 0;
  hear(account, job, minute);
  const backoff = BACKOFF[job.tries];
  job.tries += 1;
  if (policy !== "retry on 429") Object.assign(job, { state: "queued", notBefore: resetOf(account, full, minute) });
  else if (backoff === undefined) Object.assign(job, { state: "failed", endedAt: minute });
  else Object.assign(job, { state: "queued", notBefore: minute + backoff });
  return 1;
}

/** What cco hears of the windows when an attempt ends. */
function hear(account: Account, job: Job, minute: number): void {
  const nowMs = START + minute * MINUTE;
  const report = (name: "primary" | "secondary") => ({
    usedPercent: Math.min(100, (account[name].used / WINDOWS[name].tokens) * 100),
    windowMinutes: WINDOWS[name].minutes,
    resetsAt: new Date(START + resetOf(account, name, minute) * MINUTE).toISOString(),
  });
  const said = { at: new Date(nowMs).toISOString(), primary: report("primary"), secondary: report("secondary") };
  const news = { key: `${job.id} ${job.tries}`, tokens: job.spent, report: said };
  const next = takeNews(account.known, news, nowMs);
  if (next !== null) account.known = { v: 1, ...next, token: String(minute) };
}

function gated(job: Job): GatedTask {
  const iso = (minute: number): string => new Date(START + minute * MINUTE).toISOString();
  const begun: AttemptHistory[] =
    job.startedAt === null
      ? []
      : [{ attempt: 1, startedAt: iso(job.startedAt), endedAt: null, outcome: null, failure: null }];
  return {
    envelope: envelopeOf(job),
    options: { lane: "worktree", effort: "medium", review: true, merge: true, allowDirty: false },
    state: { at: "queued", notBefore: iso(job.notBefore), feedback: null },
    attempts: begun,
  };
}

function envelopeOf({ id, budget }: Job): Envelope {
  return makeEnvelope({
    task: id,
    goal: "Do one part of the week.",
    risk: "medium",
    acceptance: [{ text: "it works", verify: "true" }],
    write: ["src/**"],
    effort: "medium",
    budget: { tokens: budget },
    reviewers: 0,
  });
}

function summaryOf(
  policy: Policy,
  jobs: readonly Job[],
  { cuts, curve }: { readonly cuts: number; readonly curve: readonly number[] },
): Week {
  const accepted = jobs.filter(({ state }) => state === "accepted");
  const spent = jobs.reduce((sum, job) => sum + job.spent, 0);
  const useful = accepted.reduce((sum, job) => sum + job.tokens, 0);
  const waits = accepted.map((job) => (job.endedAt - job.at) / 60).toSorted((a, b) => a - b);
  const inWeek = accepted.filter(({ endedAt }) => endedAt < WEEK_MINUTES).length;
  const open = jobs.filter(({ state }) => state === "queued" || state === "running");
  return {
    policy,
    submitted: jobs.length,
    accepted: accepted.length,
    inWeek,
    failed: jobs.filter(({ state }) => state === "failed").length,
    cuts,
    workPerWindow: spent === 0 ? 0 : useful / spent,
    medianWait: waits[Math.floor(waits.length / 2)] ?? 0,
    longestWait: waits.at(-1) ?? 0,
    starved: open.length,
    curve,
  };
}
