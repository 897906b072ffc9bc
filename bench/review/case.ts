import type { Challenge, RuledChallenge } from "../../src/model/review.ts";

type Ruling = RuledChallenge["ruling"];

/** A challenge as a reviewer writes it, with what an honest engine must say about it. */
export interface Scripted {
  readonly evidence: Partial<Challenge["evidence"]> & { readonly kind: Challenge["evidence"]["kind"] };
  readonly expected: Ruling;
  readonly why: string;
  readonly over?: Partial<Challenge>;
  /** What the judge would say, where it is asked. */
  readonly judge?: Ruling;
}

/** One change of a project: the files that it writes (null: deletes), and what reviewers say about it. */
export interface Change {
  readonly name: string;
  readonly files: Readonly<Record<string, string | null>>;
  /** True for a change without a bug. */
  readonly correct: boolean;
  readonly challenges: readonly Scripted[];
}

/** A small repository with an order, and the changes that were made for it. */
export interface Project {
  readonly name: string;
  readonly criteria: readonly string[];
  readonly base: Readonly<Record<string, string>>;
  readonly changes: readonly Change[];
}

/** A new test file and the command that runs it. */
export function failingTest(path: string, content: string, command: string): Scripted["evidence"] {
  return { kind: "failing-test", path, content, command };
}

/** A node test of one assertion on an import of the project. `checks`: statements. */
export function nodeTest(name: string, imports: string, checks: string): Scripted["evidence"] {
  const head = `import assert from "node:assert/strict";\nimport { test } from "node:test";\n${imports}\n`;
  return failingTest(
    `test/${name}.test.mjs`,
    `${head}test("${name}", () => {\n${checks}\n});\n`,
    `node --test test/${name}.test.mjs`,
  );
}
