import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import { type EnvelopeFile, type LintResult, lintEnvelopes } from "../envelope/lint.ts";
import { CcoError, describeThrown } from "../kernel/errors.ts";
import type { Lane } from "../model/envelope.ts";
import type { Project } from "./project.ts";
import { taskIds } from "./board/read-board.ts";

export { envelopeError } from "../envelope/lint.ts";

/** Largest envelope file that is read, in bytes; the rendered prompt may have 8,000 tokens at most. */
const FILE_LIMIT_BYTES = 256 * 1024;

export type { EnvelopeFile, LintResult } from "../envelope/lint.ts";

/** Reads envelope and plan files, where they are not read yet, and lints them as one run. `lane`: in place of theirs. Throws ENVELOPE_NOT_FOUND for a file that cannot be read. */
export function lintFiles(project: Project, files: readonly (string | EnvelopeFile)[], lane?: Lane): LintResult {
  const sources = files.map((file) => (typeof file === "string" ? readSource(file) : file));
  return lintEnvelopes(sources, {
    exists: (path) => existsSync(join(project.root, path)),
    knownTasks: new Set(taskIds(project)),
    readPlanned,
    lane,
  });
}

/** An envelope that a plan names, relative to the plan. */
function readPlanned(path: string, planFile: string): EnvelopeFile | null {
  const file = join(dirname(planFile), path);
  return existsSync(file) ? readSource(file) : null;
}

function readSource(file: string): EnvelopeFile {
  try {
    const { size } = statSync(file);
    if (size > FILE_LIMIT_BYTES) {
      throw new CcoError("ENVELOPE_INVALID", `${file} has ${size} bytes; an envelope has at most ${FILE_LIMIT_BYTES}`, {
        hint: "pass paths in inputs instead of contents",
      });
    }
    return { file: shown(file), text: readFileSync(file, "utf8") };
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
