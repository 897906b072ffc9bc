import { isAbsolute } from "node:path";
import type { AttemptLimits } from "../ports/worker.ts";
import type { MeterMarks } from "./meter.ts";
import { parseBudget, parseMeter } from "./meter-marks.ts";
import type { LifeMarks } from "./own-record.ts";
import { parseStuck } from "./stuck-limits.ts";

/** What a supervisor starts and under which limits (command.json). Holds no secret: variables of the environment go by name. */
export interface SupervisedCommand {
  readonly v: 1;
  /** The program and its arguments; never a shell line. */
  readonly argv: readonly string[];
  readonly cwd: string;
  /** Variables that the worker inherits. It gets these, `envSet` and the marker, and nothing else. */
  readonly envNames: readonly string[];
  readonly envSet: Readonly<Record<string, string>>;
  /** Absolute file; fed to the worker, then closed. */
  readonly stdin: string;
  /** Absolute files; the worker itself appends to them. */
  readonly stdout: string;
  readonly stderr: string;
  readonly limits: AttemptLimits;
  /** Further absolute files or folders whose growth shows that the worker lives. */
  readonly signsOfLife: readonly string[];
  /** Absent: all output is a sign of life, and nothing is known of what the worker does. */
  readonly life?: LifeMarks;
  /** Absent: what it uses cannot be read while it works. */
  readonly meter?: MeterMarks;
  /** The worker is a server that is talked to through its stdin and stdout. Absent: it is a program that runs by itself. */
  readonly talk?: Talk;
}

/** How a server is talked to. */
export interface Talk {
  /** Absolute file for its last message. */
  readonly sidecar: string;
  /** Name and version that it is told of us. */
  readonly client: { readonly name: string; readonly version: string };
  /** Longest time that a question stays open when nobody answers, in ms; it is declined then. */
  readonly askMs: number;
}

/**
 * Reads command.json by hand: the supervisor starts once per attempt and does without the weight of a schema library.
 * Returns the command, or a sentence that says what is wrong with the text.
 */
export function parseSupervisedCommand(text: string): SupervisedCommand | string {
  const given = parseObject(text);
  if (given === null) return "command.json is not a JSON object";
  const { argv, cwd, envNames, envSet, stdin, stdout, stderr, signsOfLife } = given;
  const limits = parseLimits(given["limits"]);
  if (given["v"] !== 1) return "command.json has another version than 1";
  if (!isTexts(argv) || argv[0] === undefined || argv[0] === "") return "argv is not a list that starts with a program";
  if (!isPath(cwd)) return "cwd is not an absolute path";
  if (!isTexts(envNames)) return "envNames is not a list of names";
  if (!isTextRecord(envSet)) return "envSet is not a table of texts";
  if (!isPath(stdin) || !isPath(stdout) || !isPath(stderr))
    return "stdin, stdout and stderr are not all absolute paths";
  if (!isTexts(signsOfLife) || !signsOfLife.every(isPath)) return "signsOfLife is not a list of absolute paths";
  if (limits === null) return "limits are not all positive numbers";
  const life = parseLife(given["life"]);
  if (life === null) return "life does not name noise and a record";
  const talk = parseTalk(given["talk"]);
  if (talk === null) return "talk does not name a sidecar, a client and a time";
  const meter = parseMeter(given["meter"]);
  if (meter === null) return "meter does not name calls, totals and a model";
  const marks = {
    ...(life === undefined ? {} : { life }),
    ...(talk === undefined ? {} : { talk }),
    ...(meter === undefined ? {} : { meter }),
  };
  return { v: 1, argv, cwd, envNames, envSet, stdin, stdout, stderr, limits, signsOfLife, ...marks };
}

/** Keys and values of a JSON object, or null when the text is anything else. */
export function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    // Not JSON: the caller says so in its own words.
    return null;
  }
}

/** Undefined when it is absent, null when it is not of the form. */
function parseLife(given: unknown): LifeMarks | null | undefined {
  if (given === undefined) return undefined;
  if (!isObject(given) || !isTexts(given["noise"]) || !isObject(given["record"])) return null;
  const { prefix, callBegins, callEnds } = given["record"];
  if (typeof prefix !== "string" || typeof callBegins !== "string" || typeof callEnds !== "string") return null;
  return { noise: given["noise"], record: { prefix, callBegins, callEnds } };
}

/** As parseLife. */
function parseTalk(given: unknown): Talk | null | undefined {
  if (given === undefined) return undefined;
  if (!isObject(given) || !isPath(given["sidecar"]) || !isAmount(given["askMs"]) || !isObject(given["client"]))
    return null;
  const { name, version } = given["client"];
  if (typeof name !== "string" || typeof version !== "string") return null;
  return { sidecar: given["sidecar"], askMs: given["askMs"], client: { name, version } };
}

function parseLimits(given: unknown): AttemptLimits | null {
  if (!isObject(given)) return null;
  const budget = parseBudget(given["budget"]);
  const stuck = parseStuck(given["stuck"]);
  if (budget === null || stuck === null) return null;
  const { softMs, hardMs, budgetMs, silenceMs, killGraceMs, outputBytes } = given;
  if (!isAmount(hardMs) || !isAmount(silenceMs) || !isAmount(killGraceMs) || !isAmount(outputBytes)) return null;
  if ((softMs !== undefined && !isAmount(softMs)) || (budgetMs !== undefined && !isAmount(budgetMs))) return null;
  return {
    ...(softMs === undefined ? {} : { softMs }),
    hardMs,
    ...(budgetMs === undefined ? {} : { budgetMs }),
    ...(budget === undefined ? {} : { budget }),
    ...(stuck === undefined ? {} : { stuck }),
    silenceMs,
    killGraceMs,
    outputBytes,
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function isTextRecord(value: unknown): value is Record<string, string> {
  return isObject(value) && isTexts(Object.values(value));
}

function isPath(value: unknown): value is string {
  return typeof value === "string" && isAbsolute(value);
}

function isAmount(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value > 0;
}
