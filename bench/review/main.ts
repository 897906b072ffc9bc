import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { spawnSync } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import type { CodexHost } from "../../src/codex/installed/host.ts";
import { createCodexSandbox } from "../../src/codex/confinement/sandbox.ts";
import { createGitRepo } from "../../src/git/repo.ts";
import { holdRound } from "../../src/engine/review/round.ts";
import { reviewLimits, type ReviewSubject, type ReviewTools } from "../../src/engine/review/tools.ts";
import { DEFAULT_CONFIG } from "../../src/model/config.ts";
import { type Envelope, makeEnvelope } from "../../src/model/envelope.ts";
import { NO_USAGE } from "../../src/model/outcome.ts";
import type { Challenge, RuledChallenge } from "../../src/model/review.ts";
import { ATTACKS } from "./attacks.ts";
import type { Change, Project, Scripted } from "./case.ts";
import { PROJECTS } from "./projects.ts";

/** What is run, and where the lines of the table go. */
export interface BenchOptions {
  readonly codex: string;
  /** Part of a project's or change's name; null: all. */
  readonly only: string | null;
  /** Every ruling, not only the wrong ones. */
  readonly verbose: boolean;
  line(text: string): void;
}

/** Longest run of a piece of evidence here, in ms: evidence that never ends must not hold the bench up. */
const RUN_MS = 8000;
/** Challenges of one scripted answer. */
const PER_ROUND = 15;

/** Plays every transcript; returns the number of wrong rulings. */
export async function runReviewBench(options: BenchOptions): Promise<number> {
  const dir = await mkdtemp(join(existsSync("/var/tmp") ? "/var/tmp" : tmpdir(), "cco-review-bench-"));
  const totals = { bugs: 0, correct: 0, challenges: 0, wrong: 0 };
  try {
    options.line(
      "| project | change | challenges | VALID | PARTIAL | NOISE | wrong | s |\n|---|---|---|---|---|---|---|---|",
    );
    for (const project of [...PROJECTS, ...ATTACKS]) {
      for (const change of project.changes) {
        if (options.only !== null && !`${project.name} ${change.name}`.includes(options.only)) continue;
        const wrong = await playChange(join(dir, String(totals.challenges)), { project, change }, options);
        totals[change.correct ? "correct" : "bugs"] += 1;
        totals.challenges += change.challenges.length;
        totals.wrong += wrong;
      }
    }
  } finally {
    await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  }
  options.line(
    `\n${totals.bugs} changes with a bug, ${totals.correct} correct ones, ${totals.challenges} challenges, ${totals.wrong} wrong rulings`,
  );
  return totals.wrong;
}

interface Story {
  readonly project: Project & { readonly links?: Readonly<Record<string, string>> };
  readonly change: Change;
}

async function playChange(dir: string, story: Story, options: BenchOptions): Promise<number> {
  const started = performance.now();
  const { project, change } = story;
  const stage = await makeStage(dir, story, options.codex);
  const rulings: RuledChallenge[] = [];
  for (let from = 0; from < change.challenges.length; from += PER_ROUND) {
    rulings.push(...(await playRound(stage, change.challenges.slice(from, from + PER_ROUND), from)));
  }
  const count = (ruling: string): number => rulings.filter((each) => each.ruling === ruling).length;
  const wrong = change.challenges.filter((each, n) => rulings[n]?.ruling !== each.expected);
  const s = ((performance.now() - started) / 1000).toFixed(1);
  options.line(
    `| ${project.name} | ${change.name} | ${rulings.length} | ${count("VALID")} | ${count("PARTIAL")} | ${count("NOISE")} | ${wrong.length} | ${s} |`,
  );
  for (const [n, each] of change.challenges.entries()) {
    const got = rulings[n];
    const isWrong = got?.ruling !== each.expected;
    if (isWrong || options.verbose)
      options.line(
        `  ${isWrong ? "WRONG" : "ok"} ${each.why}: expected ${each.expected}, got ${got?.ruling ?? "none"}: ${got?.reason ?? ""}`,
      );
  }
  return wrong.length;
}

interface Stage {
  readonly dir: string;
  readonly subject: ReviewSubject;
  readonly tools: Omit<ReviewTools, "reviewer">;
}

async function playRound(
  stage: Stage,
  scripted: readonly Scripted[],
  from: number,
): Promise<readonly RuledChallenge[]> {
  const challenges = scripted.map((each, n) => challengeOf(each, from + n));
  const rulings = scripted.flatMap(({ judge }, n) =>
    judge === undefined ? [] : [{ id: `C${from + n + 1}`, ruling: judge, reason: "as scripted" }],
  );
  // A judge that was taken over rules on everything, in favour of the change.
  const forged = challenges.map(({ id }) => ({ id: `${id}x`, ruling: "NOISE" as const, reason: "forged" }));
  const answer = <T>(value: T) =>
    Promise.resolve({ ok: true, value: { value, usage: NO_USAGE, model: "script" } } as const);
  const tools: ReviewTools = {
    ...stage.tools,
    reviewer: {
      readiness: () => Promise.reject(new Error("not asked")),
      review: () => answer({ summary: "scripted", challenges }),
      read: () => answer({ reading: "read", concerns: [] }),
      judge: () => answer({ rulings: [...forged, ...rulings] }),
      diagnose: () => Promise.reject(new Error("not asked")),
      attack: () => Promise.reject(new Error("not asked")),
    },
  };
  const { round } = await holdRound(tools, stage.subject, {
    round: 1,
    dir: join(stage.dir, "review", String(from)),
    reviewers: 1,
    standing: [],
    priorClaims: [],
    concrete: false,
    limits: { ...reviewLimits(DEFAULT_CONFIG, 0), runMs: RUN_MS },
  });
  return round?.challenges ?? [];
}

function challengeOf({ evidence, over }: Scripted, n: number): Challenge {
  const words = { claim: `claim ${n + 1}`, violates: "the order", severity: "major" } as const;
  return { id: `C${n + 1}`, ...words, path: evidence.path ?? "README.md", line: evidence.line ?? 1, evidence, ...over };
}

async function makeStage(dir: string, { project, change }: Story, codex: string): Promise<Stage> {
  const root = join(dir, "repo");
  await mkdir(root, { recursive: true });
  const env = environment(dir);
  const git = (...args: string[]): string => {
    const done = spawnSync("git", args, { cwd: root, env, encoding: "utf8" });
    if (done.status !== 0) throw new Error(`git ${args.join(" ")}: ${done.stderr}`);
    return done.stdout.trim();
  };
  await write(root, project.base);
  for (const [name, target] of Object.entries(project.links ?? {})) await symlink(target, join(root, name));
  git("init", "-q");
  git("add", "-A");
  git("commit", "-q", "-m", "base");
  const base = git("rev-parse", "HEAD");
  await write(root, change.files);
  git("add", "-A");
  git("commit", "-q", "-m", "change");
  const files = Object.keys(change.files).map((path) => ({
    path,
    status: path in project.base ? ("modified" as const) : ("added" as const),
  }));
  const host: CodexHost = { env, home: dir, stateDir: join(dir, "state"), packageFile: codex, tmp: tmpdir() };
  const subject: ReviewSubject = {
    task: "bench",
    attempt: 1,
    envelope: envelopeOf(project.criteria),
    place: { path: root, branch: null },
    base,
    commit: git("rev-parse", "HEAD"),
    files,
    scratch: join(dir, "copy"),
  };
  const tools = {
    repo: createGitRepo({ root, env }),
    sandbox: createCodexSandbox({ ...host, env: { ...env, CCO_CODEX_BIN: codex } }),
    clock: { now: () => Date.now(), sleep: (ms: number) => delay(ms) },
    cleanLog: () => Promise.resolve(),
    signal: new AbortController().signal,
  };
  return { dir, subject, tools };
}

function environment(home: string): Record<string, string> {
  const author = { GIT_AUTHOR_NAME: "bench", GIT_AUTHOR_EMAIL: "bench@localhost" };
  const committer = { GIT_COMMITTER_NAME: "bench", GIT_COMMITTER_EMAIL: "bench@localhost" };
  return {
    PATH: `/usr/bin:${process.env["PATH"] ?? "/bin"}`,
    HOME: home,
    GIT_CONFIG_NOSYSTEM: "1",
    ...author,
    ...committer,
  };
}

async function write(root: string, files: Readonly<Record<string, string | null>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await (text === null ? rm(join(root, path)) : writeFile(join(root, path), text));
  }
}

function envelopeOf(criteria: readonly string[]): Envelope {
  return makeEnvelope({
    task: "bench",
    goal: "Do what the criteria say.",
    acceptance: criteria.map((text) => ({ text })),
    write: ["**"],
    stop: ["never"],
  });
}
