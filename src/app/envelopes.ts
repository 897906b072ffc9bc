import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { isAbsolute, join, relative, resolve } from "node:path";
import { type EnvelopeSource, type LintOutcome, lintEnvelopes } from "../envelope/lint.ts";
import { CcoError, describeThrown } from "../kernel/errors.ts";
import type { Project } from "./project.ts";
import { taskIds } from "./read-board.ts";

/** Largest envelope file that is read, in bytes; the rendered prompt may have 8,000 tokens at most. */
const FILE_LIMIT_BYTES = 256 * 1024;

/** Reads envelope and plan files and lints them as one run. */
export async function lintFiles(project: Project, files: readonly string[]): Promise<LintOutcome & { sources: EnvelopeSource[] }> {
  const sources: EnvelopeSource[] = [];
  for (const file of files) sources.push(await readSource(file));
  const exists = (path: string): boolean => existsSync(join(project.root, path));
  const read = (path: string): EnvelopeSource | null => null;
  return { ...lintEnvelopes(sources, { exists, knownTasks: taskIds(project) }), sources };
}

async function readSource(file: string): Promise<EnvelopeSource> {
  try {
    const { size } = await stat(file);
    if (size > FILE_LIMIT_BYTES) {
      throw new CcoError("ENVELOPE_INVALID", `${file} has ${size} bytes; an envelope has at most ${FILE_LIMIT_BYTES}`, {
        hint: "pass paths in inputs instead of contents",
      });
    }
    return { file: shown(file), text: await readFile(file, "utf8") };
  } catch (error) {
    if (error instanceof CcoError) throw error;
    throw new CcoError("ENVELOPE_NOT_FOUND", `${file} cannot be read: ${describeThrown(error)}`, { cause: error });
  }
}

/** The shorter of the path as given and its form relative to the working directory. */
function shown(file: string): string {
  const near = relative(process.cwd(), resolve(file));
  return isAbsolute(file) && !near.startsWith("..") ? near : file;
}
