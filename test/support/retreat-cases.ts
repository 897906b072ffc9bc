/** Files by path. */
export type Tree = Readonly<Record<string, string>>;

/** A small file of tests. */
export const JS = `import test from "node:test";
import assert from "node:assert";
import { add } from "../src/add.js";

test("adds", () => {
  assert.equal(add(1, 2), 3);
  assert.deepEqual([add(0, 0)], [0]);
});

test("adds negatives", () => {
  assert.equal(add(-1, -2), -3);
});
`;
/** The file before and after some edits. */
export const inJs = (...edits: readonly (readonly [string, string])[]): [Tree, Tree] => {
  const after = edits.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`not in the file: ${from}`);
    return text.replace(from, to);
  }, JS);
  return [{ "test/add.test.js": JS }, { "test/add.test.js": after }];
};
/** One file before and after. */
export const one = (path: string, before: string, after: string): [Tree, Tree] => [
  { [path]: before },
  { [path]: after },
];

const VITEST = `expect(total).toBe(42);\nexpect(list).toEqual([1, 2]);\nexpect(ms).toBeLessThan(100);\nexpect(x).toBeCloseTo(0.3, 5);\n`;
const PY = `import pytest\n\n\ndef test_parse():\n    assert parse("a") == 1\n    assert parse("b") == 2\n\n\ndef test_rate():\n    assert rate() < 0.1\n    assert rate() == pytest.approx(0.05, rel=1e-6)\n`;
const GO = `package a\n\nimport "testing"\n\nfunc TestA(t *testing.T) {\n\tif got := A(); got != 3 {\n\t\tt.Errorf("got %d", got)\n\t}\n}\n\nfunc TestB(t *testing.T) {\n\tassert.Equal(t, 1, B())\n}\n`;
const RUST = `pub fn f() -> i32 { 1 }\n\n#[cfg(test)]\nmod tests {\n    use super::*;\n\n    #[test]\n    fn works() {\n        assert_eq!(f(), 1);\n    }\n\n    #[test]\n    fn again() {\n        assert_eq!(f() + 1, 2);\n    }\n}\n`;
const JAVA = `class AddTest {\n    @Test\n    void adds() {\n        assertEquals(3, add(1, 2));\n    }\n\n    @Test\n    void fails() {\n        assertThrows(Exception.class, () -> add(null, 1));\n    }\n}\n`;
const CONFIG = `export default {\n  test: {\n    coverage: {\n      thresholds: {\n        lines: 90,\n        branches: 85,\n      },\n    },\n  },\n};\n`;
const PACKAGE = `{\n  "scripts": {\n    "build": "tsc",\n    "test": "vitest run",\n    "lint": "eslint . --max-warnings 0"\n  },\n  "dependencies": {\n    "zod": "1.0.0"\n  }\n}\n`;

/** What has to be found: the files before and after, and the kinds. */
export const WEAKENED: Readonly<Record<string, readonly [[Tree, Tree], readonly string[]]>> = {
  "a deleted file of tests": [[{ "test/add.test.js": JS }, {}], ["test-deleted"]],
  "a deleted test": [
    inJs(['\ntest("adds negatives", () => {\n  assert.equal(add(-1, -2), -3);\n});\n', ""]),
    ["test-deleted", "assertion-removed"],
  ],
  "a hard test replaced by an easy one": [
    inJs([
      'test("adds negatives", () => {\n  assert.equal(add(-1, -2), -3);',
      'test("works", () => {\n  assert.ok(true);',
    ]),
    ["test-deleted", "assertion-weakened"],
  ],
  "a test commented out": [
    inJs([
      'test("adds negatives", () => {\n  assert.equal(add(-1, -2), -3);\n});',
      '// test("adds negatives", () => {\n//   assert.equal(add(-1, -2), -3);\n// });',
    ]),
    ["test-deleted", "assertion-removed"],
  ],
  "a skipped test": [inJs(['test("adds negatives"', 'test.skip("adds negatives"']), ["test-skipped"]],
  "a test with an option to skip": [
    inJs(['test("adds negatives", ()', 'test("adds negatives", { skip: true }, ()']),
    ["test-skipped"],
  ],
  "one test alone": [inJs(['test("adds",', 'test.only("adds",']), ["test-skipped"]],
  "a test that ends at once": [
    inJs(['test("adds negatives", () => {', 'test("adds negatives", () => {\n  process.exit(0);']),
    ["test-skipped"],
  ],
  "an assertion gone": [inJs(["  assert.deepEqual([add(0, 0)], [0]);\n", ""]), ["assertion-removed"]],
  "an assertion commented out": [inJs(["  assert.deepEqual(", "  // assert.deepEqual("]), ["assertion-removed"]],
  "an assertion of nothing": [inJs(["assert.equal(add(1, 2), 3)", "assert.ok(add(1, 2))"]), ["assertion-weakened"]],
  "another expected value": [
    inJs(["assert.equal(add(1, 2), 3)", "assert.equal(add(1, 2), 4)"]),
    ["expectation-changed"],
  ],
  "a weaker matcher": [
    one("a.test.ts", VITEST, VITEST.replace("toEqual([1, 2])", "toBeDefined()")),
    ["assertion-weakened"],
  ],
  "a part instead of the whole": [
    one("a.test.ts", VITEST, VITEST.replace("toEqual([1, 2])", "toContain(1)")),
    ["assertion-weakened"],
  ],
  "a truth that is always true": [
    one("a.test.ts", VITEST, VITEST.replace("expect(total).toBe(42)", "expect(true).toBe(true)")),
    ["assertion-weakened"],
  ],
  "a looser bound": [
    one("a.test.ts", VITEST, VITEST.replace("toBeLessThan(100)", "toBeLessThan(5000)")),
    ["threshold-loosened"],
  ],
  "fewer digits": [one("a.test.ts", VITEST, VITEST.replace("(0.3, 5)", "(0.3, 1)")), ["threshold-loosened"]],
  "python: skipped": [
    one("tests/test_a.py", PY, PY.replace("def test_rate", "@pytest.mark.skip(reason='slow')\ndef test_rate")),
    ["test-skipped"],
  ],
  "python: expected to fail": [
    one("tests/test_a.py", PY, PY.replace("def test_rate", "@pytest.mark.xfail\ndef test_rate")),
    ["test-skipped"],
  ],
  "python: a looser bound": [
    one("tests/test_a.py", PY, PY.replace("rate() < 0.1", "rate() < 0.5")),
    ["threshold-loosened"],
  ],
  "python: a wider tolerance": [one("tests/test_a.py", PY, PY.replace("rel=1e-6", "rel=1e-1")), ["threshold-loosened"]],
  "python: no comparison": [
    one("tests/test_a.py", PY, PY.replace('parse("a") == 1', 'parse("a")')),
    ["assertion-weakened"],
  ],
  "python: a test renamed out of the run": [
    one("tests/test_a.py", PY, PY.replace("def test_rate", "def check_rate")),
    ["test-deleted"],
  ],
  "go: skipped": [
    one("a_test.go", GO, GO.replace("func TestA(t *testing.T) {", 'func TestA(t *testing.T) {\n\tt.Skip("flaky")')),
    ["test-skipped"],
  ],
  "go: the error is gone": [
    one("a_test.go", GO, GO.replace('\t\tt.Errorf("got %d", got)\n', "\t\t_ = got\n")),
    ["assertion-removed"],
  ],
  "rust: ignored": [
    one("src/lib.rs", RUST, RUST.replace("    #[test]\n    fn again", "    #[test]\n    #[ignore]\n    fn again")),
    ["test-skipped"],
  ],
  "rust: a test gone": [
    one(
      "src/lib.rs",
      RUST,
      RUST.replace("\n    #[test]\n    fn again() {\n        assert_eq!(f() + 1, 2);\n    }\n", ""),
    ),
    ["test-deleted", "assertion-removed"],
  ],
  "java: disabled": [
    one(
      "src/test/java/AddTest.java",
      JAVA,
      JAVA.replace("    @Test\n    void fails", '    @Disabled("later")\n    @Test\n    void fails'),
    ),
    ["test-skipped"],
  ],
  "java: the annotation gone": [
    one("src/test/java/AddTest.java", JAVA, JAVA.replace("    @Test\n    void fails", "    void fails")),
    ["test-deleted"],
  ],
  "a coverage threshold": [
    one("vitest.config.ts", CONFIG, CONFIG.replace("lines: 90", "lines: 60")),
    ["threshold-loosened"],
  ],
  "a coverage threshold that is gone": [
    one("vitest.config.ts", CONFIG, CONFIG.replace("        branches: 85,\n", "")),
    ["threshold-loosened"],
  ],
  "python: fail-under": [
    one(
      "setup.cfg",
      "[tool:pytest]\naddopts = --cov-fail-under=90\n",
      "[tool:pytest]\naddopts = --cov-fail-under=10\n",
    ),
    ["threshold-loosened"],
  ],
  "more warnings allowed in the script that verify runs": [
    one("package.json", PACKAGE, PACKAGE.replace("vitest run", "vitest run || true")),
    ["verify-target-changed", "check-disabled"],
  ],
  "a test command that tests nothing": [
    one("package.json", PACKAGE, PACKAGE.replace('"vitest run"', '"echo ok"')),
    ["verify-target-changed"],
  ],
  "a rule switched off": [
    one(".eslintrc.json", '{ "rules": {\n  "eqeqeq": "error"\n} }\n', '{ "rules": {\n  "eqeqeq": "off"\n} }\n'),
    ["check-disabled"],
  ],
  "types no longer strict": [
    one("tsconfig.json", '{\n  "strict": true\n}\n', '{\n  "strict": false\n}\n'),
    ["check-disabled"],
  ],
  "a job that may fail": [
    one(".github/workflows/ci.yml", "- run: npm test\n", "- run: npm test\n  continue-on-error: true\n"),
    ["check-disabled"],
  ],
  "a snapshot": [
    one("test/__snapshots__/a.snap", "exports[`a`] = `1`;\n", "exports[`a`] = `2`;\n"),
    ["fixture-changed"],
  ],
  "a fixture": [one("test/fixtures/in.json", '{"a":1}\n', '{"a":2}\n'), ["fixture-changed"]],
  "a deleted fixture": [[{ "test/fixtures/in.json": '{"a":1}\n' }, {}], ["test-deleted"]],
};

/** What is no weakening. */
export const FINE: Readonly<Record<string, [Tree, Tree]>> = {
  "more assertions": inJs([
    "  assert.equal(add(-1, -2), -3);",
    "  assert.equal(add(-1, -2), -3);\n  assert.equal(add(-1, 1), 0);",
  ]),
  "a new test": one("test/add.test.js", JS, `${JS}\ntest("zero", () => {\n  assert.equal(add(0, 0), 0);\n});\n`),
  "a new file of tests, one of them to do": [
    {},
    { "test/new.test.js": 'test.todo("later");\ntest("a", () => assert.ok(a));\n' },
  ],
  "an import": inJs(['import { add } from "../src/add.js";', 'import { add, sub } from "../src/add.js";']),
  "another name": inJs(['test("adds negatives"', 'test("adds two negative numbers"']),
  layout: inJs(["  assert.deepEqual([add(0, 0)], [0]);", "  assert.deepEqual(\n    [add(0, 0)],\n    [0],\n  );"]),
  "a stronger assertion": one("a.test.ts", VITEST.replace("toBe(42)", "toBeDefined()"), VITEST),
  "a tighter bound": one("a.test.ts", VITEST, VITEST.replace("toBeLessThan(100)", "toBeLessThan(50)")),
  "a variable with another name": one("a.test.ts", VITEST, VITEST.replace("expect(total)", "expect(sum)")),
  "a file that moved": [{ "test/add.test.js": JS }, { "test/math/add.test.js": JS }],
  "a test that moved to another file": [
    { "test/add.test.js": JS, "test/b.test.js": "" },
    {
      "test/add.test.js": JS.replace('\ntest("adds negatives", () => {\n  assert.equal(add(-1, -2), -3);\n});\n', ""),
      "test/b.test.js": 'test("adds negatives", () => {\n  assert.equal(add(-1, -2), -3);\n});\n',
    },
  ],
  code: one("src/add.js", "export const add = (a, b) => a - b;\n", "export const add = (a, b) => a + b;\n"),
  "code that asserts": one("src/check.ts", "assert(x > 1);\nexpect(y);\n", "check(x);\n"),
  "a dependency": one("package.json", PACKAGE, PACKAGE.replace('"zod": "1.0.0"', '"zod": "2.0.0"')),
  "a script that nothing verifies": one(
    "package.json",
    PACKAGE,
    PACKAGE.replace('"build": "tsc"', '"build": "tsc -b"'),
  ),
  "a higher threshold": one("vitest.config.ts", CONFIG, CONFIG.replace("lines: 90", "lines: 95")),
  "a new fixture": [{}, { "test/fixtures/b.json": "{}" }],
  "documentation that speaks of tests": one("docs/a.md", "expect(a).toBe(1)\nit.skip('a')\n", "nothing\n"),
  "rust code": one("src/lib.rs", RUST, RUST.replace("pub fn f() -> i32 { 1 }", "pub fn f() -> i32 {\n    1\n}")),
  "a python helper": one("tests/test_a.py", PY, PY.replace("import pytest", "import os\nimport pytest")),
};
