import picomatch from "picomatch";
import type { Envelope } from "../../model/envelope.ts";
import type { ChangedFile } from "../../model/verification.ts";
import { literalsOf } from "./assertion-strength.ts";
import { type FileDiff, parseDiff } from "./diff-text.ts";
import { finding, type Retreat, type RetreatKind } from "./finding.ts";
import { findInSettings, scriptsOf } from "./settings.ts";
import {
  isCheckProgram,
  isCheckSettings,
  isFixture,
  isFoundByName,
  isFoundLike,
  isTestFile,
  languageOf,
} from "./tables.ts";
import { findInProduct, findInTests, type TestMoves, testMoves } from "./tests.ts";

/** What is needed of an order to tell what it allows. */
export type RetreatOrder = Pick<Envelope, "goal" | "acceptance" | "write" | "allow" | "sections">;

export interface RetreatQuery {
  /** Unified diff of the change, with renames found. */
  readonly diff: string;
  /** True when the diff goes on behind what is given. */
  readonly truncated: boolean;
  readonly files: readonly ChangedFile[];
  readonly order: RetreatOrder;
}

/** Kinds that a file's own entry in `write` allows: its content may change, its force may not. */
const CHANGES: ReadonlySet<RetreatKind> = new Set(["expectation-changed", "fixture-changed", "verify-target-changed"]);

/**
 * Finds where a change weakens the checks that were there before it: tests, thresholds, fixtures, the targets of `verify`.
 * Allowed are: everything that `allow: [retreat]` or `allow: ["retreat GLOB"]` names, changes of content in a file that `write`
 * names by its own path, and new values that the order itself speaks of. New files weaken nothing.
 */
export function findRetreat(query: RetreatQuery): readonly Retreat[] {
  const diffs = parseDiff(query.diff);
  const moves = testMoves(diffs);
  const found = [...diffs.flatMap((file) => inFile(file, moves, query.order)), ...unread(query, diffs)];
  return found.filter((retreat) => !isAllowed(retreat, query.order));
}

/**
 * Finds where a fix weakens the tests that the attempt before it brought: only what leaves less of them. The worker's own tests may
 * be rewritten, as long as none is skipped and they do not become fewer.
 */
export function findRetreatInFix(query: RetreatQuery): readonly Retreat[] {
  const diffs = parseDiff(query.diff);
  const moves = testMoves(diffs);
  if (moves.declared >= moves.lost) {
    const skipped = diffs
      .flatMap((file) => inFile(file, moves, query.order))
      .filter(({ kind }) => kind === "test-skipped");
    return skipped.filter((retreat) => !isAllowed(retreat, query.order));
  }
  return findRetreat(query).filter(({ kind }) => kind === "test-skipped" || kind === "test-deleted");
}

function inFile(file: FileDiff, moves: TestMoves, order: RetreatOrder): readonly Retreat[] {
  if (file.status === "added") return [];
  const named = isVerifyTarget(file, order);
  if (isFixture(file.from))
    return isAddedTo(file) ? [] : [changed("fixture-changed", file, "a recorded expectation was changed")];
  if (
    file.path !== file.from &&
    isFoundByName(file.from) &&
    !isFoundLike(file.path, file.from) &&
    !isNamed(file.path, order)
  )
    return [
      finding("test-deleted", file.from, 1, { what: `it became ${file.path}, which no runner of tests looks for` }),
    ];
  if (isTestFile(file.from) || (named && !isCheckSettings(file.from))) {
    const inTests = findInTests(file, moves);
    return inTests.length === 0 && named ? changedTarget(file) : inTests;
  }
  if (isCheckSettings(file.from)) return findInSettings(file, scriptsOf(verifyCommands(order)));
  // Tests inside of the code they test.
  return languageOf(file.from).extensions.includes(".rs") ? findInProduct(file, moves) : [];
}

/** A recorded expectation that lost nothing. */
function isAddedTo({ status, binary, blocks }: FileDiff): boolean {
  return status === "modified" && !binary && blocks.every(({ removed }) => removed.length === 0);
}

/** A file that a verify command runs, changed in more than its imports, its comments and what was added. */
function changedTarget(file: FileDiff): readonly Retreat[] {
  const language = languageOf(file.from);
  const isHarmless = (text: string): boolean =>
    text.trim() === "" || language.imports.test(text) || text.trim().startsWith(language.comment);
  // In a test file what is no test and no assertion is scaffolding; in a script every line may be the check.
  const counts = isTestFile(file.from) && !file.from.endsWith(".sh");
  const isCheck = (text: string): boolean => !counts || language.assertion.test(text) || language.test.test(text);
  const block = file.blocks.find(({ removed }) => removed.some(({ text }) => !isHarmless(text) && isCheck(text)));
  return block === undefined
    ? []
    : [changed("verify-target-changed", file, "a verify command runs this file, and it was changed")];
}

function changed(kind: RetreatKind, file: FileDiff, what: string): Retreat {
  const block = file.blocks[0];
  const now =
    file.status === "deleted" ? "" : file.blocks.flatMap(({ added }) => added.map(({ text }) => text)).join("\n");
  const deleted = file.status === "deleted";
  return {
    kind: deleted ? "test-deleted" : kind,
    path: file.from,
    line: block?.added[0]?.line ?? block?.removed[0]?.line ?? 1,
    what: deleted ? "a file that checks need was deleted" : what,
    now,
  };
}

/** Test files of the change that the diff does not reach: nobody has looked at them. */
function unread({ truncated, files, order }: RetreatQuery, diffs: readonly FileDiff[]): readonly Retreat[] {
  if (!truncated) return [];
  const seen = new Set(diffs.slice(0, -1).map(({ path }) => path));
  const matters = (path: string): boolean => isTestFile(path) || isFixture(path) || isCheckSettings(path);
  return files
    .filter(({ path, from, status }) => status !== "added" && status !== "ignored" && matters(from ?? path))
    .filter(({ path }) => !seen.has(path))
    .map(
      ({ path }) =>
        ({ kind: "not-readable", path, line: 1, what: "the change is too large to be read here", now: "" }) as const,
    )
    .filter((retreat) => !isAllowed(retreat, order));
}

function verifyCommands(order: RetreatOrder): string[] {
  return order.acceptance.flatMap(({ verify }) => (verify === undefined ? [] : [verify]));
}

/** True for a file of checks that a verify command names. What else it names is the work itself: `grep -q hello src/a.txt`. */
function isVerifyTarget({ from }: FileDiff, order: RetreatOrder): boolean {
  return (isTestFile(from) || isCheckProgram(from)) && isNamed(from, order);
}

function isNamed(path: string, order: RetreatOrder): boolean {
  const words = verifyCommands(order).flatMap((command) => command.split(/[\s"'`;|&()<>=]+/));
  return words.some((word) => word.replace(/^\.\//, "").replace(/::.*$/, "") === path);
}

function isAllowed(retreat: Retreat, order: RetreatOrder): boolean {
  if (order.allow.some((entry) => allowsRetreat(entry, retreat.path))) return true;
  if (!CHANGES.has(retreat.kind) && retreat.kind !== "threshold-loosened") return false;
  if (CHANGES.has(retreat.kind) && order.write.includes(retreat.path)) return true;
  return retreat.kind === "fixture-changed" ? asksForRecords(retreat.path, order) : isOrdered(retreat.now, order);
}

/** True when the order names the file, or asks for records of its kind to be made anew. */
function asksForRecords(path: string, order: RetreatOrder): boolean {
  const text = textOf(order);
  const verb = "(?:updat|regenerat|refresh|re-?record|rewrit|renew)\\w*";
  const noun = "(?:snapshots?|fixtures?|goldens?|golden files?|cassettes?|recorded \\w+)";
  return (
    hasWord(text, path) ||
    new RegExp(`\\b${verb}\\b[^.\\n]{0,40}\\b${noun}\\b|\\b${noun}\\b[^.\\n]{0,30}\\b${verb}`, "i").test(text)
  );
}

function textOf(order: RetreatOrder): string {
  const criteria = order.acceptance.map(({ text }) => text);
  return [order.goal, ...criteria, ...Object.values(order.sections)].join("\n");
}

function allowsRetreat(entry: string, path: string): boolean {
  const [word, ...rest] = entry.trim().split(/[\s:]+/);
  if (word?.toLowerCase() !== "retreat") return false;
  return (
    rest.length === 0 || rest.some((glob) => glob === path || picomatch(glob, { dot: true, nonegate: true })(path))
  );
}

/** True when every value that is new stands in the order as well: then somebody asked for it. */
function isOrdered(now: string, order: RetreatOrder): boolean {
  const literals = literalsOf(now);
  const text = textOf(order);
  const longer = literals.filter((literal) => literal.length > 1);
  if (longer.length > 0) return longer.every((literal) => hasWord(text, literal));
  // One character is easily met by chance: it has to be said that it is the value.
  const said = (literal: string): boolean =>
    /^\d$/.test(literal) &&
    new RegExp(`\\b(?:to|be|is|are|of|exactly|returns?|answers?|prints?|yields?)\\s+${literal}\\b(?!\\.\\d)`, "i").test(
      text,
    );
  return literals.some(said) && literals.filter((literal) => /^\d$/.test(literal)).every(said);
}

function hasWord(text: string, literal: string): boolean {
  for (let at = text.indexOf(literal); at >= 0; at = text.indexOf(literal, at + 1)) {
    const around = `${text.charAt(at - 1)} ${text.charAt(at + literal.length)}`;
    if (!/\w /.test(around.slice(0, 2)) && !/\w/.test(around.slice(2))) return true;
  }
  return false;
}
