import { writeScopeOf } from "../../model/envelope.ts";
import { covers, escapeOf, isUrl, keptBy, MOST_NAME_CHARACTERS } from "../paths.ts";
import { quoted } from "../problem.ts";
import { type EnvelopeRule, type Hit, hitIf, type Subject } from "../rule.ts";

function eachPattern(
  subject: Subject,
  check: (pattern: string) => readonly [message: string, hint: string] | undefined,
): Hit[] {
  const write = subject.envelope.write.map((pattern, index) => ({ pattern, at: `write.${index}` }));
  const { output } = subject.envelope;
  const all = output === null ? write : [...write, { pattern: output.path, at: "output.path" }];
  return all.flatMap(({ pattern, at }): Hit[] => {
    const hit = check(pattern);
    return hit === undefined ? [] : [{ line: subject.lineOf(at), message: hit[0], hint: hit[1] }];
  });
}

export const SCOPE_RULES: readonly EnvelopeRule[] = [
  {
    id: "envelope/write-outside",
    severity: "error",
    why: "A worker changes the repository and nothing else.",
    check: (subject) =>
      eachPattern(subject, (pattern) => {
        const why = isUrl(pattern) ? "it is a URL" : escapeOf(pattern);
        return why === null
          ? undefined
          : [`${quoted(pattern)} is outside the repository: ${why}`, "write it relative to the repository root"];
      }),
  },
  {
    id: "envelope/write-long",
    severity: "error",
    why: "What is longer than a name or goes over several lines is no path.",
    check: (subject) =>
      eachPattern(subject, (pattern) =>
        pattern.length > MOST_NAME_CHARACTERS || pattern.includes("\n")
          ? [`${quoted(pattern)} is no path or pattern`, 'name files or folders, for example write: ["src/**"]']
          : undefined,
      ),
  },
  {
    id: "envelope/write-kept",
    severity: "error",
    why: "Git's own files, the blackboard and the folders the sandbox protects are no part of any change.",
    check: (subject) =>
      eachPattern(subject, (pattern) => {
        const why = escapeOf(pattern) === null ? keptBy(pattern) : null;
        return why === null ? undefined : [`${quoted(pattern)} may not be changed: ${why}`, "remove it"];
      }),
  },
  {
    id: "envelope/write-negated",
    severity: "error",
    why: "A write scope only adds: a pattern that starts with ! seems to narrow it and does not.",
    check: (subject) =>
      eachPattern(subject, (pattern) =>
        pattern.startsWith("!")
          ? [`${quoted(pattern)} starts with !`, "name what may change; put what may not under forbid"]
          : undefined,
      ),
  },
  {
    id: "envelope/write-everything",
    severity: "warning",
    why: "A scope that allows everything guards nothing.",
    check: (subject) =>
      eachPattern(subject, (pattern) =>
        /^(?:\*\*?(?:\/\*{1,2})*|\.)$/.test(pattern)
          ? [`${quoted(pattern)} allows the whole repository`, 'name folders, for example write: ["src/**"]']
          : undefined,
      ),
  },
  {
    id: "envelope/nothing-writable",
    severity: "warning",
    why: "A coder without a write scope can change nothing, so every change fails the task.",
    check: ({ envelope, stateOf, lineOf }) => {
      const writes = envelope.acceptance.length > 0 && (envelope.role === "coder" || envelope.role === "devops");
      const unread = stateOf("write") === "unread" || stateOf("output") === "unread";
      const message = "there is neither write nor output: nothing may be changed";
      return hitIf(
        writes && !unread && writeScopeOf(envelope).length === 0,
        lineOf("write"),
        message,
        'add write: ["src/**"], or role: researcher',
      );
    },
  },
  {
    id: "envelope/output-added",
    severity: "info",
    why: "The output is always part of the write scope, also when write does not name it.",
    check: ({ envelope, lineOf }) => {
      const path = envelope.output?.path;
      if (path === undefined || envelope.write.length === 0 || escapeOf(path) !== null) return [];
      const inside = covers(envelope.write, path);
      return hitIf(
        !inside,
        lineOf("output.path"),
        `${quoted(path)} is not in write; it is added`,
        `add it to write to make that plain`,
      );
    },
  },
  {
    id: "envelope/read-only-role",
    severity: "warning",
    why: "Researchers read and reviewers write notes; a write scope gives them more than their role.",
    check: ({ envelope, lineOf }) => {
      const readOnly = envelope.role === "researcher" || envelope.role === "reviewer";
      const message = `a ${envelope.role} only reads, but there is a write scope`;
      return hitIf(
        readOnly && envelope.write.length > 0,
        lineOf("write"),
        message,
        "remove write, output is enough for notes; or write role: coder",
      );
    },
  },
];
