import { createHash } from "node:crypto";
import { type Repetition, watchCircle } from "./circle.ts";

/** How a program notes its calls of tools and their results in its own record. Texts are looked for as they stand in a line. */
export interface CallMarks {
  /** A line with all of these and none of those is a result. */
  readonly result: { readonly all: readonly string[]; readonly none: readonly string[] };
  /** Keys that lead to the name that a call and its result share, to what is called, to what it is given and to what came of it. */
  readonly id: readonly string[];
  readonly tool: readonly string[];
  readonly given: readonly (readonly string[])[];
  readonly came: readonly string[];
  /** A result with one of these texts says that what was called goes on: such a call only waits. */
  readonly waits: readonly string[];
  /** Tools that do nothing but wait. */
  readonly pauses: readonly string[];
  /** Patterns of what is given to a call that waits a while before it looks for something to have changed. */
  readonly sleeps: readonly string[];
  /** Tools whose calls are no work: they only say what is planned. */
  readonly aside: readonly string[];
  /** Patterns of what differs each time in calls and results and tells nothing: names, durations. */
  readonly noise: readonly string[];
  /** Lines after which nothing counts as a repetition of what was before: somebody spoke, or memory was cut. */
  readonly fresh: readonly string[];
  /** A line with this text says that the work is done: nothing is stopped any more. */
  readonly over: string;
}

/** The calls of a session so far. */
export interface CallState {
  /** Calls that have ended, without those that only wait and those that are no work. */
  readonly work: number;
  /** What is being repeated, often enough to call it so; null again as soon as there is something new. */
  readonly repeated: Repetition | null;
  readonly isOver: boolean;
}

/** A fold over the lines of a record. */
export interface CallWatch {
  call(line: string): void;
  other(line: string): void;
  state(): CallState;
}

/** Calls without a result that are remembered; a model makes a few at once. */
const MOST_OPEN = 200;

interface Open {
  readonly tool: string;
  readonly print: string;
  readonly sleeps: boolean;
}

/**
 * Counts calls and watches for circles. A call is the same one as before when its name, all that it was given and its whole result are the
 * same but for noise. `repeats`: so often makes a circle; 0: none does.
 */
export function watchCalls(marks: CallMarks, repeats: number): CallWatch {
  const noise = marks.noise.map((pattern) => new RegExp(pattern, "gm"));
  const sleeps = marks.sleeps.map((pattern) => new RegExp(pattern, "i"));
  const clean = (text: string): string => noise.reduce((rest, pattern) => rest.replaceAll(pattern, ""), text);
  const open = new Map<string, Open>();
  const circle = watchCircle(repeats);
  let work = 0;
  let isOver = false;

  function begin(line: unknown): void {
    const [id, tool] = [textAt(line, marks.id), textAt(line, marks.tool)];
    const given = marks.given.map((keys) => textAt(line, keys)).join("\n");
    open.set(id, { tool, print: clean(`${tool}\n${given}`), sleeps: sleeps.some((pattern) => pattern.test(given)) });
    const [oldest] = open.keys();
    if (open.size > MOST_OPEN && oldest !== undefined) open.delete(oldest);
  }

  function end(line: unknown): void {
    const id = textAt(line, marks.id);
    const call = open.get(id);
    if (call === undefined) return;
    open.delete(id);
    const came = textAt(line, marks.came);
    const waits = marks.pauses.includes(call.tool) || marks.waits.some((text) => came.includes(text));
    if (!waits && !marks.aside.includes(call.tool)) work += 1;
    circle.take({ id, print: shortOf(`${call.print}\n\n${clean(came)}`), waits, sleeps: call.sleeps });
  }

  return {
    call: (line) => begin(parsed(line)),
    other(line) {
      if (isMarked(line, marks.result)) end(parsed(line));
      else if (marks.fresh.some((text) => line.includes(text))) circle.forget();
      else if (line.includes(marks.over)) isOver = true;
    },
    state: () => ({ work, repeated: circle.repeated(), isOver }),
  };
}

function isMarked(line: string, { all, none }: CallMarks["result"]): boolean {
  return all.every((text) => line.includes(text)) && !none.some((text) => line.includes(text));
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    // Torn or foreign: it is no call.
    return null;
  }
}

/** The value under the keys as text; empty where there is none. */
function textAt(value: unknown, keys: readonly string[]): string {
  const found = keys.reduce<unknown>(
    (part, key) => (typeof part === "object" && part !== null ? Reflect.get(part, key) : undefined),
    value,
  );
  if (typeof found === "string") return found;
  return found === undefined ? "" : textIn(found);
}

/** All texts in a value, one after the other: results come as texts, as blocks with texts, or as objects. */
function textIn(value: unknown): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.map(textIn).join("\n");
  if (typeof value !== "object" || value === null) return String(value);
  return Object.values(value).map(textIn).join("\n");
}

function shortOf(text: string): string {
  return createHash("sha256").update(text).digest("base64");
}
