import { type Envelope, writeScopeOf } from "../model/envelope.ts";

/** What was ordered, as every question to the other model states it. */
export function orderText(envelope: Envelope): string {
  const { sections } = envelope;
  const criteria = envelope.acceptance.map(({ text, verify }, index) => {
    const check = verify === undefined ? "" : `\n   checked by the orchestrator with: ${verify}`;
    return `${index + 1}. ${text}${check}`;
  });
  const scope = writeScopeOf(envelope);
  return [
    `# What was ordered\nGoal: ${envelope.goal}`,
    criteria.length === 0
      ? "Acceptance criteria: none beyond the goal."
      : `Acceptance criteria:\n${criteria.join("\n")}`,
    scope.length === 0 ? "" : `Write scope (kept by the orchestrator): ${scope.join(", ")}`,
    envelope.forbid.length === 0 ? "" : `Forbidden: ${envelope.forbid.join("; ")}`,
    section("Interface contract", sections.interface),
    section("Anti-patterns (each one present in the change is a violation)", sections.antiPatterns),
    section("Review checklist", sections.checklist),
    section("Data integrity requirements", sections.dataIntegrity),
    section("Context (background, not a criterion)", sections.context),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

function section(title: string, text: string | undefined): string {
  return text === undefined || text.trim() === "" ? "" : `## ${title}\n${text.trim()}`;
}
