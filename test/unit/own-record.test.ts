import { describe, expect, it } from "vitest";
import { callUnderWay, readOwnRecord } from "../../src/process/own-record.ts";

const MARKS = { prefix: "rollout-", callBegins: '_call"', callEnds: '_call_output"' };
const begin = (id: string, type = "function_call") =>
  JSON.stringify({
    type: "response_item",
    payload: { type, name: "exec_command", arguments: '{"cmd":"x"}', call_id: id },
  });
const end = (id: string) =>
  JSON.stringify({
    type: "response_item",
    payload: { type: "function_call_output", call_id: id, output: "a _call b" },
  });

describe("the record of a worker", () => {
  it.each([
    ["nothing", [], null],
    ["no call", ['{"type":"session_meta"}', "torn {"], null],
    ["a call without an id", [begin("", "web_search_call").replace(',"call_id":""', "")], null],
    ["a call that began", [begin("a")], true],
    ["a call that ended", [begin("a"), end("a")], false],
    ["one of two", [begin("a"), begin("b", "custom_tool_call"), end("a")], true],
    ["an end whose begin is not in sight", [end("z"), begin("a"), end("a")], false],
    ["an id in quotes inside the text", [JSON.stringify({ t: "x_call", a: '_call" "call_id":"q"' }), begin("a")], true],
  ])("tells of %s", (_case, lines, inCall) => {
    expect(callUnderWay(lines.join("\n"), MARKS)).toBe(inCall);
  });

  it("is none for a process that holds none open, or that is gone", () => {
    expect(readOwnRecord([process.pid, 2 ** 30], MARKS)).toBeNull();
  });
});
