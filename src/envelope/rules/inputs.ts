import { writeScopeOf, type Envelope } from "../../model/envelope.ts";
import { quoted } from "../problem.ts";
import { covers, escapeOf, isPattern, isUrl, MOST_NAME_CHARACTERS } from "../paths.ts";
import type { EnvelopeRule, Hit, LintSet, Subject } from "../rule.ts";

function eachInput(
  subject: Subject,
  check: (input: Envelope["inputs"][number], line: number) => Omit<Hit, "line"> | undefined,
): Hit[] {
  return subject.envelope.inputs.flatMap((input, index): Hit[] => {
    const line = subject.lineOf(`inputs.${index}.path`);
    const hit = check(input, line);
    return hit === undefined ? [] : [{ line, ...hit }];
  });
}

function isPasted(text: string): boolean {
  return text.includes("\n") || text.includes("```") || text.length > MOST_NAME_CHARACTERS;
}

function isNamed({ path, note }: Envelope["inputs"][number]): boolean {
  return !isPasted(path) && !isPasted(note ?? "") && !isUrl(path) && escapeOf(path) === null;
}

/** Tasks that come before this one, by `after` over any number of steps; unknown ones are left out. */
function tasksBefore(subject: Subject, set: LintSet): Set<string> {
  const byId = new Map(set.subjects.map((other) => [other.envelope.task, other.envelope]));
  const before = new Set<string>();
  const open = [...subject.envelope.after];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (before.has(id)) continue;
    before.add(id);
    open.push(...(byId.get(id)?.after ?? []));
  }
  return before;
}

/** True when a task that comes before this one may leave the file behind. */
function isMadeBefore(path: string, subject: Subject, set: LintSet): boolean {
  const before = tasksBefore(subject, set);
  const makers = set.subjects.filter((other) => before.has(other.envelope.task) && other !== subject);
  return makers.some((maker) => covers(writeScopeOf(maker.envelope), path));
}

function missing(subject: Subject, set: LintSet, afterKnown: boolean): Hit[] {
  return eachInput(subject, (input) => {
    if (!isNamed(input) || set.exists(input.path) || isMadeBefore(input.path, subject, set)) return undefined;
    const waits = subject.envelope.after.some((id) => set.knownTasks.has(id));
    if (waits !== afterKnown) return undefined;
    const hint = isPattern(input.path)
      ? "name the files or their folder, patterns are not read"
      : "fix the path, or let a task in after make it";
    const message = `the input ${quoted(input.path)} does not exist`;
    return waits
      ? { message: `${message} yet`, hint: "make sure that a task in after leaves it behind" }
      : { message, hint };
  });
}

export const INPUT_RULES: readonly EnvelopeRule[] = [
  {
    id: "envelope/input-pasted",
    severity: "error",
    why: "Inputs are paths: pasted contents grow the prompt and are old the moment the file changes.",
    check: (subject) =>
      eachInput(subject, ({ path, note }) =>
        isPasted(path) || isPasted(note ?? "")
          ? { message: "the input looks like pasted contents", hint: "name the path and say in one line what it is" }
          : undefined,
      ),
  },
  {
    id: "envelope/input-outside",
    severity: "error",
    why: "A worker sees the repository; paths outside are not there in another work tree, or hold what it should not read.",
    check: (subject) =>
      eachInput(subject, ({ path, note }) => {
        const why = isPasted(path) || isPasted(note ?? "") || isUrl(path) ? null : escapeOf(path);
        const message = `the input ${quoted(path)} is outside the repository: ${why}`;
        return why === null ? undefined : { message, hint: "write it relative to the repository root" };
      }),
  },
  {
    id: "envelope/input-url",
    severity: "error",
    why: "A URL is no path: nothing says when it was read, and what it holds is outside content.",
    check: (subject) =>
      eachInput(subject, ({ path }) =>
        !isPasted(path) && isUrl(path)
          ? {
              message: `the input ${quoted(path)} is a URL`,
              hint: "save it as a file in the repository, or name it in the context with network: true",
            }
          : undefined,
      ),
  },
  {
    id: "envelope/input-missing",
    severity: "error",
    why: "A worker that looks for a file that is not there makes one up or burns its budget.",
    check: (subject, set) => missing(subject, set, false),
  },
  {
    id: "envelope/input-not-yet",
    severity: "warning",
    why: "The input may be made by a task that was submitted before; nobody can check that now.",
    check: (subject, set) => missing(subject, set, true),
  },
];
