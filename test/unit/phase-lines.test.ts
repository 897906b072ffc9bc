import { describe, expect, it } from "vitest";
import { attemptLines, checkLines, reviewLines } from "../../src/engine/pages/phase-lines.ts";
import type { RuledChallenge } from "../../src/model/review.ts";
import type { AttemptHistory, TaskState } from "../../src/model/task.ts";
import { verifies } from "../requirements.ts";
import { failure } from "../support/worlds.ts";

verifies("F6");

const attempt = (number: number, code: string | null): AttemptHistory => ({
  attempt: number,
  startedAt: `from ${number}`,
  endedAt: `to ${number}`,
  outcome: null,
  failure: code === null ? null : failure(code, "logic"),
});

const challenge = (ruling: RuledChallenge["ruling"], claim: string): RuledChallenge => ({
  id: claim,
  claim,
  kind: "failing-test",
  ruling,
  reason: "it was run",
  executed: true,
  runs: [],
});

const round = (number: number, ...challenges: RuledChallenge[]) => ({
  round: number,
  challenges,
  substantiveRate: 0.5,
});

describe("phases on the page of a task", () => {
  it("show the last attempts, and all before them in one line however many there are", () => {
    const chunks = Array.from({ length: 20 }, (_, at) => attempt(at + 1, "CODEX_SOFT_LIMIT"));
    const all = [
      ...chunks,
      attempt(21, "VERIFY_FAILED"),
      attempt(22, "CODEX_STREAM_CUT"),
      attempt(23, null),
      attempt(24, null),
    ];
    expect(attemptLines(all)).toEqual([
      "- 1–21: 20 chunk, 1 VERIFY_FAILED",
      "- 22: CODEX_STREAM_CUT, from 22 – to 22",
      "- 23: ok, from 23 – to 23",
      "- 24: ok, from 24 – to 24",
    ]);
    expect(attemptLines([attempt(1, null)])).toEqual(["- 1: ok, from 1 – to 1"]);
  });

  it("show a verification in one line when it is green, and what is red", () => {
    const check = (criterion: string, exitCode: number | null) => ({
      criterion,
      command: "true",
      exitCode,
      durationMs: 20,
    });
    expect(checkLines([check("a", 0), check("b", 0)])).toEqual(["- green: 2 of 2 (40 ms)"]);
    expect(checkLines([check("a", 0), check("b\nb", 1), check("c", null)])).toEqual([
      "- green: 1 of 3",
      "- red (20 ms): b b — `true`",
      "- red (20 ms): c — `true`",
    ]);
    expect(checkLines([])).toEqual([]);
  });

  it("show a round of review in one line, and of the last one what still stands", () => {
    const rounds = [
      round(1, challenge("VALID", "one"), challenge("NOISE", "two")),
      round(2, challenge("VALID", "three"), challenge("NOISE", "four")),
    ];
    const open: TaskState = { at: "queued", notBefore: "", feedback: null };
    const accepted: TaskState = { at: "ended", status: "accepted", failure: null, summary: "" };
    const compressed = ["- round 1: 1 VALID, 1 NOISE", "- round 2: 1 VALID, 1 NOISE"];
    expect(reviewLines({ rounds, state: open })).toEqual([...compressed, "  - VALID: three (it was run)"]);
    expect(reviewLines({ rounds, state: accepted })).toEqual(compressed);
    const noise = { ...round(1, challenge("NOISE", "one")), substantiveRate: 0 };
    expect(reviewLines({ rounds: [noise], state: open })[1]).toMatch(/^ {2}- substantive rate 0 %/);
    expect(reviewLines({ rounds: [round(1)], state: open })).toEqual(["- round 1: no challenge"]);
  });
});
