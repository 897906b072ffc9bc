import { squeeze } from "./assertion-strength.ts";
import type { DiffBlock, DiffLine, FileDiff } from "./diff-text.ts";
import { finding, type Retreat } from "./finding.ts";
import type { TestLanguage } from "./tables.ts";

const EMPTY_CATCH =
  /\bcatch\s*(?:\([^)]*\))?\s*\{\s*\}|\bexcept\b[^:]*:\s*(?:pass|\.\.\.)\s*$|\bsuppress\(\s*(?:AssertionError|Exception|BaseException)/;
const OPENS_COMMENT = /^\s*(?:\/\*+|"{3}|'{3}|=begin|#if\s+0)\s*$/;
const CLOSES_COMMENT = /^\s*(?:\*+\/|"{3}|'{3}|=end|#endif)\s*$/;

/** Finds what keeps tests from failing though they still stand there: an early return, a swallowed error, a comment around them. */
export function silenced(file: FileDiff, block: DiffBlock, language: TestLanguage): readonly Retreat[] {
  const { added, removed } = block;
  if (added.some(({ text }) => language.test.test(text)) && removed.length === 0) return [];
  const found = [
    ...returned(block, language),
    ...swallowed(block),
    ...commented(added),
    ...conditions(block, language),
    ...notCollected(block, language),
    ...goesOn(block),
  ];
  return found.map(({ line, text }) =>
    finding("test-skipped", file.path, line, { what: `a test can no longer fail: \`${text.trim().slice(0, 120)}\`` }),
  );
}

/** A bare return as the first thing of a test, or right before an assertion. */
function returned({ before, added, after, removed }: DiffBlock, language: TestLanguage): readonly DiffLine[] {
  return added.filter(({ text }, index) => {
    if (!/^\s*return(?:\s+(?:null|undefined|None|true))?\s*;?\s*$/.test(text)) return false;
    if (removed.some((line) => squeeze(line.text) === squeeze(text))) return false;
    const last = added[index - 1]?.text ?? before.at(-1) ?? "";
    const next = added[index + 1]?.text ?? after[0] ?? "";
    const opens = language.test.test(last);
    return opens || (!/[{:]\s*$|\b(?:if|else|case|default)\b/.test(last) && language.assertion.test(next));
  });
}

function swallowed({ added, removed }: DiffBlock): readonly DiffLine[] {
  const was = removed.map(({ text }) => text).join("\n");
  return added.filter(({ text }, index) => {
    if (EMPTY_CATCH.test(text)) return !EMPTY_CATCH.test(was);
    const next = added[index + 1]?.text ?? "";
    const caught = /^\s*except\b.*:\s*$/.test(text) && /^\s*(?:pass|\.\.\.)\s*$/.test(next);
    const empty = /\bcatch\s*(?:\([^)]*\))?\s*\{\s*$/.test(text) && /^\s*\}/.test(next);
    return (caught || empty) && !/\bexcept\b|\bcatch\b/.test(was);
  });
}

/** The beginning of a comment whose end stands elsewhere: what is between them is no code any more. */
function commented(added: readonly DiffLine[]): readonly DiffLine[] {
  const opens = added.filter(({ text }) => OPENS_COMMENT.test(text));
  const closes = added.filter(({ text }) => CLOSES_COMMENT.test(text));
  const isQuote = opens.some(({ text }) => /"{3}|'{3}/.test(text));
  const isOpen = isQuote ? opens.length % 2 === 1 : opens.length > closes.length;
  return isOpen ? opens.slice(0, 1) : [];
}

/** In Go the condition before `t.Error` is the check. */
function conditions({ removed, added, after }: DiffBlock, language: TestLanguage): readonly DiffLine[] {
  if (!language.extensions.includes(".go") || !language.assertion.test(after[0] ?? "")) return [];
  const conditionOf = (lines: readonly DiffLine[]): DiffLine | undefined =>
    lines.findLast(({ text }) => /^\s*if\b/.test(text));
  const [was, is] = [conditionOf(removed), conditionOf(added)];
  if (was === undefined || is === undefined) return [];
  const dead = /&&\s*false\b/.test(is.text) && !/&&\s*false\b/.test(was.text);
  const looser = /!=/.test(was.text) && !/!=|!\w|Equal|Is\(/.test(is.text) && /[<>]/.test(is.text);
  return dead || looser ? [is] : [];
}

/** What runners look for is no longer there: a build tag, another base class. */
function notCollected({ removed, added, before }: DiffBlock, { extensions }: TestLanguage): readonly DiffLine[] {
  const isGo = extensions.includes(".go");
  if (isGo && !removed.some(({ text }) => text.startsWith("//go:build")))
    return added.filter(({ text }) => text.startsWith("//go:build") && before.length === 0);
  if (!extensions.includes(".py")) return [];
  const names = removed.flatMap(({ text }) => /^\s*class\s+(\w+)\(.*TestCase.*\)\s*:/.exec(text)?.[1] ?? []);
  return added.filter(({ text }) => {
    const name = /^\s*class\s+(\w+)/.exec(text)?.[1] ?? "";
    return names.includes(name) && !/TestCase/.test(text) && !name.startsWith("Test");
  });
}

/** A script of checks that goes on after a failure. */
function goesOn({ removed, added }: DiffBlock): readonly DiffLine[] {
  const stops = ({ text }: DiffLine): boolean => /^\s*set\s+(?:-\w*e|-o\s+errexit)/.test(text);
  return added.some(stops) ? [] : removed.filter(stops);
}
