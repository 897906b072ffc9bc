import { quoted } from "../problem.ts";
import { type EnvelopeRule, type Hit, hitIf, type LintSet, type SetRule } from "../rule.ts";

/** Edges among the tasks of the set: what each waits for, tasks outside left out. */
function edgesOf(set: LintSet): Map<string, string[]> {
  const ids = new Set(set.subjects.map(({ envelope }) => envelope.task));
  return new Map(set.subjects.map(({ envelope }) => [envelope.task, envelope.after.filter((id) => ids.has(id))]));
}

/** Circles among tasks; each is given once, as the ids in the order in which they wait for each other. */
export function findCircles(edges: ReadonlyMap<string, readonly string[]>): string[][] {
  const own = [...edges].filter(([id, after]) => after.includes(id)).map(([id]) => [id]);
  return [
    ...own,
    ...longCircles(new Map([...edges].map(([id, after]) => [id, after.filter((other) => other !== id)]))),
  ];
}

function longCircles(edges: ReadonlyMap<string, readonly string[]>): string[][] {
  const left = new Map([...edges].map(([id, after]) => [id, new Set(after)]));
  const waiting = new Map<string, string[]>();
  for (const [id, after] of edges)
    for (const before of after) waiting.set(before, [...(waiting.get(before) ?? []), id]);
  // Tasks that wait for nothing are taken away until only circles and what hangs on them is left.
  const free = [...left].filter(([, after]) => after.size === 0).map(([id]) => id);
  for (let id = free.pop(); id !== undefined; id = free.pop()) {
    left.delete(id);
    for (const next of waiting.get(id) ?? []) {
      const rest = left.get(next);
      if (rest?.delete(id) === true && rest.size === 0) free.push(next);
    }
  }
  const circles: string[][] = [];
  const seen = new Set<string>();
  for (const start of left.keys()) {
    const path: string[] = [];
    let id: string | undefined = start;
    while (id !== undefined && !seen.has(id)) {
      seen.add(id);
      path.push(id);
      id = [...(left.get(id) ?? [])][0];
    }
    const from = id === undefined ? -1 : path.indexOf(id);
    if (from >= 0) circles.push(path.slice(from));
  }
  return circles;
}

const CYCLE_RULE: SetRule = {
  id: "envelope/after-cycle",
  severity: "error",
  why: "Tasks that wait for each other in a circle never start.",
  code: "ENVELOPE_CYCLE",
  checkSet: (set) =>
    findCircles(edgesOf(set)).flatMap((circle) => {
      const subject = set.subjects.find(({ envelope }) => envelope.task === circle[0]);
      if (subject === undefined) return [];
      const message = `the task${circle.length === 1 ? " waits for itself" : "s wait for each other"}: ${[...circle, circle[0]].join(" → ")}`;
      return [
        {
          file: subject.file,
          line: subject.lineOf("after"),
          message,
          hint: `remove ${circle[1] ?? circle[0]} from after of ${circle[0]}`,
        },
      ];
    }),
};

const DUPLICATE_RULE: SetRule = {
  id: "envelope/duplicate-task",
  severity: "error",
  why: "Two tasks of one id would share folders and branch.",
  code: "ENVELOPE_DUPLICATE",
  checkSet: (set) => {
    const first = new Map<string, string>();
    return set.subjects.flatMap((subject): (Hit & { file: string })[] => {
      const { task } = subject.envelope;
      const before = first.get(task);
      first.set(task, before ?? subject.file);
      if (before === undefined || task === "") return [];
      return [
        {
          file: subject.file,
          line: subject.lineOf("task"),
          message: `the id ${task} is taken by ${before}`,
          hint: "choose another id",
        },
      ];
    });
  },
};

const AFTER_RULES: readonly EnvelopeRule[] = [
  {
    id: "envelope/after-unknown",
    severity: "error",
    why: "A task that waits for one nobody knows never starts.",
    code: "ENVELOPE_UNKNOWN_AFTER",
    check: ({ envelope, lineOf }, set) => {
      const ids = new Set(set.subjects.map((other) => other.envelope.task));
      return envelope.after.flatMap((id, index) =>
        hitIf(
          !ids.has(id) && !set.knownTasks.has(id),
          lineOf(`after.${index}`),
          `after names ${quoted(id)}, which nobody knows`,
          "fix the id, or submit that envelope too",
        ),
      );
    },
  },
];

export const ORDER_RULES: readonly (EnvelopeRule | SetRule)[] = [...AFTER_RULES, CYCLE_RULE, DUPLICATE_RULE];
