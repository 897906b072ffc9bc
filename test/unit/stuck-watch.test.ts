import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { METER } from "../../src/codex/session/session-marks.ts";
import { readRepeated } from "../../src/codex/session/repeated.ts";
import { type CallState, watchCalls } from "../../src/process/call-watch.ts";
import { verifies } from "../requirements.ts";

verifies("F5");

let calls = 0;

const item = (payload: object): string => JSON.stringify({ type: "response_item", payload });

/** A call and its result as both versions note them; chunk ids and times differ each time. */
function ran(cmd: string, output: string, { head = "Process exited with code 1" } = {}): string[] {
  calls += 1;
  const call_id = `call_${calls}`;
  const args = JSON.stringify({ cmd, yield_time_ms: 30_000 });
  const said = `Chunk ID: ${calls}ab\nWall time: 0.${calls} seconds\n${head}\nOutput:\n${output}`;
  return [
    item({ type: "function_call", name: "exec_command", arguments: args, call_id }),
    item({ type: "function_call_output", call_id, output: said }),
  ];
}

function inCodeMode(script: string, output: string): string[] {
  calls += 1;
  const call_id = `call_${calls}`;
  const blocks = [
    { type: "input_text", text: `Script completed\nWall time 0.${calls} seconds\nOutput:\n` },
    { type: "input_text", text: JSON.stringify({ chunk_id: `${calls}`, wall_time_seconds: calls / 1e5, output }) },
  ];
  return [
    item({ type: "custom_tool_call", name: "exec", input: script, call_id }),
    item({ type: "custom_tool_call_output", call_id, output: blocks }),
  ];
}

function polled(session: number, output: string, { running }: { running: boolean }): string[] {
  calls += 1;
  const call_id = `call_${calls}`;
  const head = running ? `Process running with session ID ${session}` : "Process exited with code 0";
  const args = JSON.stringify({ session_id: session, chars: "", yield_time_ms: 30_000 });
  return [
    item({ type: "function_call", name: "write_stdin", arguments: args, call_id }),
    item({ type: "function_call_output", call_id, output: `Chunk ID: ${calls}\n${head}\nOutput:\n${output}` }),
  ];
}

function called(name: string, given: string, output: string): string[] {
  calls += 1;
  const call_id = `call_${calls}`;
  return [
    item({ type: "function_call", name, arguments: given, call_id }),
    item({ type: "function_call_output", call_id, output }),
  ];
}

const planned = (text: string): string[] => called("update_plan", text, "Plan updated");

const said = (role: string): string[] => [item({ type: "message", role, content: [] })];
const times = (count: number, make: (n: number) => string[]): string[] =>
  Array.from({ length: count }, (_, n) => make(n)).flat();

const marks = METER.calls;
if (marks === undefined) throw new Error("no marks of calls");

function watched(lines: readonly string[], repeats = 10): CallState {
  const watch = watchCalls(marks as NonNullable<typeof marks>, repeats);
  for (const line of lines) {
    const isCall =
      METER.call.all.every((text) => line.includes(text)) && !METER.call.none.some((t) => line.includes(t));
    if (isCall) watch.call(line);
    else watch.other(line);
  }
  return watch.state();
}

const same = (): string[] => ran("npm test", "1 failed\n");

describe("a worker that goes in circles", () => {
  it.each<[string, string[], number]>([
    ["one command", times(10, same), 10],
    ["one command, with words of the model in between", times(10, () => [...said("assistant"), ...same()]), 10],
    ["one script of code mode", times(10, () => inCodeMode("text(await tools.exec_command({}))", "no")), 10],
    ["two in turn", times(10, () => [...ran("a", "1"), ...ran("b", "2")]), 10],
    ["edit, check, undo", times(10, () => [...ran("a", "1"), ...ran("b", "2"), ...ran("c", "3")]), 10],
    ["a short sleep in it", times(10, () => ran("npm test; sleep 0.4", "no")), 10],
    ["looks that wait themselves, after three times as many", times(30, () => ran("sleep 2; cat log", "no")), 30],
    [
      "long runs that are waited for",
      times(10, (n) => [...running("npm test", n), ...polled(n, "no", { running: false })]),
      10,
    ],
  ])("is seen: %s", (_name, lines, count) => {
    expect(watched(lines).repeated?.times).toBe(count);
    expect(watched(lines.slice(0, -2)).repeated).toBeNull();
    expect(watched(lines, 0).repeated).toBeNull();
  });

  it.each<[string, string[]]>([
    ["polling with a changing output", times(60, (n) => ran("cat progress", `${n} %`))],
    ["polling that waits, with the same output for a while", times(29, () => ran("sleep 30; tail -1 log", "building"))],
    [
      "a quiet build that is waited for",
      [...running("make", 7), ...times(200, () => polled(7, "", { running: true }))],
    ],
    [
      "quiet long commands, one after the other",
      times(40, (n) => [...running(`make part${n}`, n), ...polled(n, "", { running: false })]),
    ],
    ["the same check after different edits", times(40, (n) => [...ran(`sed -i s/a/${n}/ x`, ""), ...same()])],
    ["the same check with other numbers", times(40, (n) => ran("npm test", `${n} failed`))],
    ["a tool that only waits", times(60, () => called("sleep", '{"duration_ms":60000}', "60 s"))],
    [
      "looks of code mode that wait themselves",
      times(29, () => inCodeMode("await tools.sleep({ duration_ms: 30000 }); text(log)", "no")),
    ],
    ["something new in between", [...times(9, same), ...ran("ls", "x"), ...times(9, same)]],
    ["a person who spoke", [...times(9, same), ...said("user"), ...times(9, same)]],
    [
      "a memory that was cut",
      [...times(9, same), JSON.stringify({ type: "compacted", payload: {} }), ...times(9, same)],
    ],
    ["a plan that moves on", times(40, (n) => [...planned(`step ${n}`), ...same()])],
    ["what it did before it found another way", [...times(12, same), ...ran("ls", "x")]],
    ["a round of four", times(40, () => ["a", "b", "c", "d"].flatMap((cmd) => ran(cmd, "")))],
  ])("is not: %s", (_name, lines) => {
    expect(watched(lines).repeated).toBeNull();
  });

  it.each(["0.124.0", "0.169.0"])("is not in the record of a healthy session (%s)", (version) => {
    const file = new URL(`../fixtures/triage/${version}.rollout.jsonl`, import.meta.url);
    const lines = readFileSync(file, "utf8").trim().split("\n");
    const state = watched(
      lines.map((line) => JSON.stringify(JSON.parse(line))),
      3,
    );
    expect(state.repeated).toBeNull();
    expect(state.work).toBeGreaterThan(25);
  });

  it("is never seen where no call comes as often as that, and always where one call alone does", () => {
    const stories = fc.array(fc.record({ cmd: fc.integer({ min: 0, max: 5 }), out: fc.integer({ min: 0, max: 2 }) }), {
      maxLength: 120,
    });
    fc.assert(
      fc.property(stories, fc.integer({ min: 2, max: 12 }), (story, repeats) => {
        const state = watched(
          story.flatMap(({ cmd, out }) => ran(`c${cmd}`, `o${out}`)),
          repeats,
        );
        const all = story.map(({ cmd, out }) => `${cmd}/${out}`);
        const most = Math.max(0, ...all.map((one) => all.filter((other) => other === one).length));
        if (state.repeated !== null) expect(most).toBeGreaterThanOrEqual(repeats);
        const last = story.slice(-repeats).map(({ cmd, out }) => `${cmd}/${out}`);
        if (last.length === repeats && new Set(last).size === 1) expect(state.repeated).not.toBeNull();
        expect(state.work).toBe(story.length);
      }),
    );
  });

  it("does not fail on lines of any kind", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string(), fc.json(), fc.constant('{"type":"response_item","_call_output","'))),
        (lines) => {
          expect(watched(lines)).toEqual({ work: 0, repeated: null, isOver: false });
        },
      ),
    );
  });

  it("counts only what is work", () => {
    const lines = [
      ...planned("a"),
      ...running("make", 1),
      ...polled(1, "", { running: true }),
      ...polled(1, "", { running: false }),
      ...same(),
    ];
    expect(watched(lines).work).toBe(2);
    expect(watched([...lines, '{"type":"event_msg","payload":{"type":"task_complete"}}']).isOver).toBe(true);
  });

  it("is told in its own words, a patch as the patch", async () => {
    const dir = mkdtempSync(join(tmpdir(), "cco-repeated-"));
    try {
      const patch = "*** Begin Patch\n*** Add File: src/b.txt\n+b\n*** End Patch";
      const script = inCodeMode(`text(await tools.apply_patch(${JSON.stringify(patch)}))`, "Success\n");
      const command = ran("npm test", "1 failed\n");
      writeFileSync(join(dir, "r.jsonl"), [...script, ...command].join("\n"));
      const detail = `WORKER_STUCK: the same 2 calls in turn 10 times, each time with the same result [call_${calls - 1} call_${calls}]`;
      const exit = { v: 1, reason: "stuck", code: 1, signal: null, detail, startedAt: "", endedAt: "" } as const;
      expect(await readRepeated(exit, join(dir, "r.jsonl"))).toEqual({
        times: 10,
        calls: [
          { kind: "patch", what: patch, result: "Success" },
          { kind: "command", what: "npm test", result: "1 failed" },
        ],
      });
      expect(await readRepeated({ ...exit, detail: "WORKER_STUCK: 21 tool calls" }, join(dir, "r.jsonl"))).toBeNull();
      expect(await readRepeated({ ...exit, reason: "budget" }, join(dir, "r.jsonl"))).toBeNull();
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});

function running(cmd: string, session: number): string[] {
  return ran(cmd, "", { head: `Process running with session ID ${session}` });
}

it("takes no time for what is long and odd", () => {
  const odd = [
    "sleep ".repeat(50_000),
    `sleep ${"0".repeat(300_000)}`,
    `sleep${" ".repeat(300_000)}`,
    "setTimeout(".repeat(30_000),
  ];
  const began = performance.now();
  watched(odd.flatMap((text) => [...ran(text, text), ...inCodeMode(text, text)]));
  expect(performance.now() - began).toBeLessThan(2000);
});
