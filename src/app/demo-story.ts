import { firstLine } from "../kernel/text.ts";
import type { JournalRecord } from "../model/record.ts";

/** A journal line as the demonstration tells it: seconds since the start, then what happened; nothing for inner steps. */
export function demoLine(record: JournalRecord, startedMs: number): string[] {
  const seconds = Math.max(0, (Date.parse(record.at) - startedMs) / 1000);
  return story(record).map((line, index) =>
    index === 0 ? `${seconds.toFixed(1).padStart(5)}s  ${line}` : `        ${line}`,
  );
}

function story(record: JournalRecord): string[] {
  const fact = record.fact;
  switch (fact.type) {
    case "task.submitted":
      return [`envelope ${fact.task} accepted: ${firstLine(fact.envelope.goal, 90)}`];
    case "attempt.started":
      return [
        fact.feedback === null
          ? `codex starts on attempt ${fact.attempt} in its own work tree (${fact.place.branch ?? "in place"})`
          : `codex starts on attempt ${fact.attempt}, a fresh session with the failing evidence as feedback`,
      ];
    case "attempt.ended": {
      const { report, signals, toolCalls, version } = fact.outcome;
      const three =
        signals.exit && signals.turn && signals.sidecar ? "exit, turn and sidecar are green" : "a signal is missing";
      return [
        `codex ${version ?? ""} ended after ${toolCalls} tool calls: ${three}`,
        `"${firstLine(report?.summary ?? "", 90)}"`,
      ];
    }
    case "candidate.sealed":
      return [
        `committed for the worker: ${fact.candidate.files.length} files, +${fact.candidate.insertions} −${fact.candidate.deletions}, all inside the write scope`,
      ];
    case "verification.ended":
      return fact.results.map(
        (result) => `check ${result.kind} in the sandbox (${result.durationMs} ms): ${result.command}`,
      );
    case "review.ended": {
      const challenges = fact.round?.challenges ?? [];
      const head = `claude reviewed it, read-only: ${challenges.length} challenge(s)`;
      return [
        head,
        ...challenges.map(
          (challenge) => `${challenge.ruling.padEnd(5)} ${firstLine(challenge.claim, 80)} (${challenge.reason})`,
        ),
      ];
    }
    case "merge.ended":
      return fact.outcome.kind === "merged"
        ? [`merged into ${fact.outcome.branch} by fast-forward: ${fact.outcome.commit.slice(0, 10)}`]
        : [`merge: ${fact.outcome.kind}`];
    default:
      return [];
  }
}
