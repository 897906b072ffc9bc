import { redact } from "../../guard/secrets.ts";
import type { Challenge, EvidenceRun } from "../../model/review.ts";
import type { ScratchWrite } from "../../ports/repo.ts";
import type { SandboxRun } from "../../ports/sandbox.ts";
import type { Sighting } from "../../decide/review/rulings.ts";
import type { ReviewLimits, ReviewSubject, ReviewTools } from "./tools.ts";

/** One piece of evidence on the bench: it is run in scratch copies, never in anybody's work tree. */
export interface Bench {
  readonly tools: ReviewTools;
  readonly subject: ReviewSubject;
  readonly limits: ReviewLimits;
  readonly challenge: Challenge;
  /** Folder for what the runs print; absolute. */
  readonly logs: string;
  /** Evidence of an earlier round: a test that the fix took over is replaced by the reviewer's own. */
  readonly standing: boolean;
  /** Every run that a ruling rests on, in order. */
  readonly runs: EvidenceRun[];
}

/** A copy to run in. `thin`: tracked files that are taken out of it. `number`: copies that exist side by side have different ones. */
export interface Copy {
  readonly of: "candidate" | "base";
  readonly thin?: (path: string) => boolean;
  readonly number?: 1 | 2;
}

/** How a command is run: another command than the evidence's own, or with a private localhost, for its words alone. */
export interface Way {
  readonly command?: string;
  readonly loopback?: boolean;
}

export function copyPath({ subject }: Bench, copy: Copy): string {
  return `${subject.scratch}~${copy.number ?? 1}`;
}

/** Opens a fresh copy with the test file of the evidence in it; says what kept the file out. */
export async function openCopy(bench: Bench, copy: Copy): Promise<ScratchWrite> {
  const { tools, subject, challenge, standing } = bench;
  const path = copyPath(bench, copy);
  await tools.repo.openScratch(path, copy.of === "base" ? subject.base : subject.commit);
  if (copy.thin !== undefined) await tools.repo.thinScratch(path, copy.thin);
  const { path: file, content } = challenge.evidence;
  if (challenge.evidence.kind !== "failing-test" || file === undefined || content === undefined) return "written";
  const mayReplace = standing || copy.of === "base" || copy.thin !== undefined;
  return tools.repo.writeScratchFile(path, { path: file, content }, mayReplace);
}

/** Runs the evidence's command in a copy that is open. `label` names its log. */
export async function sight(bench: Bench, copy: Copy, label: string, way: Way = {}): Promise<Sighting> {
  const { tools, subject, limits, challenge, logs } = bench;
  const log = `${logs}/${label}.log`;
  const declared = subject.envelope.acceptance.some((criterion) => criterion.loopback === true);
  const run = await tools.sandbox.run(
    {
      cwd: copyPath(bench, copy),
      command: way.command ?? challenge.evidence.command ?? "",
      network: false,
      loopback: way.loopback ?? declared,
      timeoutMs: limits.runMs,
      killGraceMs: limits.killGraceMs,
      log,
    },
    tools.signal,
  );
  tools.signal.throwIfAborted();
  await tools.cleanLog(log);
  // Runs for their words alone, and copies that were thinned, are no runs that a ruling counts.
  if (copy.thin === undefined && way.command === undefined && way.loopback === undefined) {
    const exitCode = run.kind === "exited" ? run.exitCode : null;
    bench.runs.push({ on: copy.of, exitCode, ms: Math.round(run.ms) });
  }
  const output = redact(outputOf(run));
  return run.kind === "exited" ? { kind: run.kind, exitCode: run.exitCode, output } : { kind: run.kind, output };
}

function outputOf(run: SandboxRun): string {
  if (run.kind === "cannot-start") return run.detail || run.tail;
  return run.kind === "exited" ? (run.output ?? run.tail) : run.tail;
}
