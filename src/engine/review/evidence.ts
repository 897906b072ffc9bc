import { namesCriterion, orderStatements } from "../../decide/review/order-text.ts";
import { ownFault } from "../../decide/review/own-fault.ts";
import {
  executed,
  isChancy,
  ruleRuns,
  sameSight,
  shown,
  shows,
  type Sighting,
  type Verdict,
} from "../../decide/review/rulings.ts";
import { isObeyed, refusedPath, unexecuted } from "../../decide/review/screening.ts";
import type { Challenge, RuledChallenge } from "../../model/review.ts";
import type { ScratchWrite } from "../../ports/repo.ts";
import { type Bench, type Copy, copyPath, openCopy, sight, type Way } from "./evidence-bench.ts";

/** How often a piece of evidence is run: what fails 3 of 3 times is not flaky. What depends on chance or clock needs more. */
const RUNS = 3;
const CHANCY_RUNS = 10;

const CANDIDATE: Copy = { of: "candidate" };

const REFUSED: Readonly<Record<Exclude<ScratchWrite, "written">, string>> = {
  outside: "its test file would lie outside of the copy",
  link: "its test file would pass a link or stand where something else is",
  exists: "its test file would replace a file of the project",
};

/** Runs a failing test or a counterexample and rules by what was seen; no opinion enters. */
export async function examine(bench: Bench): Promise<RuledChallenge> {
  const { challenge } = bench;
  const opened = await openCopy(bench, CANDIDATE);
  if (opened !== "written") return unexecuted(challenge, "NOISE", REFUSED[opened]);
  const seen = await repeat(bench);
  const verdict = ruleRuns(challenge, seen) ?? (bench.standing ? STILL : await lookInto(bench, seen[0]));
  return executed(challenge, verdict, bench.runs);
}

/** It was looked into when it was new: a fix that only makes it fail in another way is none. */
const STILL: Verdict = { ruling: "VALID", reason: "the evidence of an earlier round still fails" };

/** The runs on the candidate; ends early when they have shown both, or one of them did not come to an end. */
async function repeat(bench: Bench): Promise<Sighting[]> {
  const { challenge, tools } = bench;
  const chancy = isChancy(challenge);
  const wanted = chancy === null ? RUNS : CHANCY_RUNS;
  const seen: Sighting[] = [];
  for (let n = 1; n <= wanted; n += 1) {
    const run = await sight(bench, CANDIDATE, `candidate-${n}`);
    seen.push(run);
    if (run.kind !== "exited") break;
    const claimed = seen.filter((each) => shows(challenge, each)).length;
    if (n >= RUNS && claimed > 0 && claimed < n) break;
    // Uneven steps, so that runs do not fall on the same part of a second each time.
    if (chancy === "clock" && n < wanted) await tools.clock.sleep(60 + 37 * n, tools.signal);
  }
  return seen;
}

/** Why the claim was seen every time: because of the change, or for a reason of the evidence's own. */
async function lookInto(bench: Bench, first: Sighting | undefined): Promise<Verdict> {
  const { challenge, subject } = bench;
  if (first?.kind !== "exited") return { ruling: "PARTIAL", reason: "it did not end by itself" };
  const tampered = await tampering(bench);
  if (tampered !== null) return tampered;
  const base: Copy = { of: "base" };
  await openCopy(bench, base);
  const onBase = await sight(bench, base, "base");
  if (shown(challenge, onBase) === "opposite")
    return { ruling: "VALID", reason: `${whatIsSeen(challenge, bench)}, and not on the base` };
  const { words, way } = await inWords(bench, first);
  if (!shows(challenge, words))
    return { ruling: "NOISE", reason: "it holds only while localhost is closed: the sandbox makes it fail" };
  const changed = subject.files.filter(({ status }) => status !== "ignored").map(({ path }) => path);
  const scratch = copyPath(bench, CANDIDATE);
  const evidence = `${challenge.evidence.content ?? ""}\n${challenge.evidence.command ?? ""}`;
  const testPath = challenge.evidence.path ?? null;
  const fault =
    words.kind === "exited"
      ? ownFault(words, { envelope: subject.envelope, changed, testPath, scratch, evidence })
      : null;
  if (fault !== null) return { ruling: "NOISE", reason: `it fails for a reason of its own: ${fault}` };
  return sanity(bench, { words, onBase, way, changed: new Set(changed) });
}

/** Evidence that changes what it is to judge proves nothing about it. */
async function tampering(bench: Bench): Promise<Verdict | null> {
  const { tools, subject } = bench;
  const edits = await tools.repo.scratchEdits(copyPath(bench, CANDIDATE));
  const [first] = edits;
  if (first === undefined) return null;
  const own = edits.find((path) => subject.files.some((file) => file.path === path));
  return own === undefined
    ? { ruling: "PARTIAL", reason: `it changes a file of the project (${first}) while it runs` }
    : { ruling: "NOISE", reason: `it changes what it is to judge (${own})` };
}

interface Findings {
  readonly words: Sighting;
  readonly onBase: Sighting;
  readonly way: Way;
  readonly changed: ReadonlySet<string>;
}

/** Takes the change, then the whole project, out of the copy: what is seen all the same says nothing about them. */
async function sanity(bench: Bench, { words, onBase, way, changed }: Findings): Promise<Verdict> {
  const { challenge, subject } = bench;
  const without = async (label: string, thin: (path: string) => boolean): Promise<boolean> => {
    const copy: Copy = { of: "candidate", thin };
    await openCopy(bench, copy);
    const seen = await sight(bench, copy, label, way);
    const same = sameSight(words, seen, [copyPath(bench, copy)]);
    // A test that hides what its commands say looks the same either way; it counts as one that looks at what it names.
    if (challenge.evidence.kind === "failing-test") return same && !namesAny(challenge, changed);
    // Something that is not printed is not printed without the project either: then all that is printed is compared.
    return shows(challenge, seen) && (same || saysItself(challenge));
  };
  const valid: Verdict = { ruling: "VALID", reason: whatIsSeen(challenge, bench) };
  const killed = words.kind === "exited" && words.exitCode >= 128 && challenge.evidence.kind === "failing-test";
  if (!(await without("without-the-change", (path) => changed.has(path))))
    return killed ? { ruling: "PARTIAL", reason: "it was ended by a signal, not by an assertion" } : valid;
  const missing = await missingOrdered(bench);
  if (missing !== null) return { ruling: "VALID", reason: `${missing}, which the order names, is not there` };
  if (await without("without-the-project", (path) => !isObeyed(path)))
    return { ruling: "NOISE", reason: "it fails for a reason of its own: the same is seen without the project" };
  if (namesCriterion(subject.envelope, challenge.violates)) return valid;
  return shows(challenge, onBase)
    ? AS_BEFORE
    : { ruling: "PARTIAL", reason: "no file of the change has a part in it, and it names no criterion" };
}

/** Not held against the change, unless the order asks for it. */
const AS_BEFORE: Verdict = {
  ruling: "PARTIAL",
  reason: "it was the same before the change, and it names no criterion that asks for another",
};

/** True when evidence names one of these files by its last part. */
function namesAny({ evidence }: Challenge, paths: ReadonlySet<string>): boolean {
  const text = `${evidence.content ?? ""}\n${evidence.command ?? ""}`;
  return [...paths].some((path) => path !== evidence.path && text.includes(path.split("/").at(-1) ?? path));
}

/** True when a command holds the text that it is said to print. */
function saysItself({ evidence }: Challenge): boolean {
  return (evidence.command ?? "").includes((evidence.observed ?? "").trim());
}

/** A path that the order and the evidence both name, and that the candidate does not have. */
async function missingOrdered(bench: Bench): Promise<string | null> {
  const { subject, challenge, tools } = bench;
  const evidence = `${challenge.evidence.content ?? ""}\n${challenge.evidence.command ?? ""}`;
  const named = orderStatements(subject.envelope).flatMap((text) => text.match(/[\w@./-]*[\w-]\.\w{1,8}\b/g) ?? []);
  await openCopy(bench, CANDIDATE);
  for (const path of new Set(named)) {
    if (path === challenge.evidence.path || refusedPath(path) !== null || !evidence.includes(path)) continue;
    if (/\.\d+$/.test(path)) continue;
    if ((await tools.repo.readScratchFile(copyPath(bench, CANDIDATE), path)) === null) return path;
  }
  return null;
}

/**
 * A run whose output tells why. With the network off, Node programs lose what their children print (their pipes are
 * sockets), so the command is run with a private localhost, or, where that cannot be had, a test file of `node --test` by
 * itself. The rulings stay with the runs before.
 */
async function inWords(bench: Bench, first: Sighting): Promise<{ words: Sighting; way: Way }> {
  const { challenge, subject } = bench;
  const { path, command = "" } = challenge.evidence;
  await openCopy(bench, CANDIDATE);
  if (subject.envelope.acceptance.some(({ loopback }) => loopback === true)) return { words: first, way: {} };
  const open: Way = { loopback: true };
  const words = await sight(bench, CANDIDATE, "words", open);
  if (words.kind === "exited") return { words, way: open };
  const alone = path !== undefined && /\bnode\b[^|;&]*\s--test\b/.test(command) && /\.[cm]?js$/.test(path);
  if (words.kind === "cannot-start" && alone) {
    const direct: Way = { command: `node '${path.replaceAll("'", "'\\''")}'` };
    const said = await sight(bench, CANDIDATE, "words", direct);
    if (shows(challenge, said)) return { words: said, way: direct };
  }
  return { words: first, way: {} };
}

function whatIsSeen({ evidence }: Challenge, { runs }: Bench): string {
  const count = runs.filter(({ on }) => on === "candidate").length;
  const what =
    evidence.kind === "failing-test" ? "its test fails on the change" : "the command prints the wrong output it names";
  return `${what} (${count} of ${count} runs)`;
}
