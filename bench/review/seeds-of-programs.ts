import { failingTest, nodeTest } from "./case.ts";
import { mod, PACKAGE, type Seed } from "./seed.ts";

/** Shell, Python, and modules that keep or find something. */
export const PROGRAM_SEEDS: readonly Seed[] = [
  {
    name: "shell",
    criteria: ["bin/count.sh prints how many lines a file has, 0 for an empty one"],
    base: { "README.md": "# count\n", "bin/count.sh": "echo todo\n" },
    path: "bin/count.sh",
    good: 'wc -l < "$1" | tr -d " "\n',
    bugs: [
      {
        name: "counts words",
        source: 'wc -w < "$1" | tr -d " "\n',
        proof: failingTest(
          "check-count.sh",
          'printf "a b\\nc\\n" > f.txt\ntest "$(sh bin/count.sh f.txt)" = 2 || { echo "not 2"; exit 1; }\n',
          "sh check-count.sh",
        ),
      },
      {
        name: "counts nothing",
        source: "echo 0\n",
        proof: failingTest(
          "quiet-count.sh",
          'printf "a\nc\n" > f.txt\n[ "$(sh bin/count.sh f.txt 2>/dev/null)" = 2 ]\n',
          "sh quiet-count.sh",
        ),
      },
      {
        name: "silent about empty files",
        source: 'test -s "$1" && wc -l < "$1" | tr -d " "\nexit 0\n',
        proof: {
          kind: "counterexample",
          command: ': > e.txt; echo "got <$(sh bin/count.sh e.txt)>"',
          expected: "got <0>",
          observed: "got <>",
        },
      },
    ],
  },
  {
    name: "python",
    criteria: ["median(values) is the middle value, the mean of the two middle ones for an even count"],
    base: { "README.md": "# stats\n", "stats.py": "def mean(values):\n    return sum(values) / len(values)\n" },
    path: "stats.py",
    good: "def mean(values):\n    return sum(values) / len(values)\n\n\ndef median(values):\n    s = sorted(values)\n    m = len(s) // 2\n    return s[m] if len(s) % 2 else (s[m - 1] + s[m]) / 2\n",
    bugs: [
      {
        name: "not sorted",
        source:
          "def mean(values):\n    return sum(values) / len(values)\n\n\ndef median(values):\n    s = list(values)\n    m = len(s) // 2\n    return s[m] if len(s) % 2 else (s[m - 1] + s[m]) / 2\n",
        proof: failingTest(
          "test_median_order.py",
          "import unittest\nfrom stats import median\n\n\nclass T(unittest.TestCase):\n    def test_order(self):\n        self.assertEqual(median([9, 1, 5]), 5)\n\n\nif __name__ == '__main__':\n    unittest.main()\n",
          "python3 test_median_order.py",
        ),
      },
      {
        name: "even count",
        source:
          "def mean(values):\n    return sum(values) / len(values)\n\n\ndef median(values):\n    s = sorted(values)\n    return s[len(s) // 2]\n",
        proof: {
          kind: "counterexample",
          command: "python3 -c 'from stats import median; print(median([1, 2, 3, 4]))'",
          expected: "2.5",
          observed: "3",
        },
      },
      {
        name: "mean lost",
        source:
          "def median(values):\n    s = sorted(values)\n    m = len(s) // 2\n    return s[m] if len(s) % 2 else (s[m - 1] + s[m]) / 2\n",
        proof: failingTest(
          "test_mean.py",
          "from stats import mean\n\nassert mean([1, 3]) == 2\n",
          "python3 test_mean.py",
        ),
      },
    ],
  },
  {
    name: "cache",
    criteria: ["createCache(limit) forgets the entry that was used longest ago"],
    base: PACKAGE,
    path: "src/createCache.js",
    good: "export function createCache(limit) {\n  const map = new Map();\n  return {\n    get(key) {\n      const value = map.get(key);\n      if (map.delete(key)) map.set(key, value);\n      return value;\n    },\n    set(key, value) {\n      map.delete(key);\n      map.set(key, value);\n      if (map.size > limit) map.delete(map.keys().next().value);\n    },\n  };\n}\n",
    bugs: [
      {
        name: "use is not noted",
        source:
          "export function createCache(limit) {\n  const map = new Map();\n  return {\n    get: (key) => map.get(key),\n    set(key, value) {\n      map.set(key, value);\n      if (map.size > limit) map.delete(map.keys().next().value);\n    },\n  };\n}\n",
        proof: nodeTest(
          "cache-use",
          mod("createCache"),
          '  const c = createCache(2);\n  c.set("a", 1);\n  c.set("b", 2);\n  c.get("a");\n  c.set("c", 3);\n  assert.equal(c.get("a"), 1);',
        ),
      },
      {
        name: "never forgets",
        source:
          "export function createCache() {\n  const map = new Map();\n  return { get: (key) => map.get(key), set: (key, value) => void map.set(key, value) };\n}\n",
        proof: nodeTest(
          "cache-limit",
          mod("createCache"),
          '  const c = createCache(1);\n  c.set("a", 1);\n  c.set("b", 2);\n  assert.equal(c.get("a"), undefined);',
        ),
      },
    ],
  },
  {
    name: "search",
    criteria: ["find(sorted, wanted) is the index of a value or -1, in logarithmic time"],
    base: {
      ...PACKAGE,
      "src/find.js":
        "export const find = (sorted, wanted) => {\n  let [low, high] = [0, sorted.length - 1];\n  while (low <= high) {\n    const m = (low + high) >> 1;\n    if (sorted[m] === wanted) return m;\n    if (sorted[m] < wanted) low = m + 1;\n    else high = m - 1;\n  }\n  return -1;\n};\nexport const steps = () => 10;\n",
    },
    path: "src/find.js",
    good: "export const find = (sorted, wanted) => {\n  let [low, high] = [0, sorted.length];\n  while (low < high) {\n    const m = (low + high) >>> 1;\n    if (sorted[m] < wanted) low = m + 1;\n    else high = m;\n  }\n  return sorted[low] === wanted ? low : -1;\n};\nexport const steps = () => 10;\n",
    bugs: [
      {
        name: "linear",
        source:
          "export const find = (sorted, wanted) => {\n  for (let i = 0; i < sorted.length; i += 1) if (sorted[i] === wanted) return i;\n  return -1;\n};\nexport const steps = () => 10;\n",
        proof: {
          kind: "regression",
          expected: "3",
          command:
            "node --input-type=module -e 'import { find } from \"./src/find.js\"; const a = Array.from({ length: 300000 }, (_, i) => i); const t = process.hrtime.bigint(); for (let i = 0; i < 300; i += 1) find(a, 299999 - i); console.log(Number(process.hrtime.bigint() - t) / 1e6)'",
        },
      },
      {
        name: "last element missed",
        source:
          "export const find = (sorted, wanted) => {\n  let [low, high] = [0, sorted.length - 1];\n  while (low < high) {\n    const m = (low + high) >> 1;\n    if (sorted[m] === wanted) return m;\n    if (sorted[m] < wanted) low = m + 1;\n    else high = m - 1;\n  }\n  return -1;\n};\nexport const steps = () => 10;\n",
        proof: nodeTest("find-last", mod("find"), "  assert.equal(find([1, 2, 3], 3), 2);"),
      },
    ],
  },
  {
    name: "escape",
    criteria: ["escape(text) replaces & < > and quotes by entities, each once"],
    base: PACKAGE,
    path: "src/escape.js",
    good: "const MAP = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\"': '&quot;', \"'\": '&#39;' };\nexport const escape = (text) => text.replace(/[&<>\"']/g, (c) => MAP[c]);\n",
    bugs: [
      {
        name: "escaped twice",
        source:
          "export const escape = (text) => text.replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/&/g, '&amp;');\n",
        proof: nodeTest("escape-once", mod("escape"), "  assert.equal(escape('<'), '&lt;');"),
      },
      {
        name: "quotes left",
        source:
          "export const escape = (text) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');\n",
        proof: nodeTest("escape-quotes", mod("escape"), "  assert.equal(escape('\"'), '&quot;');"),
      },
    ],
  },
];
