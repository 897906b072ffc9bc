import { folderNumber } from "../kernel/ids.ts";
import { redact } from "../guard/secrets.ts";
import { redactLog } from "./redaction.ts";
import { makeFailure } from "../model/failure.ts";
import type { Criterion } from "../model/envelope.ts";
import type { Failure } from "../model/outcome.ts";
import type { Fact } from "../model/record.ts";
import type { Task } from "../model/task.ts";
import type { VerifyResult } from "../model/verification.ts";
import type { SandboxJob, SandboxRun } from "../ports/sandbox.ts";
import type { EffectContext } from "./deps.ts";

/** Runs the envelope's verify commands on the sealed candidate. */
export async function verifyCandidate(context: EffectContext): Promise<readonly Fact[]> {
  const { task, deps } = context;
  const state = task.state;
  if (state.at !== "sealed") return [];
  const { results, failure } = await runChecks(context, state.attempt, "verify");
  deps.board.crashPoint("verify.after-run");
  const commit = state.candidate.commit;
  return [{ type: "verification.ended", task: task.id, attempt: state.attempt, commit, results, failure }];
}

/** Runs every verify command in the task's work tree; all of them, so that feedback is complete. `stage` names the log folder. */
export async function runChecks(
  context: EffectContext,
  attempt: number,
  stage: "verify" | "verify-with-tests" | "verify-after-rebase",
): Promise<{ results: VerifyResult[]; failure: Failure | null }> {
  const { deps, task } = context;
  const results: VerifyResult[] = [];
  const remedies = new Map<VerifyResult, Remedy>();
  for (const [index, criterion] of task.envelope.acceptance.entries()) {
    if (criterion.verify === undefined || task.place === null) continue;
    const log = `${deps.board.paths.attempt(task.id, attempt)}/${stage}/${folderNumber(index + 1)}.log`;
    const ran = await runCheck(context, { criterion, command: criterion.verify, log, cwd: task.place.path });
    results.push(ran.result);
    if (ran.remedy !== null) remedies.set(ran.result, ran.remedy);
  }
  if (task.place !== null && task.candidate !== null) await deps.repo.restore(task.place, task.candidate.commit);
  return { results, failure: failureOf({ task, attempt, remedies }, results) };
}

interface Check {
  readonly criterion: Criterion;
  readonly command: string;
  readonly log: string;
  readonly cwd: string;
}

function jobOf(context: EffectContext, check: Check, loopback: boolean): SandboxJob {
  const { config, task } = context;
  return {
    cwd: check.cwd,
    command: check.command,
    network: task.envelope.network,
    loopback,
    timeoutMs: config.verify.minutes * 60_000,
    killGraceMs: config.worker.killGraceSeconds * 1000,
    log: check.log,
  };
}

/** A line of the envelope that would help a red check. `proven`: without it no change of the code can make the check green. */
interface Remedy {
  readonly envelope: string;
  readonly denied: string;
  readonly proven: boolean;
}

async function runCheck(
  context: EffectContext,
  check: Check,
): Promise<{ readonly result: VerifyResult; readonly remedy: Remedy | null }> {
  const run = await context.deps.sandbox.run(jobOf(context, check, check.criterion.loopback === true), context.signal);
  context.signal.throwIfAborted();
  const said = await explain(context, check, run);
  await redactLog(context.deps.board, check.log);
  const result = {
    criterion: check.criterion.text,
    command: check.command,
    kind: kindOf(run),
    exitCode: run.kind === "exited" ? run.exitCode : null,
    durationMs: Math.round(run.ms),
    tail: redact(said.tail),
    log: check.log,
  };
  return { result, remedy: said.remedy };
}

/**
 * What a red check printed. With the network off Node programs lose what their own children print (their pipes are sockets),
 * so the command is run once more with a private localhost, for its words alone: the verdict stays with the first run.
 */
async function explain(
  context: EffectContext,
  check: Check,
  run: SandboxRun,
): Promise<{ readonly tail: string; readonly remedy: Remedy | null }> {
  if (run.kind === "cannot-start") return { tail: `${run.detail}\n${run.tail}`, remedy: null };
  const { network } = context.task.envelope;
  if (run.kind !== "exited" || run.exitCode === 0) return { tail: run.tail, remedy: null };
  const denied = remedyOf(run);
  if (network || check.criterion.loopback === true) return { tail: run.tail, remedy: denied };
  const again = await rerun(context, check, true);
  if (again.kind !== "exited") return { tail: run.tail, remedy: denied };
  if (again.exitCode !== 0) {
    return { tail: again.tail.length > run.tail.length ? again.tail : run.tail, remedy: remedyOf(again) ?? denied };
  }
  const tail = `${run.tail}\nIt passes with localhost open: say "loopback: true" beside its verify line.`;
  // A check that is red only now and then would look the same; one that is red again without localhost is not.
  const closed = await rerun(context, check, false);
  const proven = closed.kind === "exited" && closed.exitCode !== 0;
  const line = denied?.denied ?? "red with localhost closed, green with it open, red again with it closed";
  return {
    tail,
    remedy: proven ? { envelope: `loopback: true beside "${check.command}"`, denied: line, proven } : null,
  };
}

async function rerun(context: EffectContext, check: Check, loopback: boolean): Promise<SandboxRun> {
  const run = await context.deps.sandbox.run(jobOf(context, check, loopback), context.signal);
  context.signal.throwIfAborted();
  return run;
}

function remedyOf(run: Extract<SandboxRun, { kind: "exited" }>): Remedy | null {
  return run.denied === undefined ? null : { envelope: run.denied.fix, denied: redact(run.denied.line), proven: false };
}

function kindOf(run: SandboxRun): VerifyResult["kind"] {
  if (run.kind === "exited") return run.exitCode === 0 ? "passed" : "failed";
  return run.kind === "timed-out" ? "timed-out" : "cannot-run";
}

interface Judged {
  readonly task: Task;
  readonly attempt: number;
  readonly remedies: ReadonlyMap<VerifyResult, Remedy>;
}

/** The first red check that work could make green; when there is none, the first that only the envelope can. */
function failureOf({ task, attempt, remedies }: Judged, results: readonly VerifyResult[]): Failure | null {
  const reds = results.filter((result) => result.kind !== "passed");
  const red = reds.find((result) => remedies.get(result)?.proven !== true) ?? reds[0];
  if (red === undefined) return null;
  const remedy = remedies.get(red);
  const facts = { evidence: red.log, attempt, task: task.id };
  if (red.kind === "cannot-run") {
    return makeFailure(
      "VERIFY_CANNOT_RUN",
      `\`${red.command}\` could not be run in the sandbox: ${red.tail.trim().slice(0, 300)}`,
      facts,
    );
  }
  const how = red.kind === "timed-out" ? "ran into its time limit" : `ended with exit code ${String(red.exitCode)}`;
  const message = `\`${red.command}\` ${how}`;
  if (remedy === undefined) return makeFailure("VERIFY_FAILED", message, facts);
  const code = remedy.proven ? "SANDBOX_NETWORK" : "VERIFY_FAILED";
  const failure = makeFailure(code, `${message}; the sandbox denied: ${remedy.denied}`, facts);
  return { ...failure, next: `in the envelope: ${remedy.envelope}; then cco dispatch` };
}
