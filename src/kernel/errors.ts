import type { ErrorClass } from "./error-row.ts";
import { errorRow, type ErrorCode } from "./error-table.ts";

/**
 * What an error carries besides its code. `why` is the cause in words, `hint` the next command or edit that helps;
 * `data.task` replaces the word TASK in it.
 */
export interface ErrorDetails {
  readonly why?: string;
  readonly hint?: string;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** The one error class of the product; callers match on `code`, never on the message. */
export class CcoError extends Error {
  readonly code: ErrorCode;
  readonly why: string;
  readonly hint: string;
  readonly data: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "CcoError";
    this.code = code;
    this.why = details.why ?? errorRow(code).why;
    this.data = details.data ?? {};
    const task = this.data["task"];
    const hint = details.hint ?? errorRow(code).hint;
    this.hint = typeof task === "string" ? hint.replaceAll("TASK", task) : hint;
  }
}

/** Class of a code: decides whether it may be retried and which exit code the CLI ends with. */
export function errorClass(code: ErrorCode): ErrorClass {
  return errorRow(code).class;
}

/** Exit code of a command that ends with this error (contract, table "exit"). */
export function exitCodeOf(code: ErrorCode): number {
  return errorRow(code).exit ?? (errorRow(code).class === "environment" ? 7 : 1);
}

/** Text of anything that was thrown; errors lose their stack, the rest is shown as it is. */
export function describeThrown(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** Node's system error code (`ENOENT` …) of anything that was thrown, or undefined. */
export function systemCode(thrown: unknown): string | undefined {
  if (typeof thrown !== "object" || thrown === null || !("code" in thrown)) return undefined;
  return typeof thrown.code === "string" ? thrown.code : undefined;
}
