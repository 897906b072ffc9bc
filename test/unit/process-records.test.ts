import { describe, expect, it } from "vitest";
import { makeOutputTail } from "../../src/process/output-tail.ts";
import { parseStat } from "../../src/process/process-table.ts";
import { parseSupervisedCommand } from "../../src/process/supervised-command.ts";

const COMMAND = {
  v: 1,
  argv: ["/bin/true"],
  cwd: "/tmp",
  envNames: ["PATH"],
  envSet: { A: "1" },
  stdin: "/a/prompt.md",
  stdout: "/a/events.jsonl",
  stderr: "/a/stderr.log",
  limits: { hardMs: 1, silenceMs: 1, killGraceMs: 1, outputBytes: 1 },
  signsOfLife: ["/a"],
};

describe("a line of /proc/PID/stat", () => {
  const rest = "S 2 3 4 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 123456 1000 10";

  it.each(["(sleep)", "(a b)", "(a) S 9 9 9)", "((()", "(\n)"])(
    "is read whatever the command is called: %s",
    (name) => {
      const row = { pid: 77, ppid: 2, group: 3, session: 4, startTime: "123456", zombie: false };
      expect(parseStat(`77 ${name} ${rest}\n`)).toEqual(row);
    },
  );

  it("knows zombies", () => {
    expect(parseStat(`77 (x) ${rest.replace("S", "Z")}`)).toMatchObject({ zombie: true });
  });

  it.each(["", "77", "77 (x)", "x (y) S"])("is null when it is none: %s", (line) => {
    expect(parseStat(line)).toBeNull();
  });
});

describe("command.json", () => {
  it("is read as it was written", () => {
    expect(parseSupervisedCommand(JSON.stringify(COMMAND))).toEqual(COMMAND);
  });

  it("may have a soft limit and a budget", () => {
    const limits = { softMs: 2, ...COMMAND.limits, budgetMs: 3 };
    expect(parseSupervisedCommand(JSON.stringify({ ...COMMAND, limits }))).toEqual({ ...COMMAND, limits });
  });

  it("may say what shows life", () => {
    const life = { noise: ["x"], record: { prefix: "r", callBegins: "a", callEnds: "b" } };
    expect(parseSupervisedCommand(JSON.stringify({ ...COMMAND, life }))).toEqual({ ...COMMAND, life });
  });

  it.each<[string, unknown]>([
    ["life", { ...COMMAND, life: null }],
    ["life", { ...COMMAND, life: { noise: "x", record: {} } }],
    ["life", { ...COMMAND, life: { noise: [], record: { prefix: 1, callBegins: "", callEnds: "" } } }],
    ["object", []],
    ["object", "text"],
    ["version", { ...COMMAND, v: 2 }],
    ["argv", { ...COMMAND, argv: [] }],
    ["argv", { ...COMMAND, argv: "/bin/true" }],
    ["argv", { ...COMMAND, argv: ["/bin/true", 1] }],
    ["cwd", { ...COMMAND, cwd: "relative" }],
    ["envNames", { ...COMMAND, envNames: null }],
    ["envSet", { ...COMMAND, envSet: { A: 1 } }],
    ["stdin", { ...COMMAND, stdin: "prompt.md" }],
    ["stdout", { ...COMMAND, stdout: undefined }],
    ["signsOfLife", { ...COMMAND, signsOfLife: ["x"] }],
    ["limits", { ...COMMAND, limits: { ...COMMAND.limits, hardMs: 0 } }],
    ["limits", { ...COMMAND, limits: { ...COMMAND.limits, outputBytes: "1" } }],
    ["limits", { ...COMMAND, limits: null }],
    ["limits", { ...COMMAND, limits: { ...COMMAND.limits, softMs: 0 } }],
    ["limits", { ...COMMAND, limits: { ...COMMAND.limits, budgetMs: "1" } }],
  ])("names what is wrong: %s", (word, given) => {
    expect(parseSupervisedCommand(JSON.stringify(given))).toContain(word);
  });

  it("is no JSON", () => {
    expect(parseSupervisedCommand("{")).toContain("JSON");
  });
});

describe("the tail of an output", () => {
  it("keeps everything below the limit", () => {
    const tail = makeOutputTail(10);
    for (const text of ["ab", "cd", "ef"]) tail.push(Buffer.from(text));
    expect(tail.text()).toBe("abcdef");
  });

  it.each([
    [6, "üßé"],
    [5, "ßé"],
    [4, "ßé"],
    [3, "é"],
    [0, ""],
  ])("cuts at whole characters: %d bytes", (limit, expected) => {
    const tail = makeOutputTail(limit);
    for (const byte of Buffer.from("äüßé")) tail.push(Buffer.of(byte));
    expect(tail.text()).toBe(expected);
  });

  it("leaves bytes alone that it did not cut", () => {
    const tail = makeOutputTail(10);
    tail.push(Buffer.of(0x80, 0x41));
    expect(tail.text()).toBe("\ufffdA");
  });
});
