import { SECTION_TITLES } from "../../model/envelope.ts";
import { fenceAfter, SECTION_KEYS, type SectionKey } from "../sections.ts";
import { type EnvelopeRule, type Hit, hitIf, type Subject } from "../rule.ts";

/** Lines in one code block, and characters in all sections, from which on a body is a pasted file. */
const MOST_BLOCK_LINES = 60;
const MOST_BODY_CHARACTERS = 24 * 1024;

function sectionEntries(subject: Subject): [SectionKey, string][] {
  return SECTION_KEYS.flatMap((key): [SectionKey, string][] => {
    const text = subject.envelope.sections[key];
    return text === undefined ? [] : [[key, text]];
  });
}

/** Lines of the longest code block of a text. */
function longestBlock(text: string): number {
  let fence = "";
  let longest = 0;
  let count = 0;
  for (const line of text.split("\n")) {
    const after = fenceAfter(line, fence);
    count = fence !== "" && after !== "" ? count + 1 : 0;
    longest = Math.max(longest, count);
    fence = after;
  }
  return longest;
}

/** Turns of phrase that try to take over a model. They are data in a reviewed diff and out of place in an order. */
const INJECTION =
  /\b(?:ignore|disregard|forget|override)\s+(?:\w+\s+){0,3}(?:previous|prior|above|earlier|all|other|your|these)\s+(?:\w+\s+){0,2}(?:instructions?|rules?|orders?|prompts?|guidelines)\b|\byou are now\b|\bnew instructions?\s*:|\bsystem prompt\b|<\/?(?:system|assistant|instructions?)>|\bdo not (?:tell|mention|report|reveal)\b[^.\n]{0,40}\b(?:user|person|human|reviewer|orchestrator)\b/i;

function injectionHits(subject: Subject): Hit[] {
  const notes = subject.envelope.inputs.map((input, index) => ({
    text: `${input.path} ${input.note ?? ""}`,
    at: `inputs.${index}`,
    is: "the note of an input",
  }));
  const sections = sectionEntries(subject).map(([key, text]) => ({
    text,
    at: `sections.${key}`,
    is: `the section "${SECTION_TITLES[key]}"`,
  }));
  return [...notes, ...sections].flatMap(({ text, at, is }) =>
    hitIf(
      INJECTION.test(text),
      subject.lineOf(at),
      `${is} reads like an attempt to give orders to the model`,
      "check where the text comes from; name such a text as an input, never paste it",
    ),
  );
}

export const CONTENT_RULES: readonly EnvelopeRule[] = [
  {
    id: "envelope/section-pasted",
    severity: "error",
    why: "Whole files belong into inputs: as text they grow the prompt and are old the moment the file changes.",
    check: (subject) => {
      const entries = sectionEntries(subject);
      const blocks = entries.flatMap(([key, text]) => {
        const lines = longestBlock(text);
        const message = `the section "${SECTION_TITLES[key]}" holds a code block of ${lines} lines`;
        return hitIf(
          lines > MOST_BLOCK_LINES,
          subject.lineOf(`sections.${key}`),
          message,
          "name the file as an input and quote the few lines that matter",
        );
      });
      const size = entries.reduce((sum, [, text]) => sum + text.length, 0);
      const message = `the sections have ${Math.round(size / 1024)} kB`;
      return [
        ...blocks,
        ...hitIf(
          size > MOST_BODY_CHARACTERS,
          subject.lineOf(`sections.${entries[0]?.[0] ?? "context"}`),
          message,
          "name files as inputs instead of pasting them",
        ),
      ];
    },
  },
  {
    id: "envelope/injection",
    severity: "warning",
    why: "Text copied from issues, pages or logs can carry orders of somebody else.",
    check: injectionHits,
  },
];
