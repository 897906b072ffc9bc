import { lastNumber, squeeze } from "./assertion-strength.ts";
import type { DiffBlock, DiffLine, FileDiff } from "./diff-text.ts";
import { finding, type Retreat } from "./finding.ts";
import { narrowed } from "./selection.ts";
import { CEILING_KEY, CHECKS, FLOOR_KEY, SWALLOWED, TOOTHLESS } from "./tables.ts";

/** Names of package scripts and make targets that verify commands run: `npm test` runs `test`. */
export function scriptsOf(commands: readonly string[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const command of commands) {
    const calls = command.matchAll(
      /\b(?:npm|pnpm|yarn|bun|make|just|task|rake|composer)\s+(?:-\S+\s+)*(?:run(?:-script)?\s+)?([\w:.-]+)/g,
    );
    for (const [, name = ""] of calls) names.add(name === "t" ? "test" : name);
  }
  return names;
}

/** Finds what a change of a settings file takes away from the checks: thresholds, rules, the commands that verify runs. */
export function findInSettings(file: FileDiff, scripts: ReadonlySet<string>): readonly Retreat[] {
  if (file.status === "deleted") {
    return [finding("check-disabled", file.from, 1, { what: `${file.from} was deleted` })];
  }
  const called = calledScripts(file, scripts);
  return file.blocks.flatMap((block) => [
    ...changedScripts(file, block, called),
    ...narrowed(file, block),
    ...toothless(file, block),
    ...block.removed.flatMap((line) => loosened(file, block, line)),
  ]);
}

/** The scripts that those run in turn, as far as the diff shows them. */
function calledScripts({ blocks }: FileDiff, scripts: ReadonlySet<string>): ReadonlySet<string> {
  const called = new Set(scripts);
  const lines = blocks.flatMap(({ before, removed, after }) => [
    ...before,
    ...removed.map(({ text }) => text),
    ...after,
  ]);
  for (const text of [...lines, ...lines.toReversed()]) {
    const [, name = "", command = ""] = /^\s*"([\w:.-]+)"\s*:\s*"(.*)"/.exec(text) ?? [];
    if (called.has(name)) for (const next of scriptsOf([command])) called.add(next);
  }
  return called;
}

/** A script that a verify command runs and that says something else now. */
function changedScripts(file: FileDiff, block: DiffBlock, scripts: ReadonlySet<string>): readonly Retreat[] {
  const isScript = ({ text }: DiffLine): boolean => {
    // A package of the same name has a version for its value.
    const name = /^\s*"([\w:.-]+)"\s*:\s*"(?![~^]?\d|[<>=*])/.exec(text)?.[1] ?? /^([\w:.-]+)\s*:(?!=)/.exec(text)?.[1];
    if (name !== undefined) return scripts.has(name);
    return text.startsWith("\t") && scripts.has(recipeOf(block));
  };
  const came = new Set(block.added.map(({ text }) => squeeze(text)));
  return block.removed
    .filter((line) => isScript(line) && !came.has(squeeze(line.text)))
    .map((line) => {
      const now = block.added.find(isScript)?.text.trim() ?? "";
      return finding("verify-target-changed", file.path, line.line, {
        what: `a verify command runs \`${line.text.trim()}\``,
        now,
      });
    });
}

/** The target of a makefile that a block stands in. */
function recipeOf({ before, scope }: DiffBlock): string {
  const target = before.findLast((text) => /^[\w:.-]+\s*:(?!=)/.test(text)) ?? scope;
  return /^([\w.-]+)\s*:(?!=)/.exec(target)?.[1] ?? "";
}

function toothless(file: FileDiff, block: DiffBlock): readonly Retreat[] {
  const before = block.removed.map(({ text }) => text).join("\n");
  return block.added
    .filter(({ text }) => weakens(text) && !weakens(before))
    .map((line) =>
      finding("check-disabled", file.path, line.line, { what: `a check can no longer fail: \`${line.text.trim()}\`` }),
    );
}

function weakens(text: string): boolean {
  return TOOTHLESS.test(text) || (SWALLOWED.test(text) && CHECKS.test(text.slice(0, text.search(SWALLOWED))));
}

/** Compares a setting with what came in its place: its key is what stands before the value. */
function loosened(file: FileDiff, block: DiffBlock, line: DiffLine): readonly Retreat[] {
  const key = keyOf(line.text);
  if (key === "") return [];
  const next = block.added.find(({ text }) => keyOf(text) === key);
  const was = line.text.trim();
  const what = next === undefined ? `\`${was}\` is gone` : `\`${was}\` became \`${next.text.trim()}\``;
  const several = next === undefined ? null : loosenedPart(line.text, next.text);
  if (several !== null && next !== undefined)
    return several ? [finding("threshold-loosened", file.path, next.line, { what, now: next.text })] : [];
  const [old, now] = [lastNumber(line.text), next === undefined ? null : lastNumber(next.text)];
  if (old !== null && (FLOOR_KEY.test(key) || CEILING_KEY.test(key))) {
    if (now === old || (now === null && next !== undefined)) return [];
    return now === null || isLooserBy(key, old, now)
      ? [finding("threshold-loosened", file.path, (next ?? line).line, { what, now: next?.text ?? "" })]
      : [];
  }
  if (next === undefined) return [];
  const wasError = /["']?error["']?/.test(line.text) && /["']?\b(?:off|warn|allow)\b["']?/.test(next.text);
  const wasStrict = STRICT_KEY.test(key) && /\btrue\b/i.test(line.text) && /\bfalse\b/i.test(next.text);
  return wasError || wasStrict ? [finding("check-disabled", file.path, next.line, { what })] : [];
}

function isLooserBy(key: string, old: number, now: number): boolean {
  return FLOOR_KEY.test(key) && !/max/i.test(key) ? now < old : now > old;
}

/** Whether one of several settings on a line became looser; null when there are not several. */
function loosenedPart(was: string, is: string): boolean | null {
  const parts = (text: string): Map<string, number> =>
    new Map(
      [...text.matchAll(/["']?([\w.-]+)["']?\s*[:=]\s*(-?\d[\d.]*)/g)].map(([, key = "", value]) => [
        key,
        Number(value),
      ]),
    );
  const [old, now] = [parts(was), parts(is)];
  if (old.size < 2) return null;
  return [...old].some(([key, value]) => {
    if (!FLOOR_KEY.test(key) && !CEILING_KEY.test(key)) return false;
    const next = now.get(key);
    return next === undefined || isLooserBy(key, value, next);
  });
}

/** Switches that make a check stricter when they are on. */
const STRICT_KEY =
  /strict|no[-_]?implicit|no[-_]?unused|no[-_]?unchecked|fail[-_]?on|fail[-_]?fast|warnings[-_]?as[-_]?errors|disallow|check[-_]?untyped|check[-_]?js|exact/i;

/** Name of a setting in any of the usual forms (`"key": 1`, `key = 1`, `--key=1`, `key: 1`), without its value. */
function keyOf(text: string): string {
  const flag = /(--[\w-]+)[= ]+["']?[\d.]+/.exec(text)?.[1];
  if (flag !== undefined) return flag;
  return /^\s*[-{]?\s*["']?([\w@/.-]+)["']?\s*[:=]/.exec(text)?.[1] ?? "";
}
