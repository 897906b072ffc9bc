import { redact } from "../guard/secrets.ts";
import type { Challenge, EvidenceRun } from "../model/review.ts";
import type { EvidenceShown } from "../decide/rulings.ts";
import type { EffectContext } from "./deps.ts";
import { redactLog } from "./redaction.ts";

/** How often a piece of evidence is run: a test that fails 3 of 3 times is not flaky. */
const RUNS = 3;

/** Where evidence is run: a scratch copy of the candidate, never the task's own work tree. */
export interface EvidencePlace {
  readonly scratch: string;
  readonly logs: string;
  /** Evidence of an earlier round: a test that the fix took over may be replaced by the reviewer's own. */
  readonly standing: boolean;
}

/** Runs a challenge's evidence against the candidate; null when this kind cannot be executed. Ends early when a run passes. */
export async function runEvidence(
  context: EffectContext,
  challenge: Challenge,
  place: EvidencePlace,
): Promise<EvidenceShown | null> {
  const { kind, path, content, command } = challenge.evidence;
  if (command === undefined || command.trim() === "") return null;
  if (kind === "failing-test") {
    if (path === undefined || content === undefined) return null;
    if (!(await context.deps.repo.writeScratchFile(place.scratch, { path, content }, place.standing))) return null;
  } else if (kind !== "counterexample") {
    return null;
  }
  const runs: EvidenceRun[] = [];
  let output = "";
  for (let n = 1; n <= RUNS; n += 1) {
    const run = await runOnce(context, command, place);
    runs.push(run.run);
    output += run.output;
    if (kind === "counterexample" || run.run.exitCode === 0 || run.run.exitCode === null) break;
  }
  return { runs, output };
}

async function runOnce(
  context: EffectContext,
  command: string,
  place: EvidencePlace,
): Promise<{ run: EvidenceRun; output: string }> {
  const { deps, task, config, signal } = context;
  const run = await deps.sandbox.run(
    {
      cwd: place.scratch,
      command,
      network: false,
      loopback: task.envelope.acceptance.some((criterion) => criterion.loopback === true),
      timeoutMs: config.verify.minutes * 60_000,
      killGraceMs: config.worker.killGraceSeconds * 1000,
      log: `${place.logs}.log`,
    },
    signal,
  );
  signal.throwIfAborted();
  await redactLog(deps.board, `${place.logs}.log`);
  const exitCode = run.kind === "exited" ? run.exitCode : null;
  return { run: { on: "candidate", exitCode, ms: Math.round(run.ms) }, output: redact(run.tail) };
}
