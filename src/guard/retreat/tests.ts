import { claimOf, isLooser, squeeze, strengthOf, subjectOf } from "./assertion-strength.ts";
import type { DiffBlock, DiffLine, FileDiff } from "./diff-text.ts";
import { finding, type Retreat } from "./finding.ts";
import { becameTable, lostRows } from "./rows.ts";
import { silenced } from "./silence.ts";
import { isNarrower, isRenamed, isSameAssertion, isWiderError } from "./same-assertion.ts";
import { EARLY_EXIT, isTestFile, languageOf, type TestLanguage } from "./tables.ts";

/** What moved through a whole change: a test or an assertion that went in one file and came in another is not gone. */
export interface TestMoves {
  /** Tests that came and that went, by number. */
  readonly declared: number;
  readonly lost: number;
  /** Names of tests that came. */
  readonly names: ReadonlySet<string>;
  /** Names of tests that went. */
  readonly gone: ReadonlySet<string>;
  /** How often an assertion came, by its squeezed text; what went is matched against it once each. */
  readonly assertions: ReadonlyMap<string, number>;
}

/** Reads what moved in all files of a change. */
export function testMoves(files: readonly FileDiff[]): TestMoves {
  const [names, gone] = [new Set<string>(), new Set<string>()];
  const assertions = new Map<string, number>();
  let [declared, lost] = [0, 0];
  for (const file of files) {
    const language = languageOf(file.path);
    if (!isTestFile(file.path) && !isTestFile(file.from) && !language.extensions.includes(".rs")) continue;
    for (const { added, removed } of file.blocks) {
      for (const { text } of code(added, language)) {
        const name = testName(text, language);
        if (name !== null) [declared] = [declared + 1, names.add(name)];
        if (language.assertion.test(text)) assertions.set(squeeze(text), (assertions.get(squeeze(text)) ?? 0) + 1);
      }
      for (const { text } of code(removed, language)) {
        const name = testName(text, language);
        if (name !== null) [lost] = [lost + 1, gone.add(name)];
      }
    }
  }
  return { declared, lost, names, gone, assertions };
}

/** Finds what a change of one file of tests takes away from them. */
export function findInTests(file: FileDiff, moves: TestMoves): readonly Retreat[] {
  const language = languageOf(file.from);
  if (file.status === "deleted") return deletedFile(file, moves, language);
  const came = new Map(moves.assertions);
  return file.blocks
    .filter((block) => !isSameCode(block))
    .flatMap((block) => {
      const lost = assertions(file, block, came);
      return [
        ...lostTests(file, block, moves, lost.length > 0),
        ...skips(file, block, moves),
        ...lost,
        ...lostRows(file, block, language),
        ...silenced(file, block, language),
      ];
    });
}

/** The same of a file that holds both the work and its tests: only what stands among the tests counts. */
export function findInProduct(file: FileDiff, moves: TestMoves): readonly Retreat[] {
  const isOfTests = ({ scope, removed, before }: DiffBlock): boolean =>
    /^(?:pub\s+)?mod\s+\w*tests?\b/.test(scope) ||
    [...before, ...removed.map(({ text }) => text)].some((text) => /#\[(?:cfg\(test|(?:\w+::)*test\b)/.test(text));
  return findInTests({ ...file, blocks: file.blocks.filter(isOfTests) }, moves);
}

function deletedFile(file: FileDiff, moves: TestMoves, language: TestLanguage): readonly Retreat[] {
  const removed = file.blocks.flatMap((block) => code(block.removed, language));
  const gone = removed.flatMap(({ text }) => testName(text, language) ?? []);
  const asserted = removed.filter(({ text }) => language.assertion.test(text));
  const kept = gone.length > 0 && gone.every((name) => name !== "" && moves.names.has(name));
  const moved = asserted.every(({ text }) => moves.assertions.has(squeeze(text)));
  if (kept && moved) return [];
  if (gone.length === 0 && asserted.length === 0) return [];
  return [finding("test-deleted", file.path, 1, { what: `the file was deleted with ${countOf(gone.length, "test")}` })];
}

/** Tests that are nowhere any more. A test that was only given another name in the same place is still there. */
function lostTests(file: FileDiff, block: DiffBlock, moves: TestMoves, isWeaker: boolean): readonly Retreat[] {
  const language = languageOf(file.from);
  const declarations = (lines: readonly DiffLine[]): DiffLine[] =>
    code(lines, language).filter(({ text }) => testName(text, language) !== null);
  const removed = declarations(block.removed);
  const unmoved = removed.filter(({ text }) => {
    const name = testName(text, language) ?? "";
    return name === "" ? moves.declared < moves.lost : !moves.names.has(name);
  });
  const renamed = declarations(block.added).length >= removed.length && !isWeaker;
  if (renamed) return [];
  return unmoved.map(({ line, text }) =>
    finding("test-deleted", file.path, line, { what: `the test ${quoted(testName(text, language) || text)} is gone` }),
  );
}

/** Marks that take a test out of the run; a new test that is skipped weakens nothing that was there. */
function skips(file: FileDiff, block: DiffBlock, moves: TestMoves): readonly Retreat[] {
  const language = languageOf(file.from);
  const wereSkipped = code(block.removed, language).filter(({ text }) => language.skip.test(text)).length;
  const added = code(block.added, language);
  const bringsTests = added.some(({ text }) => {
    const name = testName(text, language);
    return name !== null && !moves.gone.has(name);
  });
  const marks = added.filter(({ text }) => {
    if (EARLY_EXIT.test(text)) return !bringsTests;
    if (!language.skip.test(text)) return false;
    if (/\.only\b|\bf(?:it|describe)\s*\(/.test(text)) return true;
    const name = testName(text, language);
    return name !== null && name !== "" ? moves.gone.has(name) : !bringsTests || block.removed.length > 0;
  });
  return marks
    .slice(wereSkipped)
    .map(({ line, text }) =>
      finding("test-skipped", file.path, line, { what: `a test no longer runs: ${quoted(text.trim())}` }),
    );
}

function assertions(file: FileDiff, block: DiffBlock, came: Map<string, number>): readonly Retreat[] {
  const language = languageOf(file.from);
  const asserts = (lines: readonly DiffLine[]): DiffLine[] =>
    code(lines, language).filter(({ text }) => language.assertion.test(text));
  const shown = new Set([...block.before, ...block.after].map(squeeze));
  if (becameTable(block, language)) return [];
  const lost = asserts(block.removed).filter(({ text }) => !take(came, squeeze(text)) && !shown.has(squeeze(text)));
  const old = new Set(asserts(block.removed).map(({ text }) => squeeze(text)));
  const fresh = asserts(block.added).filter(({ text }) => !old.has(squeeze(text)));
  return lost.flatMap((line): Retreat[] => {
    const next = takeMatch(fresh, line.text);
    if (next === null)
      return [
        finding("assertion-removed", file.path, line.line, { what: `no longer checked: ${quoted(line.text.trim())}` }),
      ];
    return compare(file, line, next);
  });
}

/** The new assertion of the same subject, or any other that came in the same place. */
function takeMatch(fresh: DiffLine[], text: string): DiffLine | null {
  const same = fresh.findIndex((line) => subjectOf(line.text) === subjectOf(text));
  const index = same >= 0 ? same : fresh.findIndex((line) => claimOf(line.text) === claimOf(text));
  return fresh.splice(index >= 0 ? index : 0, 1)[0] ?? null;
}

function compare(file: FileDiff, before: DiffLine, after: DiffLine): Retreat[] {
  const [was, is] = [before.text.trim(), after.text.trim()];
  if (isSameAssertion(was, is) || isNarrower(was, is) || isSpokenOtherwise(was, is)) return [];
  if (isWiderError(was, is))
    return [
      finding("assertion-weakened", file.path, after.line, { what: `${quoted(was)} became ${quoted(is)}`, now: is }),
    ];
  if (isRenamed(was, is)) return [];
  if (claimOf(was) === claimOf(is) && strengthOf(is) > 0 && !isLiteral(subjectOf(was))) return [];
  const words = { what: `${quoted(was)} became ${quoted(is)}`, now: is };
  const [old, now] = [strengthOf(was), strengthOf(is)];
  if (now > old && old > 0) return [];
  if (now < old) return [finding("assertion-weakened", file.path, after.line, words)];
  const looser = isLooser(was, is);
  if (looser === false) return [];
  return [finding(looser === true ? "threshold-loosened" : "expectation-changed", file.path, after.line, words)];
}

/** In Go the condition is the check; what fails the test when it holds may be said in other words. */
function isSpokenOtherwise(was: string, is: string): boolean {
  if (!/^[tb]\.(?:Error|Fatal|Fail)\w*\(/.test(was)) return false;
  return /^(?:[tb]\.(?:Error|Fatal|Fail)\w*|(?:assert|require)\.(?:Error\w*|NoError|Equal\w*|Nil|True|False|Len|Contains))\(/.test(
    is,
  );
}

function isLiteral(subject: string): boolean {
  return /^(?:-?[\d._]+|"[^"]*"|true|false|null|None|nil)$/i.test(subject);
}

function take(counts: Map<string, number>, key: string): boolean {
  const left = counts.get(key) ?? 0;
  if (left > 0) counts.set(key, left - 1);
  return left > 0;
}

/** Only the layout changed. */
function isSameCode({ removed, added }: DiffBlock): boolean {
  const join = (lines: readonly DiffLine[]): string => squeeze(lines.map(({ text }) => text).join("\n"));
  return removed.length > 0 && join(removed) === join(added);
}

/** Lines without those that are comments as a whole, and without the comment at their end. */
function code(lines: readonly DiffLine[], language: TestLanguage): DiffLine[] {
  const { comment } = language;
  return lines
    .filter(({ text }) => !text.trimStart().startsWith(comment) && !/^\s*(?:\/?\*|"""|<!--)/.test(text))
    .map(({ line, text }) => ({ line, text: withoutTail(text, comment) }));
}

function withoutTail(text: string, comment: string): string {
  const index = text.lastIndexOf(` ${comment} `);
  if (index < 0) return text;
  const quotes = text.slice(0, index).replace(/\\./g, "").match(/["'`]/g)?.length ?? 0;
  return quotes % 2 === 0 ? text.slice(0, index) : text;
}

function testName(text: string, language: TestLanguage): string | null {
  const found = language.test.exec(text);
  return found === null ? null : (found.slice(1).find(Boolean) ?? "");
}

/** Most characters of a line that a finding shows. */
const SHOWN = 120;

function quoted(text: string): string {
  return `\`${text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text}\``;
}

function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
