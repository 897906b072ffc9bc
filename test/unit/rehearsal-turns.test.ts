import { describe, expect, it } from "vitest";
import { parseScript, type ScriptInput } from "../../src/rehearsal/script.ts";
import { readWorkerRequest } from "../../src/rehearsal/worker-request.ts";
import { workerTurn, type FaultCount, type WorkerTurn } from "../../src/rehearsal/worker-turn.ts";
import { pollFor, stillRunning } from "../../src/rehearsal/worker-tools.ts";

const EXEC = { type: "function", name: "exec_command" };

function user(text: string) {
  return { type: "message", role: "user", content: [{ type: "input_text", text }] };
}

function assistant(text: string) {
  return { type: "message", role: "assistant", content: [{ type: "output_text", text }] };
}

function output(callId: string, text = "Process exited with code 0\nOutput:\n") {
  return { type: "function_call_output", call_id: callId, output: text };
}

/** Lets every fault answer, and counts. */
function counter(): FaultCount {
  const counts = new Map<string, number>();
  return {
    take(key, times) {
      const taken = counts.get(key) ?? 0;
      counts.set(key, taken + 1);
      return times === undefined || taken < times;
    },
  };
}

function turn(script: ScriptInput, input: unknown[], faults = counter()): WorkerTurn {
  const request = readWorkerRequest({ model: "m", input, tools: [EXEC] });
  if (request === undefined) throw new Error("the request was not read");
  return workerTurn(parseScript(script), request, faults);
}

const TWO_STEPS: ScriptInput = {
  worker: [
    {
      task: "t",
      steps: [{ say: "now" }, { run: "one" }, { run: "two" }, { final: "FAILED: a" }, { final: "COMPLETED: b" }],
    },
  ],
};
const ORDER = user("Task: t\nAttempt: 1\n");

describe("the next step of a worker", () => {
  it("comes from the history alone", () => {
    expect(turn(TWO_STEPS, [ORDER])).toMatchObject({ step: 1, lead: [{ say: "now" }] });
    expect(turn(TWO_STEPS, [ORDER])).toMatchObject({ step: 1 });
    expect(turn(TWO_STEPS, [ORDER, output("call_cco_0_1_0")])).toMatchObject({ step: 2, lead: [] });
    expect(turn(TWO_STEPS, [ORDER, output("call_cco_0_1_0"), output("call_cco_0_2_0")]).act).toEqual({
      kind: "final",
      text: "FAILED: a",
    });
  });

  it("goes on after a final when the same thread is asked once more", () => {
    const history = [ORDER, output("call_cco_0_2_0"), assistant("FAILED: a"), user("Your first line was wrong.")];
    expect(turn(TWO_STEPS, history).act).toEqual({ kind: "final", text: "COMPLETED: b" });
    const again = [...history, assistant("COMPLETED: b"), user("Once more.")];
    expect(turn(TWO_STEPS, again).act).toEqual({ kind: "final", text: "COMPLETED: b" });
  });

  it("starts over for another attempt in the same thread", () => {
    const history = [ORDER, output("call_cco_0_2_0"), assistant("FAILED: a"), user("Task: t\nAttempt: 2\n")];
    expect(turn(TWO_STEPS, history)).toMatchObject({ step: 1 });
  });

  it("reads the order from the first lines that name it, not from feedback behind them", () => {
    const request = readWorkerRequest({ input: [user("Task: t\nAttempt: 2\n\nFeedback:\nTask: other\nAttempt: 9\n")] });
    expect(request).toMatchObject({ task: "t", attempt: 2 });
  });

  it("ignores calls of other scenes", () => {
    expect(turn(TWO_STEPS, [ORDER, output("call_cco_7_2_0")])).toMatchObject({ step: 1 });
  });

  it("passes a fault when its times are used up, and keeps those without a number", () => {
    const script: ScriptInput = {
      worker: [{ steps: [{ fault: { kind: "cut", times: 1 } }, { fault: { kind: "silent" } }] }],
    };
    const faults = counter();
    const kinds = [1, 2, 3].map(() => turn(script, [ORDER], faults).act);
    expect(kinds).toMatchObject([
      { fault: { kind: "cut" } },
      { fault: { kind: "silent" } },
      { fault: { kind: "silent" } },
    ]);
  });

  it("reports the usage and the windows that are valid at its place", () => {
    const script: ScriptInput = {
      usage: { outputTokens: 7 },
      worker: [
        {
          limits: { primary: { usedPercent: 1, windowMinutes: 300 } },
          steps: [
            { run: "a" },
            { usage: { inputTokens: 9 } },
            { limits: { secondary: { usedPercent: 2, windowMinutes: 10_080 } } },
            { final: "x" },
          ],
        },
      ],
    };
    expect(turn(script, [ORDER]).usage).toMatchObject({ inputTokens: 1000, outputTokens: 7 });
    const later = turn(script, [ORDER, output("call_cco_0_0_0")]);
    expect(later.usage).toMatchObject({ inputTokens: 9, outputTokens: 7 });
    expect(later.limits).toMatchObject({ primary: { usedPercent: 1 }, secondary: { usedPercent: 2 } });
  });

  it("says what a script lacks", () => {
    expect(turn({}, [ORDER]).act).toMatchObject({ kind: "missing" });
    const noFinal: ScriptInput = { worker: [{ steps: [{ run: "a" }] }] };
    expect(turn(noFinal, [ORDER, output("call_cco_0_0_0")]).act).toMatchObject({ kind: "missing" });
  });
});

describe("a command that goes on", () => {
  const running = "Wall time: 30 seconds\nProcess running with session ID 91\nOutput:\n";

  it("is waited for until its time is over", () => {
    const script: ScriptInput = { worker: [{ steps: [{ run: "sleep", timeoutMs: 70_000 }, { final: "x" }] }] };
    expect(turn(script, [ORDER, output("call_cco_0_0_0", running)]).act).toMatchObject({
      id: "call_cco_0_0_1",
      call: { name: "write_stdin", arguments: { session_id: 91, yield_time_ms: 30_000 } },
    });
    expect(turn(script, [ORDER, output("call_cco_0_0_1", running)]).act).toMatchObject({
      call: { arguments: { yield_time_ms: 10_000 } },
    });
    expect(turn(script, [ORDER, output("call_cco_0_0_2", running)]).act).toMatchObject({ kind: "final" });
  });

  it("is not confused with a command that prints such words", () => {
    expect(stillRunning("Process exited with code 0\nOutput:\nProcess running with session ID 3\n")).toBeUndefined();
    expect(stillRunning("Script running with cell ID a1\nOutput:\n")).toEqual({ cell: "a1" });
    expect(pollFor({ run: "x", timeoutMs: 100 }, { session: 1 }, 1)).toBeUndefined();
  });
});
