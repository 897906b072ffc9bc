import { type LifeEdge, lifeEdges } from "./task-life.ts";
import { code, markdownPage, markdownTable } from "./markdown.ts";

/** What a state means, in the order of a task's life. */
const STATES: Readonly<Record<string, string>> = {
  queued: "waits for its turn: dependencies, a worker slot, a time",
  running: "a worker is at work",
  attempted: "the worker has ended; its three signals and its report are known",
  sealed: "what it changed is one commit, checked against the write scope",
  verified: "the verify commands were run by the engine",
  reviewed: "the reviewer's evidence was run and ruled",
  merging: "the change is brought onto its base branch, one task at a time",
  merged: "it is there, or stays on its branch on purpose",
  blocked: "a card is open: a person decides",
  "given-up": "the card said stop",
  dead: "parked as a dead letter: its provider did not answer or refused; tried again later by itself",
  ended: "accepted, failed, cancelled, or dead and archived",
};

/** docs/task-life.md: the life of a task, drawn from what the policy and the fold really do. */
export function renderTaskLifePage(): string {
  const edges = lifeEdges();
  const unknown = edges.flatMap(({ from, to }) => [from, to]).filter((state) => state !== "[*]" && !(state in STATES));
  if (unknown.length > 0) throw new Error(`task-life-page.ts does not describe ${unknown.join(", ")}`);
  const isDrawn = ({ fact }: LifeEdge): boolean => fact !== "task.ended" && fact !== "card.opened";
  return markdownPage("The life of a task", [
    "Found by living through every way in which every step can end. Each arrow is a line of the journal.",
    `\`\`\`mermaid\n${diagram(sorted(edges.filter(isDrawn)))}\n\`\`\``,
    `Left out above: \`task.ended\` leads to \`ended\` from ${from(edges, "task.ended")}; \`card.opened\` leads to \`blocked\` from ${from(edges, "card.opened")}.`,
    "A step that cannot be taken at all (a bug, a repository that is gone) ends the task where it stands.",
    markdownTable(
      ["state", "what it means"],
      Object.entries(STATES).map(([state, meaning]) => [code(state), meaning]),
    ),
    "`retry.decided` spends a retry and tells the next attempt what was wrong; `chunk.ended` spends none: the session had reached its [soft limit](long-work.md).",
  ]);
}

function diagram(edges: readonly LifeEdge[]): string {
  const name = (state: string): string => state.replaceAll("-", "_");
  return [
    "stateDiagram-v2",
    ...edges.map((edge) => `  ${name(edge.from)} --> ${name(edge.to)}: ${edge.fact}`),
    "  ended --> [*]",
  ].join("\n");
}

function from(edges: readonly LifeEdge[], fact: LifeEdge["fact"]): string {
  const states = sorted(edges.filter((edge) => edge.fact === fact)).map((edge) => code(edge.from));
  return states.join(", ");
}

function sorted(edges: readonly LifeEdge[]): LifeEdge[] {
  const order = ["[*]", ...Object.keys(STATES)];
  const rank = ({ from: state, to }: LifeEdge): number => order.indexOf(state) * order.length + order.indexOf(to);
  return edges.toSorted((a, b) => rank(a) - rank(b) || a.fact.localeCompare(b.fact));
}
