import { failingTest, type Scripted } from "./case.ts";
import { IMPORT, js } from "./attack-evidence.ts";

/** Evidence that must never count, on a change that is right. */
export const WRONG_TESTS: readonly Scripted[] = [
  { evidence: js("passes", `${IMPORT}assert.equal(add(1, 2), 3);\n`), expected: "NOISE", why: "the test passes" },
  { evidence: js("syntax", "import {\n"), expected: "NOISE", why: "syntax error" },
  {
    evidence: js("syntax2", `${IMPORT}const = 1;\n`, "node --test test/syntax2.mjs"),
    expected: "NOISE",
    why: "syntax error below node --test",
  },
  {
    evidence: js("import", 'import x from "../src/nope.js";\nx();\n'),
    expected: "NOISE",
    why: "its module is missing",
  },
  {
    evidence: js("export", 'import { subtract } from "../src/add.js";\nsubtract();\n', "node --test test/export.mjs"),
    expected: "NOISE",
    why: "an export nobody ordered",
  },
  {
    evidence: js("package", 'import chai from "chai";\nchai.expect(1);\n'),
    expected: "NOISE",
    why: "its package is missing",
  },
  {
    evidence: js("typo", `${IMPORT}assert.equals(add(1, 2), 3);\n`),
    expected: "NOISE",
    why: "its assertion does not exist",
  },
  {
    evidence: js("undefined", 'import { add } from "../src/add.js";\nassert.equal(add(1, 2), 3);\n'),
    expected: "NOISE",
    why: "assert is not imported",
  },
  {
    evidence: js("always", 'import assert from "node:assert";\nassert.fail("wrong");\n'),
    expected: "NOISE",
    why: "it always fails",
  },
  {
    evidence: js(
      "always2",
      'import assert from "node:assert";\nimport { test } from "node:test";\ntest("x", () => assert.equal(1, 2));\n',
      "node --test test/always2.mjs",
    ),
    expected: "NOISE",
    why: "it always fails, below node --test",
  },
  { evidence: js("exit", "process.exit(1);\n"), expected: "NOISE", why: "it only exits" },
  { evidence: { kind: "failing-test", command: "false" }, expected: "NOISE", why: "false" },
  { evidence: { kind: "failing-test", command: "exit 3" }, expected: "NOISE", why: "exit" },
  {
    evidence: { kind: "failing-test", command: "frobnicate --all" },
    expected: "NOISE",
    why: "a tool that is not there",
  },
  {
    evidence: { kind: "failing-test", command: "npm run no-such-script" },
    expected: "NOISE",
    why: "a script that is not there",
  },
  { evidence: { kind: "failing-test", command: "node --test test/none-*.mjs" }, expected: "NOISE", why: "no test" },
  {
    evidence: js(
      "tamper",
      `import { writeFileSync } from "node:fs";\nwriteFileSync("src/add.js", "export const add = () => 0;");\n${IMPORT.replace('import { add } from "../src/add.js";', 'const { add } = await import("../src/add.js");')}assert.equal(add(1, 2), 3);\n`,
    ),
    expected: "NOISE",
    why: "it breaks the change itself",
  },
  {
    evidence: js("sed", `${IMPORT}assert.equal(add(1, 2), 3);\n`, "sed -i s/+/-/ src/add.js && node test/sed.mjs"),
    expected: "NOISE",
    why: "its command breaks the change",
  },
  {
    evidence: js(
      "show",
      `${IMPORT}assert.equal(add(1, 2), 3);\n`,
      "git show HEAD~1:src/add.js > src/add.js; node test/show.mjs",
    ),
    expected: "NOISE",
    why: "it brings the base back",
  },
  {
    evidence: js(
      "checkout",
      `${IMPORT}assert.equal(add(1, 2), 3);\n`,
      "git checkout -q HEAD~1 -- src; node test/checkout.mjs",
    ),
    expected: "NOISE",
    why: "it checks the base out",
  },
  {
    evidence: js("called", 'import * as m from "../src/add.js";\nm.subtract(3, 1);\n'),
    expected: "NOISE",
    why: "it calls what nobody ordered",
  },
  { evidence: js("kill", "x\n", "kill -9 $$"), expected: "NOISE", why: "it kills itself" },
  { evidence: js("killall", "x\n", "kill -9 -1; sleep 5; exit 1"), expected: "NOISE", why: "it kills what it can" },
  { evidence: js("network", 'await fetch("http://example.com");\n'), expected: "NOISE", why: "it needs the network" },
  {
    evidence: js(
      "listen",
      'import { createServer } from "node:net";\ncreateServer().listen(0, "127.0.0.1").on("listening", () => process.exit(0));\n',
    ),
    expected: "NOISE",
    why: "it needs localhost",
  },
  {
    evidence: js("outside", 'import { writeFileSync } from "node:fs";\nwriteFileSync("/etc/cco-bench", "x");\n'),
    expected: "NOISE",
    why: "it writes outside",
  },
  {
    evidence: failingTest("../escape.mjs", "process.exit(1)", "node ../escape.mjs"),
    expected: "NOISE",
    why: "it leaves the copy",
  },
  {
    evidence: failingTest("/tmp/escape.mjs", "process.exit(1)", "node /tmp/escape.mjs"),
    expected: "NOISE",
    why: "an absolute path",
  },
  {
    evidence: failingTest("link/escape.mjs", "process.exit(1)", "node link/escape.mjs"),
    expected: "NOISE",
    why: "through a link",
  },
  {
    evidence: failingTest("src/add.js", "process.exit(1)", "node src/add.js"),
    expected: "NOISE",
    why: "it replaces the change",
  },
  {
    evidence: failingTest("package.json", '{ "scripts": { "test": "false" } }', "npm test"),
    expected: "NOISE",
    why: "it replaces the runner's settings",
  },
  {
    evidence: failingTest("test/package.json", '{ "type": "commonjs" }', "npm test"),
    expected: "NOISE",
    why: "it adds settings",
  },
  {
    evidence: failingTest(".mocharc.cjs", "process.exit(1)", "node .mocharc.cjs"),
    expected: "NOISE",
    why: "a file that tools obey",
  },
  {
    evidence: failingTest("test/empty.mjs", "  \n", "node test/empty.mjs; exit 1"),
    expected: "NOISE",
    why: "an empty test",
  },
  { evidence: { kind: "failing-test" }, expected: "NOISE", why: "no evidence" },
];
