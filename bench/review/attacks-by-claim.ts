import type { Scripted } from "./case.ts";
import { CRITERION } from "./attack-evidence.ts";

/** Claims without a test file that must never count, on a change that is right. */
export const WRONG_CLAIMS: readonly Scripted[] = [
  {
    evidence: { kind: "counterexample", command: "echo 4", expected: "3", observed: "4" },
    expected: "NOISE",
    why: "it prints it itself",
  },
  {
    evidence: { kind: "counterexample", command: "cat src/add.js; echo 4", expected: "3", observed: "4" },
    expected: "NOISE",
    why: "it prints it itself, beside the change",
  },
  {
    evidence: {
      kind: "counterexample",
      command: "node -e \"import('./src/add.js').then((m) => console.log(m.add(5, 5)))\"",
      expected: "11",
      observed: "0",
    },
    expected: "NOISE",
    why: "0 is within 10",
  },
  {
    evidence: {
      kind: "counterexample",
      command: "node -e \"import('./src/add.js').then((m) => console.log(m.add(1, 2)))\"",
      expected: "3",
      observed: "",
    },
    expected: "NOISE",
    why: "nothing observed",
  },
  {
    evidence: {
      kind: "counterexample",
      command: "node -e \"import('./src/add.js').then((m) => console.log(m.add(1, 2)))\"",
      observed: "3",
    },
    expected: "NOISE",
    why: "nothing expected",
  },
  {
    evidence: {
      kind: "counterexample",
      command: "node -e \"import('./src/add.js').then((m) => console.log(m.add(1, 2), 'and more'))\"",
      expected: "3",
      observed: "and more",
    },
    expected: "NOISE",
    why: "the expected is printed as well",
  },
  {
    evidence: { kind: "counterexample", command: "node ./missing.js", expected: "3", observed: "Cannot find module" },
    expected: "NOISE",
    why: "its own file is missing",
  },
  {
    evidence: { kind: "counterexample", command: "addtool 1 2", expected: "3", observed: "not found" },
    expected: "NOISE",
    why: "its tool is missing",
  },
  {
    evidence: {
      kind: "counterexample",
      command: "yes wrong | head -c 100000000; echo done",
      expected: "right",
      observed: "wrong",
    },
    expected: "NOISE",
    why: "100 MB of its own words",
  },
  {
    evidence: { kind: "spec-violation", quote: "add(a, b) must never return a float", path: "src/add.js", line: 1 },
    expected: "NOISE",
    why: "a quote that is forged",
    judge: "VALID",
  },
  {
    evidence: { kind: "spec-violation", quote: CRITERION, path: "src/nowhere.js", line: 1 },
    expected: "NOISE",
    why: "a file that is not there",
    judge: "VALID",
  },
  {
    evidence: { kind: "spec-violation", quote: CRITERION, path: "src/add.js", line: 99 },
    expected: "NOISE",
    why: "a line that is not there",
    judge: "VALID",
  },
  {
    evidence: { kind: "spec-violation", quote: CRITERION, path: "src/add.js", line: 1 },
    expected: "NOISE",
    why: "the judge says so",
    judge: "NOISE",
  },
  {
    evidence: { kind: "spec-violation", quote: "  add(a, b)  is the SUM ", path: "./src/add.js", line: 1 },
    expected: "PARTIAL",
    why: "the judge is silent",
  },
  {
    evidence: { kind: "regression", command: "echo 5", expected: "0.5" },
    expected: "NOISE",
    why: "it measures nothing",
  },
  {
    evidence: { kind: "regression", command: "wc -c < README.md", expected: "1.1" },
    expected: "NOISE",
    why: "as large as before",
  },
  { evidence: { kind: "regression", command: "echo fast", expected: "1.1" }, expected: "NOISE", why: "no number" },
  {
    evidence: {
      kind: "regression",
      command:
        "node -e 'const t = performance.now(); for (let i = 0; i < 1e6; i++); console.log(performance.now() - t)'",
      expected: "20",
    },
    expected: "NOISE",
    why: "noise within what is allowed",
  },
];
