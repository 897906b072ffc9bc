import type { LintOptions } from "../../src/envelope/lint.ts";
import { fullEnvelope, lightEnvelope } from "./envelopes.ts";

/** One bad and one good example of a rule. */
export interface LintCase {
  readonly rule: string;
  /** Texts of files, and the line of the finding in the last one. */
  readonly bad: readonly string[];
  readonly line: number;
  /** Nearly the same, without the finding. */
  readonly good: readonly string[];
  readonly options?: Partial<LintOptions>;
}

export const TOKEN = ["gh", "p_", "aB3".repeat(12)].join("");
export const noFiles: Partial<LintOptions> = { exists: () => false };
export const criterion = (text: string, verify?: string, more = "") =>
  `acceptance: [{ text: ${JSON.stringify(text)}${verify === undefined ? "" : `, verify: ${JSON.stringify(verify)}`}${more} }]`;
export const light = (...fields: string[]) => [lightEnvelope(fields)];
export const full = (...fields: string[]) => [fullEnvelope(fields)];
export const task = (id: string, ...fields: string[]) => lightEnvelope([`task: ${id}`, `output: ${id}.md`, ...fields]);
export const block = (lines: number) => `## Context\n\`\`\`js\n${"f();\n".repeat(lines)}\`\`\`\n`;
// 100 lines of about 100 characters: large, and no code block.
export const prose = (lines: number) =>
  `## Context\n${"The quick brown fox jumps over the lazy dog and the quick brown fox jumps over the lazy dog again.\n".repeat(lines)}`;
