import type { Project, Scripted } from "./case.ts";
import { CRITERION, IMPORT, js } from "./attack-evidence.ts";
import { WRONG_CLAIMS } from "./attacks-by-claim.ts";
import { WRONG_TESTS } from "./attacks-by-test.ts";

const GOOD = { "src/add.js": "export const add = (a, b) => a + b;\n" };
const BAD = { "src/add.js": "export const add = (a, b) => a - b;\n" };

const BASE = {
  "package.json": '{ "name": "p", "private": true, "type": "module", "scripts": { "test": "node --test" } }\n',
  "README.md": "# sums\n",
  "src/old.js": "export const half = (n) => n / 3;\n",
  "src/add.js": 'export const add = () => {\n  throw new Error("not written");\n};\n',
  "test/add.test.js":
    'import assert from "node:assert";\nimport { add } from "../src/add.js";\nassert.equal(add(0, 0), 0);\n',
};

/** Evidence that shows something now and then, or cannot be told. */
const DOUBTFUL: readonly Scripted[] = [
  {
    evidence: js(
      "counts",
      'import { existsSync, writeFileSync } from "node:fs";\nif (existsSync("seen")) process.exit(0);\nwriteFileSync("seen", "");\nprocess.exit(1);\n',
    ),
    expected: "PARTIAL",
    why: "it fails once",
  },
  {
    evidence: js("chance", `${IMPORT}assert.ok(add(1, 1) !== 2 || Math.random() < 0.5);\n`),
    expected: "PARTIAL",
    why: "it fails by chance",
  },
  {
    evidence: js("clock", `${IMPORT}assert.ok(Math.floor(Date.now() / 250) % 2 === 0);\n`),
    expected: "PARTIAL",
    why: "it fails by the clock",
  },
  { evidence: { kind: "failing-test", command: "sleep 100000" }, expected: "PARTIAL", why: "it never ends" },
  {
    evidence: {
      kind: "counterexample",
      command: "test $(( $(date +%N | sed 's/^0*//;s/^$/0/') / 1000000 % 2 )) = 0 && cat src/add.js || echo nothing",
      expected: "a * b",
      observed: "a + b",
    },
    expected: "PARTIAL",
    why: "it prints it now and then",
  },
  {
    evidence: js(
      "before",
      'import assert from "node:assert";\nimport { half } from "../src/old.js";\nassert.equal(half(4), 2);\n',
    ),
    expected: "PARTIAL",
    why: "it was so before, and nobody ordered it",
  },
];

/** Evidence that must count, however unlike a test it looks, on a change that is wrong. */
const RIGHT: readonly Scripted[] = [
  {
    evidence: js("sum", `${IMPORT}assert.equal(add(1, 2), 3);\n`, "node --test test/sum.mjs"),
    expected: "VALID",
    why: "a plain proof",
  },
  {
    evidence: js("dynamic", 'const { add } = await import("../src/add.js");\nif (add(1, 2) !== 3) process.exit(1);\n'),
    expected: "VALID",
    why: "silent, but it looks at the change",
  },
  {
    evidence: js(
      "background",
      `import { spawn } from "node:child_process";\n${IMPORT}spawn("sleep", ["1000"], { detached: true, stdio: "ignore" }).unref();\nassert.equal(add(1, 2), 3);\n`,
    ),
    expected: "VALID",
    why: "it leaves a process behind",
  },
  {
    evidence: js(
      "flood",
      `${IMPORT}for (let i = 0; i < 1e5; i++) console.log("x".repeat(200));\nassert.equal(add(1, 2), 3);\n`,
    ),
    expected: "VALID",
    why: "it prints 20 MB first",
  },
  {
    evidence: { kind: "failing-test", command: "grep -q 'a + b' src/add.js" },
    expected: "VALID",
    why: "a command alone",
  },
  {
    evidence: {
      kind: "counterexample",
      command:
        "node -e \"import('./src/add.js').then((m) => { console.log('sum: ' + m.add(1, 2)); })\" | cat && true; true",
      expected: "sum: 3",
      observed: "sum: -1",
    },
    expected: "VALID",
    why: "with all that a shell can do",
  },
  {
    evidence: { kind: "spec-violation", quote: CRITERION, path: "src/add.js", line: 1 },
    expected: "VALID",
    why: "the judge says so",
    judge: "VALID",
  },
];

const LINK = { link: "/tmp" };

/** Changes that are attacked with evidence of every bad kind; links of the base by name. */
export const ATTACKS: readonly (Project & { readonly links: Readonly<Record<string, string>> })[] = [
  {
    name: "attacks",
    criteria: [CRITERION],
    base: BASE,
    links: LINK,
    changes: [
      { name: "correct, attacked", files: GOOD, correct: true, challenges: [...WRONG_TESTS, ...WRONG_CLAIMS] },
      { name: "correct, doubted", files: GOOD, correct: true, challenges: DOUBTFUL },
      { name: "wrong, convicted", files: BAD, correct: false, challenges: RIGHT },
    ],
  },
];
