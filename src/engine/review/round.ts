import { createHash } from "node:crypto";
import { folderNumber } from "../../kernel/ids.ts";
import { judgeRulings } from "../../decide/review/judge-rulings.ts";
import { planParts } from "../../decide/review/parts.ts";
import { substantiveRate } from "../../decide/review/rulings.ts";
import { screen, type Screened, unexecuted } from "../../decide/review/screening.ts";
import type { Failure } from "../../model/outcome.ts";
import type { Challenge, Findings, ReviewRound, RuledChallenge } from "../../model/review.ts";
import type { Call } from "../../model/ledger.ts";
import { redact } from "../../guard/secrets.ts";
import type { Bench } from "./evidence-bench.ts";
import { examine } from "./evidence.ts";
import { measure } from "./evidence-regression.ts";
import { askJudge, askReviewers, type Asking, openPurse } from "./questions.ts";
import type { ReviewLimits, ReviewSubject, ReviewTools } from "./tools.ts";

/** Bytes of a diff that are read; one that is longer is refused by the reviewer, so that a part is never reviewed as the whole. */
const DIFF_LIMIT_BYTES = 8_000_000;

/** One round that is to be held. */
export interface RoundOrder {
  readonly round: number;
  /** Folder of the round; absolute. */
  readonly dir: string;
  readonly reviewers: 1 | 2;
  /** Evidence that was VALID in earlier rounds: while it fails there is nothing else to ask. */
  readonly standing: readonly Challenge[];
  readonly priorClaims: readonly string[];
  /** The round before was mostly noise. */
  readonly concrete: boolean;
  readonly limits: ReviewLimits;
}

/** What came of a round. `failure`: nobody could be asked, and there is no round. */
export interface RoundHeld {
  readonly round: ReviewRound | null;
  readonly findings: Findings;
  /** Every call of a model that was made. */
  readonly calls: readonly Call[];
  readonly failure: Failure | null;
}

/**
 * One round of the challenge loop on any change: what was proven before is run again, then the reviewers are asked, their
 * evidence is executed, and a judge rules on what cannot be. Knows no task; writes only below `dir` and scratch copies.
 */
export async function holdRound(tools: ReviewTools, subject: ReviewSubject, order: RoundOrder): Promise<RoundHeld> {
  const { limits, dir } = order;
  const asking: Asking = { tools, subject, limits, dir, round: order.round, purse: openPurse(tools, limits) };
  const range = { base: subject.base, commit: subject.commit };
  const diff = await tools.repo.writeDiff(subject.place, range, `${dir}/diff.patch`, DIFF_LIMIT_BYTES);
  const about = { round: order.round, change: createHash("sha256").update(diff).digest("hex").slice(0, 16) };
  const still = await ruleStanding(tools, subject, order);
  if (still.some(({ ruling }) => ruling === "VALID")) {
    const ids = new Set(still.map(({ id }) => id));
    const challenges = order.standing.filter(({ id }) => ids.has(id));
    const findings = { summary: "the evidence of an earlier round still fails", challenges };
    const round = { ...about, challenges: still, substantiveRate: substantiveRate(still), standing: true as const };
    return { round, findings, calls: asking.purse.calls, failure: null };
  }
  const plan = planParts(diff);
  // A diff that did not fit is sent whole, to be refused as too large.
  const shown = Buffer.byteLength(diff) >= DIFF_LIMIT_BYTES - 4 ? { ...plan, parts: [{ diff, paths: [] }] } : plan;
  const answer = await askReviewers(asking, { ...order, plan: shown });
  if (!answer.ok) return { round: null, findings: NO_FINDINGS, calls: asking.purse.calls, failure: answer.error };
  // The purse of the judge is what the reviewers left.
  const screened = screen(answer.value.challenges, subject.envelope);
  const ruled = await ruleAll(asking, screened, { order, diff: shown.parts.map((part) => part.diff).join("") });
  const leftOut = plan.leftOut.length === 0 ? {} : { leftOut: [...plan.leftOut] };
  const round = { ...about, challenges: ruled, substantiveRate: substantiveRate(ruled), ...leftOut };
  const findings = { summary: answer.value.summary, challenges: screened.map(({ challenge }) => challenge) };
  return { round, findings, calls: asking.purse.calls, failure: null };
}

const NO_FINDINGS: Findings = { summary: "", challenges: [] };

/** Runs again what was proven before; only what still fails, or fails now and then, is reported. */
async function ruleStanding(tools: ReviewTools, subject: ReviewSubject, order: RoundOrder): Promise<RuledChallenge[]> {
  const ruled: RuledChallenge[] = [];
  for (const [index, challenge] of order.standing.entries()) {
    const logs = `${order.dir}/evidence/standing-${folderNumber(index + 1)}`;
    const bench: Bench = { tools, subject, limits: order.limits, challenge, logs, standing: true, runs: [] };
    ruled.push(await onBench(bench));
  }
  return ruled.filter(({ ruling }) => ruling !== "NOISE");
}

interface RulingWork {
  readonly order: RoundOrder;
  readonly diff: string;
}

async function ruleAll(asking: Asking, screened: readonly Screened[], work: RulingWork): Promise<RuledChallenge[]> {
  const { tools, subject, limits } = asking;
  const ruled = new Map<string, RuledChallenge>();
  const unruled: Challenge[] = [];
  const end = tools.clock.now() + limits.evidenceMs;
  for (const [index, { challenge, refusal }] of screened.entries()) {
    const logs = `${work.order.dir}/evidence/${folderNumber(index + 1)}`;
    const bench: Bench = { tools, subject, limits, challenge, logs, standing: false, runs: [] };
    if (refusal !== null) ruled.set(challenge.id, unexecuted(challenge, "NOISE", refusal));
    else if (challenge.evidence.kind === "spec-violation") {
      const missing = await placeMissing(bench);
      if (missing === null) unruled.push(challenge);
      else ruled.set(challenge.id, unexecuted(challenge, "NOISE", missing));
    } else if (tools.clock.now() > end)
      ruled.set(challenge.id, unexecuted(challenge, "PARTIAL", "no time was left to run it; recorded for a person"));
    else ruled.set(challenge.id, await onBench(bench));
  }
  if (unruled.length > 0) {
    // The judge reads the work beside the challenges of one round; it never sees what was executed.
    const { judgment, why } = await askJudge(asking, work.diff, unruled);
    for (const ruling of judgeRulings(unruled, judgment, why)) ruled.set(ruling.id, ruling);
  }
  return screened.flatMap(({ challenge }) => {
    const ruling = ruled.get(challenge.id);
    return ruling === undefined ? [] : [{ ...ruling, claim: redact(ruling.claim), reason: redact(ruling.reason) }];
  });
}

/** Executes one piece of evidence and puts its copies away, whatever happens. */
async function onBench(bench: Bench): Promise<RuledChallenge> {
  const { tools, subject, challenge } = bench;
  try {
    return await (challenge.evidence.kind === "regression" ? measure(bench) : examine(bench));
  } finally {
    await tools.repo.dropScratch(`${subject.scratch}~1`);
    if (challenge.evidence.kind === "regression") await tools.repo.dropScratch(`${subject.scratch}~2`);
  }
}

/** Why the place of a spec violation cannot be: the file or the line is not in the change or its base. Null when it is there. */
async function placeMissing(bench: Bench): Promise<string | null> {
  const { tools, subject, challenge } = bench;
  const path = (challenge.evidence.path ?? challenge.path).replace(/^(?:\.\/)+/, "");
  const line = challenge.evidence.line ?? challenge.line;
  if (subject.files.some((file) => file.status === "deleted" && file.path === path)) return null;
  const copy = `${subject.scratch}~1`;
  try {
    await tools.repo.openScratch(copy, subject.commit);
    const text = await tools.repo.readScratchFile(copy, path);
    if (text === null) return `there is no file ${path.slice(0, 100)} in the change`;
    const lines = text.replace(/\n$/, "").split("\n").length;
    return Number.isInteger(line) && line >= 1 && line <= lines ? null : `${path} has no line ${line}`;
  } finally {
    await tools.repo.dropScratch(copy);
  }
}
