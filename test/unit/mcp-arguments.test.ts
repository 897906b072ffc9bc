import { describe, expect, it } from "vitest";
import { z } from "zod";
import { readArguments } from "../../src/mcp/arguments.ts";
import { verifies } from "../requirements.ts";

const TOOL = {
  name: "wait",
  arguments: z.strictObject({ tasks: z.array(z.string()).optional(), seconds: z.number().optional() }),
};

describe("the arguments of a call", () => {
  verifies("J2");

  it.each([
    ["one name for a list", { tasks: "add-limiter" }, { tasks: ["add-limiter"] }],
    ["a list as text", { tasks: '["a","b"]' }, { tasks: ["a", "b"] }],
    ["a number as text", { seconds: "5" }, { seconds: 5 }],
    ["null for nothing", { tasks: null }, {}],
    ["an object as text", '{"seconds":1}', { seconds: 1 }],
  ])("may be %s", (_name, given, read) => {
    expect(readArguments(TOOL, given)).toEqual(read);
  });

  it("are refused with what they may be", () => {
    expect(() => readArguments(TOOL, { seconds: "soon" })).toThrow(/seconds/);
    expect(() => readArguments(TOOL, { task: "a" })).toThrow(/tasks is meant/);
  });
});
