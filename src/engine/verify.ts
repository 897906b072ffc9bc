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
  for (const [index, criterion] of task.envelope.acceptance.entries()) {
    if (criterion.verify === undefined || task.place === null) continue;
    const log = `${deps.board.paths.attempt(task.id, attempt)}/${stage}/${folderNumber(index + 1)}.log`;
    results.push(await runCheck(context, { criterion, command: criterion.verify, log, cwd: task.place.path }));
  }
  if (task.place !== null && task.candidate !== null) await deps.repo.restore(task.place, task.candidate.commit);
  return { results, failure: failureOf(task, attempt, results) };
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

async function runCheck(context: EffectContext, check: Check): Promise<VerifyResult> {
  const run = await context.deps.sandbox.run(jobOf(context, check, check.criterion.loopback === true), context.signal);
  context.signal.throwIfAborted();
  const tail = redact(await explain(context, check, run));
  await redactLog(context.deps.board, check.log);
  return {
    criterion: check.criterion.text,
    command: check.command,
    kind: kindOf(run),
    exitCode: run.kind === "exited" ? run.exitCode : null,
    durationMs: Math.round(run.ms),
    tail,
    log: check.log,
  };
}

/**
 * What a red check printed. With the network off Node programs lose what their own children print (their pipes are sockets),
 * so the command is run once more with a private localhost, for its words alone: the verdict stays with the first run.
 */
async function explain(context: EffectContext, check: Check, run: SandboxRun): Promise<string> {
  if (run.kind === "cannot-start") return `${run.detail}\n${run.tail}`;
  const { network } = context.task.envelope;
  if (run.kind !== "exited" || run.exitCode === 0 || network || check.criterion.loopback === true) return run.tail;
  const again = await context.deps.sandbox.run(jobOf(context, check, true), context.signal);
  context.signal.throwIfAborted();
  if (again.kind !== "exited") return run.tail;
  if (again.exitCode === 0)
    return `${run.tail}\nIt passes with localhost open: say "loopback: true" beside its verify line.`;
  return again.tail.length > run.tail.length ? again.tail : run.tail;
}

function kindOf(run: SandboxRun): VerifyResult["kind"] {
  if (run.kind === "exited") return run.exitCode === 0 ? "passed" : "failed";
  return run.kind === "timed-out" ? "timed-out" : "cannot-run";
}

function failureOf(task: Task, attempt: number, results: readonly VerifyResult[]): Failure | null {
  const red = results.find((result) => result.kind !== "passed");
  if (red === undefined) return null;
  const facts = { evidence: red.log, attempt, task: task.id };
  if (red.kind === "cannot-run") {
    return makeFailure(
      "VERIFY_CANNOT_RUN",
      `\`${red.command}\` could not be run in the sandbox: ${red.tail.trim().slice(0, 300)}`,
      facts,
    );
  }
  const how = red.kind === "timed-out" ? "ran into its time limit" : `ended with exit code ${String(red.exitCode)}`;
  return makeFailure("VERIFY_FAILED", `\`${red.command}\` ${how}`, facts);
}
