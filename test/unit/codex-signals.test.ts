import { describe, expect, it } from "vitest";
import { judgeSignals, type SignalFacts } from "../../src/codex/outcome/signals.ts";
import { verifies } from "../requirements.ts";
import { EXIT_REASONS, type ExitReason, type ExitRecord } from "../../src/model/outcome.ts";

verifies("A6");

function exitOf(reason: ExitReason): ExitRecord {
  const code = { completed: 0, "exit-code": 1 }[reason as string] ?? null;
  const detail = reason === "budget" ? "BUDGET_USD: 1.5 of 1.5" : "";
  return { v: 1, reason, code, signal: reason === "signal" ? "SIGKILL" : null, detail, startedAt: "", endedAt: "" };
}

const OWN: Partial<Record<ExitReason, string>> = {
  deadline: "CODEX_DEADLINE",
  silent: "CODEX_SILENT",
  "output-flood": "CODEX_OUTPUT_FLOOD",
  budget: "BUDGET_USD",
  lost: "CODEX_LOST",
};

/** The order of precedence, written out by hand: one line per rule, first match wins. */
function expected(facts: SignalFacts): string | null {
  const { reason } = facts.exit;
  if (reason === "cancelled") return "TASK_CANCELLED";
  if (reason === "spawn-failed") return "CODEX_START_FAILED";
  if (facts.weaker.length > 0) return "CONFINEMENT_WEAKER";
  if (OWN[reason] !== undefined) return OWN[reason];
  if (facts.sandbox === "broken") return "SANDBOX_BROKEN";
  if (facts.turn === "failed") return "CODEX_TURN_FAILED";
  if (reason === "stuck") return "WORKER_STUCK";
  if (reason === "soft-limit") return "CODEX_SOFT_LIMIT";
  if (reason === "signal") return "CODEX_KILLED";
  if (reason === "exit-code") return "CODEX_BAD_EXIT";
  if (facts.turn === "none") return "CODEX_NO_TURN";
  if (facts.sidecar !== "written") return "CODEX_NO_SIDECAR";
  return facts.expectedThread ? null : "CODEX_THREAD_MISMATCH";
}

function* combinations(): Generator<SignalFacts> {
  for (const reason of EXIT_REASONS)
    for (const turn of ["completed", "failed", "none"] as const)
      for (const sidecar of ["written", "empty", "missing"] as const)
        for (const sandbox of ["works", "broken", "unused"] as const)
          for (const weaker of [[], ["the network is on"]])
            for (const expectedThread of [true, false])
              yield { exit: exitOf(reason), turn, sidecar, sandbox, weaker, expectedThread };
}

describe("the three signals", () => {
  const all = [...combinations()];

  it(`gives every one of ${all.length} combinations its own outcome`, () => {
    expect(all).toHaveLength(EXIT_REASONS.length * 3 * 3 * 3 * 2 * 2);
    for (const facts of all) expect([facts, judgeSignals(facts).code]).toEqual([facts, expected(facts)]);
  });

  it("calls nothing a success but all three, undisturbed", () => {
    const successes = all.filter((facts) => judgeSignals(facts).code === null);
    expect(successes.map(({ sandbox }) => sandbox)).toEqual(["works", "unused"]);
    for (const facts of successes) {
      expect(facts).toMatchObject({ exit: { reason: "completed", code: 0 }, turn: "completed", sidecar: "written" });
      expect(judgeSignals(facts).signals).toEqual({ exit: true, turn: true, sidecar: true });
    }
  });

  it("does not believe an exit code 0 of a worker that was ended", () => {
    const exit = { ...exitOf("silent"), code: 0 };
    const facts: SignalFacts = {
      exit,
      turn: "completed",
      sidecar: "written",
      sandbox: "works",
      weaker: [],
      expectedThread: true,
    };
    expect(judgeSignals(facts)).toEqual({ signals: { exit: false, turn: true, sidecar: true }, code: "CODEX_SILENT" });
  });
});
