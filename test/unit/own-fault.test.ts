import { describe, expect, it } from "vitest";
import { type FaultContext, ownFault } from "../../src/decide/review/own-fault.ts";
import { verifies } from "../requirements.ts";
import { reviewEnvelope } from "../support/review-envelope.ts";

verifies("E3", "K1");

const COPY = "/b/worktrees/t~1";
const CONTEXT: FaultContext = {
  envelope: reviewEnvelope({ acceptance: [{ text: "src/limiter.js exports createLimiter" }] }),
  changed: ["src/limit.js", "bin/tool.sh"],
  testPath: "test/c1.test.js",
  scratch: COPY,
};

/** What programs really print when evidence is wrong by itself. */
const OWN: readonly (readonly [name: string, exitCode: number, output: string])[] = [
  ["a missing tool", 127, "/bin/sh: 1: frobnicate: not found\n"],
  ["a tool that may not run", 126, "/bin/sh: 1: ./test/c1.sh: Permission denied\n"],
  ["a spawned tool", 1, "Error: spawn cargo ENOENT\n    at ChildProcess._handle.onexit"],
  [
    "node syntax",
    1,
    `file://${COPY}/test/c1.test.js:3\n  const = 1;\n        ^\n\nSyntaxError: Unexpected token '='\n    at compileSourceTextModule`,
  ],
  [
    "a module that nobody ordered",
    1,
    `Error [ERR_MODULE_NOT_FOUND]: Cannot find module '${COPY}/src/nope.js' imported from ${COPY}/test/c1.test.js`,
  ],
  ["a package", 1, `Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'chai' imported from ${COPY}/test/c1.test.js`],
  [
    "an export that nobody ordered",
    1,
    `file://${COPY}/test/c1.test.js:1\nimport { nope } from "../src/limit.js";\n         ^^^^\nSyntaxError: The requested module '../src/limit.js' does not provide an export named 'nope'`,
  ],
  [
    "a python module",
    1,
    "Traceback (most recent call last):\n  File \"c1.py\", line 1, in <module>\nModuleNotFoundError: No module named 'numpy'",
  ],
  ["python syntax", 1, '  File "test/c1.test.js", line 2\n    def\n       ^\nSyntaxError: invalid syntax'],
  ["no test", 1, "No test files found, exiting with code 1"],
  ["pytest without tests", 5, "collected 0 items\n\n== no tests ran in 0.01s =="],
  ["a missing script", 1, 'npm error Missing script: "check"'],
  ["the network", 1, "Error: getaddrinfo EAI_AGAIN registry.npmjs.org"],
  ["localhost", 1, "Error: listen EPERM: operation not permitted 127.0.0.1:8080"],
  ["a write outside", 1, "sh: 1: cannot create /etc/x: Read-only file system"],
  ["a denied write outside", 1, "Error: EACCES: permission denied, open '/etc/x'"],
  [
    "a name that the test forgot",
    1,
    `ReferenceError: assert is not defined\n    at file://${COPY}/test/c1.test.js:4:3`,
  ],
  ["an assertion that does not exist", 1, "TypeError: assert.equals is not a function\n    at test/c1.test.js:4"],
  ["a shell syntax error", 2, "test/c1.test.js: 3: Syntax error: end of file unexpected"],
];

/** What looks alike and is the change's doing. */
const OF_THE_CHANGE: typeof OWN = [
  ["an assertion", 1, `AssertionError [ERR_ASSERTION]: 1 !== 2\n    at file://${COPY}/test/c1.test.js:5:8`],
  ["syntax in a changed file", 1, `file://${COPY}/src/limit.js:3\n  const = 1;\n\nSyntaxError: Unexpected token '='`],
  [
    "a neighbour that a changed file lacks",
    1,
    `Error: Cannot find module '${COPY}/src/util.js' imported from ${COPY}/src/limit.js`,
  ],
  [
    "a file that was ordered",
    1,
    `Error: Cannot find module '${COPY}/src/limiter.js' imported from ${COPY}/test/c1.test.js`,
  ],
  [
    "an export that was ordered",
    1,
    `SyntaxError: The requested module '../src/limit.js' does not provide an export named 'createLimiter'`,
  ],
  [
    "text that the change printed",
    1,
    `SyntaxError: Unexpected end of JSON input\n    at JSON.parse (<anonymous>)\n    at file://${COPY}/test/c1.test.js:5`,
  ],
  [
    "a name that the change forgot",
    1,
    `ReferenceError: tokens is not defined\n    at allow (file://${COPY}/src/limit.js:9:3)\n    at file://${COPY}/test/c1.test.js:4:3`,
  ],
  ["a script of the change that may not run", 126, "/bin/sh: 1: ./bin/tool.sh: Permission denied\n"],
];

describe("what lies outside of the copy", () => {
  const output = (error: string): string =>
    `not ok 1 - n\n  error: ${error}\n  stack: |-\n    Object.openSync (node:fs:573:18)\n    async TestContext.<anonymous> (file://${COPY}/test/c1.test.js:4:25)\n`;
  const fault = (error: string, evidence: string): string | null =>
    ownFault({ exitCode: 1, output: output(error) }, { ...CONTEXT, evidence });

  it("is the network, when the evidence itself names another machine", () => {
    expect(fault("'fetch failed'", 'await fetch("http://example.com")')).toContain("network");
    expect(fault("'fetch failed'", 'await fetch("https://93.184.216.34/")')).toContain("network");
    expect(fault("'fetch failed'", "await fetch(`http://127.0.0.1:${port}/`)")).toBeNull();
    expect(fault("'fetch failed'", "await fetch(server.url)")).toBeNull();
  });

  it("is a file that the test reads and nobody has to write", () => {
    expect(fault("\"ENOENT: no such file or directory, open '/home/u/nope.json'\"", "")).toContain(
      "outside of the copy",
    );
    expect(fault("\"ENOENT: no such file or directory, open '/tmp/out.json'\"", "")).toBeNull();
    expect(fault(`"ENOENT: no such file or directory, open '${COPY}/out.json'"`, "")).toBeNull();
  });
});

describe("a red run", () => {
  it.each(OWN)("is of its own making: %s", (_name, exitCode, output) => {
    expect(ownFault({ exitCode, output }, CONTEXT)).not.toBeNull();
  });

  it.each(OF_THE_CHANGE)("speaks against the change: %s", (_name, exitCode, output) => {
    expect(ownFault({ exitCode, output }, CONTEXT)).toBeNull();
  });
});
