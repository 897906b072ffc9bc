import { failingTest, nodeTest } from "./case.ts";
import { mod, PACKAGE, type Seed } from "./seed.ts";

/** Functions of numbers and texts. */
export const VALUE_SEEDS: readonly Seed[] = [
  {
    name: "clamp",
    criteria: ["clamp(value, low, high) keeps a value between both bounds, bounds included"],
    base: { ...PACKAGE, "src/clamp.js": 'export function clamp() {\n  throw new Error("not written");\n}\n' },
    path: "src/clamp.js",
    good: "export function clamp(value, low, high) {\n  return Math.min(high, Math.max(low, value));\n}\n",
    bugs: [
      {
        name: "upper bound ignored",
        source: "export function clamp(value, low, high) {\n  return Math.max(low, value);\n}\n",
        proof: nodeTest("clamp-upper", mod("clamp"), "  assert.equal(clamp(9, 0, 5), 5);"),
      },
      {
        name: "bounds swapped",
        source: "export function clamp(value, low, high) {\n  return Math.max(high, Math.min(low, value));\n}\n",
        proof: nodeTest("clamp-inside", mod("clamp"), "  assert.equal(clamp(3, 0, 5), 3);"),
      },
    ],
  },
  {
    name: "slug",
    criteria: ["slug(text) is lower case, words joined by one dash, none at the edges"],
    base: PACKAGE,
    path: "src/slug.js",
    good: 'export function slug(text) {\n  return text.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");\n}\n',
    bugs: [
      {
        name: "only the first gap",
        source: 'export function slug(text) {\n  return text.toLowerCase().trim().replace(/[^a-z0-9]+/, "-");\n}\n',
        proof: failingTest(
          "test/slug-gaps.mjs",
          'import assert from "node:assert";\nimport { slug } from "../src/slug.js";\nassert.equal(slug("a b c"), "a-b-c");\n',
          "node test/slug-gaps.mjs",
        ),
      },
      {
        name: "dashes at the edges",
        source: 'export function slug(text) {\n  return text.toLowerCase().replace(/[^a-z0-9]+/g, "-");\n}\n',
        proof: {
          kind: "counterexample",
          command: "node -e \"import('./src/slug.js').then((m) => console.log('[' + m.slug('Hello, World!') + ']'))\"",
          expected: "[hello-world]",
          observed: "[hello-world-]",
        },
      },
      {
        name: "upper case kept",
        source:
          'export function slug(text) {\n  return text.replace(/[^a-zA-Z0-9]+/g, "-").replace(/^-|-$/g, "");\n}\n',
        proof: {
          kind: "counterexample",
          command: 'node --input-type=module -e \'import { slug } from "./src/slug.js"; console.log(slug("Ab"))\'',
          expected: "ab",
          observed: "Ab",
        },
      },
    ],
  },
  {
    name: "duration",
    criteria: ["parse(text) turns 90s, 2m, 1h30m into seconds and throws on anything else"],
    base: PACKAGE,
    path: "src/parse.js",
    good: 'const UNIT = { h: 3600, m: 60, s: 1 };\nexport function parse(text) {\n  if (!/^(\\d+[hms])+$/.test(text)) throw new Error("bad duration");\n  let sum = 0;\n  for (const [, n, u] of text.matchAll(/(\\d+)([hms])/g)) sum += Number(n) * UNIT[u];\n  return sum;\n}\n',
    bugs: [
      {
        name: "only the first part",
        source:
          'const UNIT = { h: 3600, m: 60, s: 1 };\nexport function parse(text) {\n  const [, n, u] = /^(\\d+)([hms])/.exec(text) ?? [];\n  if (u === undefined) throw new Error("bad duration");\n  return Number(n) * UNIT[u];\n}\n',
        proof: nodeTest("parse-parts", mod("parse"), '  assert.equal(parse("1h30m"), 5400);'),
      },
      {
        name: "garbage accepted",
        source:
          "const UNIT = { h: 3600, m: 60, s: 1 };\nexport function parse(text) {\n  let sum = 0;\n  for (const [, n, u] of text.matchAll(/(\\d+)([hms])/g)) sum += Number(n) * UNIT[u];\n  return sum;\n}\n",
        proof: nodeTest("parse-garbage", mod("parse"), '  assert.throws(() => parse("soon"));'),
      },
    ],
  },
  {
    name: "cart",
    criteria: ["total(items) sums price times quantity; shipping of 5 is free from 50 on"],
    base: {
      ...PACKAGE,
      "src/total.js":
        "export const total = (items) => items.reduce((sum, item) => sum + item.price * item.quantity, 0);\n",
    },
    path: "src/total.js",
    good: "export function total(items) {\n  const sum = items.reduce((all, item) => all + item.price * item.quantity, 0);\n  return sum >= 50 || sum === 0 ? sum : sum + 5;\n}\n",
    bugs: [
      {
        name: "quantity forgotten",
        source:
          "export function total(items) {\n  const sum = items.reduce((all, item) => all + item.price, 0);\n  return sum >= 50 || sum === 0 ? sum : sum + 5;\n}\n",
        proof: nodeTest("cart-quantity", mod("total"), "  assert.equal(total([{ price: 30, quantity: 2 }]), 60);"),
      },
      {
        name: "off by one at 50",
        source:
          "export function total(items) {\n  const sum = items.reduce((all, item) => all + item.price * item.quantity, 0);\n  return sum > 50 || sum === 0 ? sum : sum + 5;\n}\n",
        proof: nodeTest("cart-edge", mod("total"), "  assert.equal(total([{ price: 50, quantity: 1 }]), 50);"),
      },
      {
        name: "module broken",
        source: "export function total(items) {\n  return items.reduce((all, item => all + item.price, 0);\n}\n",
        proof: nodeTest("cart-loads", mod("total"), "  assert.equal(total([{ price: 60, quantity: 1 }]), 60);"),
      },
    ],
  },
  {
    name: "csv",
    criteria: ["rows(text) splits lines and cells; quoted cells may hold commas"],
    base: { ...PACKAGE, "src/util.js": "export const trim = (text) => text.trim();\n" },
    path: "src/rows.js",
    good: 'import { trim } from "./util.js";\nexport function rows(text) {\n  return trim(text).split("\\n").map((line) => (line.match(/("[^"]*"|[^,]*)(,|$)/g) ?? []).slice(0, -1).map((c) => c.replace(/,$/, "").replace(/^"|"$/g, "")));\n}\n',
    bugs: [
      {
        name: "commas in quotes",
        source:
          'import { trim } from "./util.js";\nexport const rows = (text) => trim(text).split("\\n").map((line) => line.split(","));\n',
        proof: nodeTest("csv-quotes", mod("rows"), "  assert.deepEqual(rows('a,\"b,c\"')[0].length, 2);"),
      },
      {
        name: "a neighbour that is not there",
        source:
          'import { strip } from "./strings.js";\nexport const rows = (text) => strip(text).split("\\n").map((line) => line.split(","));\n',
        proof: nodeTest("csv-loads", mod("rows"), '  assert.equal(rows("a,b").length, 1);'),
      },
    ],
  },
];
