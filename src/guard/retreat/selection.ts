import { literalsOf, squeeze } from "./assertion-strength.ts";
import type { DiffBlock, FileDiff } from "./diff-text.ts";
import { finding, type Retreat } from "./finding.ts";

/** Settings of programs that run tests. */
const RUNNER = /vitest|jest|mocha|\bava\b|pytest|pyproject|tox\.ini|setup\.cfg|karma|playwright|cypress|noxfile/i;
/** Keys that say which tests run. */
const CHOSEN = /^\s*["']?(include|testMatch|testpaths|testRegex|spec|roots|python_files|python_functions)["']?\s*[:=]/;
/** Keys that say what is left out. */
const LEFT_OUT = /\b(?:exclude|omit|testPathIgnorePatterns|modulePathIgnorePatterns|collect_ignore|norecursedirs)\b/;
const OF_CHECKS = /test|spec|\bsrc\b|\blib\b|\bapp\b/i;
/** A step of a pipeline that runs checks. */
const STEP = /^\s*-?\s*(?:run|script|-)\s*:?.*\b(?:test|lint|check|pytest|vitest|jest|clippy|mypy|tsc)\b/i;

/** Finds settings by which fewer tests run, or less is looked at, than before. */
export function narrowed(file: FileDiff, block: DiffBlock): readonly Retreat[] {
  return [...fewerChosen(file, block), ...moreLeftOut(file, block), ...fewerSteps(file, block)];
}

function fewerChosen(file: FileDiff, block: DiffBlock): readonly Retreat[] {
  if (!RUNNER.test(file.path)) return [];
  return block.removed.flatMap((line) => {
    const key = CHOSEN.exec(line.text)?.[1];
    const next = block.added.find(({ text }) => key !== undefined && CHOSEN.exec(text)?.[1] === key);
    if (next === undefined) return [];
    const now = valuesOf(next.text);
    if (valuesOf(line.text).every((value) => now.includes(value))) return [];
    const what = `other tests run: \`${line.text.trim()}\` became \`${next.text.trim()}\``;
    return [finding("check-disabled", file.path, next.line, { what })];
  });
}

function valuesOf(text: string): readonly string[] {
  const literals = literalsOf(text);
  return literals.length > 0
    ? literals
    : text
        .slice(text.search(/[:=]/) + 1)
        .split(/[\s,]+/)
        .filter(Boolean);
}

function moreLeftOut(file: FileDiff, block: DiffBlock): readonly Retreat[] {
  if (/tsconfig|eslint|prettier|biome|oxlint/.test(file.path)) return [];
  const before = block.removed.map(({ text }) => text).join("\n");
  return block.added
    .filter(({ text }) => LEFT_OUT.test(text))
    .filter(({ text }) => {
      const values = valuesOf(text.slice(text.search(LEFT_OUT)));
      return values.some((value) => OF_CHECKS.test(value) && !before.includes(value));
    })
    .map((line) =>
      finding("check-disabled", file.path, line.line, { what: `checks leave out more: \`${line.text.trim()}\`` }),
    );
}

function fewerSteps(file: FileDiff, block: DiffBlock): readonly Retreat[] {
  if (!/\.ya?ml$|Jenkinsfile/.test(file.path)) return [];
  const came = new Set(file.blocks.flatMap(({ added }) => added.map(({ text }) => squeeze(text))));
  if (block.added.some(({ text }) => STEP.test(text))) return [];
  return block.removed
    .filter(({ text }) => STEP.test(text) && !came.has(squeeze(text)))
    .map((line) =>
      finding("check-disabled", file.path, line.line, { what: `a step that checks is gone: \`${line.text.trim()}\`` }),
    );
}
