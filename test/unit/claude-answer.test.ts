import { findingsSchema } from "../../src/model/review.ts";
import { describe, expect, test } from "vitest";
import { readAnswer } from "../../src/claude/answer.ts";
import { CONTEXT, exit, FINDINGS, SUCCESS } from "../support/claude-outcomes.ts";

describe("a review that came back", () => {
  test("is findings, usage of all models and the model that did the work", () => {
    const answer = readAnswer(exit({ code: 0, stdout: `${JSON.stringify(SUCCESS)}\n` }), CONTEXT, findingsSchema);
    expect(answer).toEqual({
      ok: true,
      value: {
        value: FINDINGS,
        model: "claude-sonnet-5-5",
        usage: { inputTokens: 1030, cachedInputTokens: 300, outputTokens: 51, reasoningTokens: 7, usd: 0.0021 },
      },
    });
  });

  test("is found behind other lines on stdout", () => {
    const stdout = `warning: something\n{"type":"system"}\n${JSON.stringify(SUCCESS)}\n`;
    expect(readAnswer(exit({ code: 0, stdout }), CONTEXT, findingsSchema).ok).toBe(true);
  });

  test("turns the ratio of a regression into text", () => {
    const evidence = { kind: "regression", command: "node bench.js", expected: 1.2 };
    const challenges = [{ ...FINDINGS.challenges[0], evidence }];
    const stdout = JSON.stringify({ ...SUCCESS, structured_output: { summary: "", challenges } });
    const answer = readAnswer(exit({ code: 0, stdout }), CONTEXT, findingsSchema);
    expect(answer.ok && answer.value.value.challenges[0]?.evidence.expected).toBe("1.2");
  });
});
