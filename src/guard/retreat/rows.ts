import { literalsOf, squeeze } from "./assertion-strength.ts";
import type { DiffBlock, DiffLine, FileDiff } from "./diff-text.ts";
import { finding, type Retreat } from "./finding.ts";
import type { TestLanguage } from "./tables.ts";

/** A row of nothing but values: `["a", 1],`, `{"a", 1},`, `("a", 1)`. */
const ROW = /^\s*[[({].*[\])}],?;?\s*$/;
/** One value or one value with its key, alone on its line: `b: 2,`, `"b": 2`, `2,`. */
const MEMBER =
  /^\s*(?:["']?[\w$-]+["']?\s*[:=]\s*)?(?:"[^"]*"|'[^']*'|`[^`]*`|-?[\d._]+|true|false|null|None|True|False|nil)\s*,?\s*$/;
const WORDS = new Set(["true", "false", "null", "None", "True", "False", "nil", "undefined"]);

/** A list of cases on the line of its test. */
const CASES = /\.each\b|\bparametrize\(|@\w*Source\(|\[InlineData\(|#\[(?:case|test_case)\b/;

/** Finds rows of cases and lines of expected values that are gone: what a table of tests does not hold is not tested. */
export function lostRows(file: FileDiff, block: DiffBlock, language: TestLanguage): readonly Retreat[] {
  const came = file.blocks.flatMap(({ added }) => added);
  const left = new Set([...block.before, ...block.after].map(squeeze));
  const together = squeeze(came.map(({ text }) => text).join(""));
  const isKept = ({ text }: DiffLine): boolean =>
    left.has(squeeze(text)) ||
    together.includes(squeeze(text)) ||
    came.some((line) => isRow(line.text) && holds(literalsOf(line.text), literalsOf(text))) ||
    (isCases(text) &&
      holds(
        came.flatMap((line) => literalsOf(line.text)),
        literalsOf(listIn(text)),
      ));
  const inTable = [...block.before, ...block.after, ...block.removed.map(({ text }) => text)].filter(isRow).length > 1;
  const expected = opensAssertion(block, language);
  return block.removed
    .filter(({ text }) => isCases(text) || (inTable && isRow(text)) || (expected && (isRow(text) || MEMBER.test(text))))
    .filter((line) => !isKept(line))
    .map((line) => {
      const next = block.added.find(({ text }) => isRow(text) || MEMBER.test(text));
      const what = `\`${line.text.trim()}\` is no longer expected`;
      return next === undefined
        ? finding("assertion-removed", file.path, line.line, { what })
        : finding("expectation-changed", file.path, next.line, {
            what,
            now: block.added.map(({ text }) => text).join("\n"),
          });
    });
}

/** True when the values of removed assertions all stand in a table that came for them, with an assertion over it. */
export function becameTable(block: DiffBlock, language: TestLanguage): boolean {
  const asserts = ({ text }: DiffLine): boolean => language.assertion.test(text);
  const lost = block.removed.filter(asserts).flatMap(({ text }) => literalsOf(text));
  const table = block.added.filter((line) => !asserts(line)).flatMap(({ text }) => literalsOf(text));
  return lost.length > 1 && block.added.some(asserts) && holds(table, lost);
}

function isCases(text: string): boolean {
  return CASES.test(text) && literalsOf(listIn(text)).length > 0;
}

function listIn(text: string): string {
  return /[[{(][^[{(]*[\]})]/.exec(text.replace(/^\s*@\w+\(|^\s*#?\[/, ""))?.[0] ?? "";
}

function isRow(text: string): boolean {
  if (!ROW.test(text) || literalsOf(text).length === 0) return false;
  const words =
    text.replaceAll(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`|[\w$]+\s*:/g, "").match(/[A-Za-z_]\w*/g) ?? [];
  return words.every((word) => WORDS.has(word));
}

function holds(all: readonly string[], wanted: readonly string[]): boolean {
  const rest = [...all];
  return wanted.every((literal) => {
    const at = rest.indexOf(literal);
    if (at >= 0) rest.splice(at, 1);
    return at >= 0;
  });
}

/** True when an assertion that has not been closed stands right above. */
function opensAssertion(block: DiffBlock, language: TestLanguage): boolean {
  const lines = block.before;
  const from = lines.findLastIndex((text) => language.assertion.test(text));
  if (from < 0) return false;
  const text = lines
    .slice(from)
    .join("\n")
    .replaceAll(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g, "");
  const open = (text.match(/[([{]/g)?.length ?? 0) - (text.match(/[)\]}]/g)?.length ?? 0);
  return open > 0;
}
