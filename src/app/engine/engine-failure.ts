import { rmSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { isErrorCode } from "../../kernel/error-table.ts";
import { CcoError } from "../../kernel/errors.ts";
import { parseJson } from "../../kernel/json.ts";
import { replaceFile } from "../../process/atomic-file.ts";
import type { Project } from "../project.ts";
import { readText } from "../board/read-text.ts";

const failureSchema = z.object({
  code: z.string(),
  message: z.string(),
  why: z.string(),
  hint: z.string(),
  pid: z.number(),
});

/** Failures that pass by themselves: the board can be written again, the other engine ends. */
const PASSING: readonly string[] = ["BOARD_WRITE", "BOARD_LOCKED"];

/** Leaves word why an engine ended: those who wait for it in the background cannot see its stderr. Throws system errors. */
export function noteEngineFailure(project: Project, error: CcoError): void {
  const { code, message, why, hint } = error;
  replaceFile(failureFile(project), `${JSON.stringify({ code, message, why, hint, pid: process.pid })}\n`);
}

/** An engine is up: what the one before it failed of is over. Throws system errors. */
export function forgetEngineFailure(project: Project): void {
  rmSync(failureFile(project), { force: true });
}

/** Why the last engine could not run, in one line; null when it could. */
export function lastEngineFailure(project: Project): string | null {
  const failure = failureSchema.safeParse(parseJson(readText(failureFile(project)) ?? ""));
  return failure.success ? `${failure.data.code}: ${failure.data.message}` : null;
}

/** A check that throws what made an engine end since now; it throws nothing for what passes by itself. */
export function watchEngineFailure(project: Project): () => void {
  const before = readText(failureFile(project));
  return () => {
    const text = readText(failureFile(project));
    if (text === null || text === before) return;
    const failure = failureSchema.safeParse(parseJson(text));
    if (!failure.success || PASSING.includes(failure.data.code)) return;
    const { code, message, why, hint } = failure.data;
    throw new CcoError(isErrorCode(code) ? code : "ENGINE_START", message, { why, hint });
  };
}

function failureFile(project: Project): string {
  return join(project.board, "engine-failure.json");
}
