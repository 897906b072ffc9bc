import picomatch from "picomatch";
import { writeScopeOf } from "../../model/envelope.ts";
import { escapeOf, isPattern, isUrl, keptBy } from "../paths.ts";
import { quoted } from "../problem.ts";
import { type EnvelopeRule, type Hit, hitIf, type Subject } from "../rule.ts";

/** Names without a dot that are files all the same. */
const FILES_WITHOUT_DOT =
  /^(?:[A-Z][A-Z0-9_-]+|Makefile|Dockerfile|Containerfile|Procfile|Gemfile|Rakefile|Vagrantfile|Jenkinsfile|Brewfile|Justfile|justfile|Caddyfile)$/;

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
    why: "A pattern that starts with ! matches almost every file there is, so it widens the scope it seems to narrow.",
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
    id: "envelope/write-folder",
    severity: "warning",
    why: "A pattern without wildcards names one file; for a folder the whole change would be out of scope.",
    check: (subject) =>
      eachPattern(subject, (pattern) => {
        const name = pattern.split("/").at(-1) ?? "";
        const folder = !isPattern(pattern) && !name.includes(".") && name !== "" && !FILES_WITHOUT_DOT.test(name);
        return folder && escapeOf(pattern) === null
          ? [`${quoted(pattern)} names one file, not a folder`, `for the folder write ${pattern}/**`]
          : undefined;
      }),
  },
  {
    id: "envelope/nothing-writable",
    severity: "warning",
    why: "A coder without a write scope can change nothing, so every change fails the task.",
    check: ({ envelope, stateOf, lineOf }) => {
      const writes = envelope.role === "coder" || envelope.role === "devops";
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
      const inside = envelope.write.some((pattern) => picomatch(pattern, { dot: true })(path));
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
    why: "Researchers and reviewers only read; what they find is in their last message.",
    check: ({ envelope, lineOf }) => {
      const readOnly = envelope.role === "researcher" || envelope.role === "reviewer";
      const message = `a ${envelope.role} only reads, but there is a write scope`;
      return hitIf(
        readOnly && envelope.write.length > 0,
        lineOf("write"),
        message,
        "remove write, or write role: coder",
      );
    },
  },
];
