import { findProject, type Project } from "../app/project.ts";
import { CcoError } from "../kernel/errors.ts";
import type { Output } from "./output.ts";

/** One call of a command, as its program sees it. */
export interface Invocation {
  readonly args: readonly (string | readonly string[] | undefined)[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly out: Output;
  /** The project; throws REPO_NOT_FOUND outside of one. */
  project(): Project;
  /** The same, null outside of one. */
  projectOrNone(): Project | null;
}

/** Builds the invocation of a parsed command line. */
export function makeInvocation(
  args: Invocation["args"],
  options: Readonly<Record<string, unknown>>,
  out: Output,
): Invocation {
  const dir = options["project"];
  const project = (): Project => findProject(process.cwd(), typeof dir === "string" ? dir : undefined);
  return { args, options, out, project, projectOrNone: () => orNone(project) };
}

function orNone(project: () => Project): Project | null {
  try {
    return project();
  } catch (error) {
    if (error instanceof CcoError && error.code === "REPO_NOT_FOUND") return null;
    throw error;
  }
}

/** A required single argument. */
export function textArg(invocation: Invocation, index: number): string {
  const value = invocation.args[index];
  if (typeof value === "string") return value;
  throw new CcoError("USAGE", `argument ${index + 1} is missing`);
}

/** An optional single argument. */
export function optionalArg(invocation: Invocation, index: number): string | undefined {
  const value = invocation.args[index];
  return typeof value === "string" ? value : undefined;
}

/** A list argument, empty when absent. */
export function listArg(invocation: Invocation, index: number): readonly string[] {
  const value = invocation.args[index];
  return value === undefined || typeof value === "string" ? [] : value;
}

/** An option with a text value. */
export function textOption(invocation: Invocation, name: string): string | undefined {
  const value = invocation.options[name];
  return typeof value === "string" ? value : undefined;
}

/** True when a switch was given (or, for `--no-x`, was not). */
export function isOn(invocation: Invocation, name: string): boolean {
  return invocation.options[name] === true;
}

/** An option that must be a number of at least `min`. */
export function numberOption(invocation: Invocation, name: string, min: number): number | undefined {
  const text = textOption(invocation, name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value) && value >= min) return value;
  throw new CcoError("USAGE", `--${name} wants a number of at least ${min}, not "${text}"`);
}
