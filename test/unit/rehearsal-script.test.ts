import { describe, expect, it } from "vitest";
import { CcoError } from "../../src/kernel/errors.ts";
import { DEMO_SCRIPT } from "../../src/rehearsal/demo-script.ts";
import { parseScript } from "../../src/rehearsal/script.ts";

function refusalOf(script: unknown): unknown {
  try {
    return parseScript(script);
  } catch (error) {
    return error;
  }
}

describe("a rehearsal script", () => {
  it("is data: the demonstration survives JSON", () => {
    expect(parseScript(JSON.parse(JSON.stringify(DEMO_SCRIPT)))).toEqual(parseScript(DEMO_SCRIPT));
  });

  it("may be empty", () => {
    expect(parseScript({})).toEqual({ worker: [], claude: [] });
  });

  it.each([
    [
      { worker: [{ steps: [{ runn: "ls" }] }] },
      "worker.0.steps.0: not a valid step; a worker step has exactly one of: run, patch",
    ],
    [{ worker: [{ steps: [{ run: 5 }] }] }, "(run: Invalid input: expected string"],
    [{ worker: [{ steps: [{ run: "ls", final: "x" }] }] }, "exactly one of"],
    [{ worker: [{ steps: [{ patch: "diff --git a b" }] }] }, "*** Begin Patch"],
    [{ worker: [{ steps: [{ fault: { kind: "httpp" } }] }] }, "fault.kind"],
    [{ worker: [{ steps: [] }] }, "worker.0.steps"],
    [{ claude: [{ call: "revue", steps: [{ text: "x" }] }] }, "claude.0.call"],
    [{ claude: [{ steps: [{ final: "x" }] }] }, "a Claude step has exactly one of: tool, output"],
    [{ workers: [] }, "Unrecognized key"],
    ["nothing", "script:"],
  ])("%j is refused with the place of the mistake", (script, text) => {
    const refusal = refusalOf(script);
    expect(refusal).toBeInstanceOf(CcoError);
    expect(refusal).toHaveProperty("code", "REHEARSAL_SCRIPT");
    expect(String(refusal)).toContain(text);
  });
});
