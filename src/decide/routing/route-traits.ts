import { estimateToolCalls } from "../../model/estimate.ts";
import { writeScopeOf, type Envelope } from "../../model/envelope.ts";

/** What the decision matrix asks about an envelope. */
export const TRAITS = [
  "oneCall",
  "fewCalls",
  "lowRisk",
  "highRisk",
  "irreversible",
  "judgment",
  "mechanical",
  "checkable",
  "readsOnly",
  "handoff",
] as const;

export type Trait = (typeof TRAITS)[number];

/** Tool calls up to which a task is as good as one call: reading one file and changing it. */
const ONE_CALL = 2;

/** A light envelope is for fewer expected tool calls than this (mission, A1). */
const FEW_CALLS = 5;

/** Words of a goal. Acts outside of the repository cannot be taken back by git. */
const WORDS = {
  irreversible: /\b(?:deploy|publish|release|production|migrat(?:e|ion)|roll ?out|send (?:e-?)?mails?|payments?)\b/i,
  judgment:
    /\b(?:architecture|choose|decide|design|diagnose|evaluate|investigate|propose|root cause|strategy|trade-?offs?|find out why)\b/i,
  mechanical:
    /\b(?:bump|format|reformat|move|rename|replace|reorder|sort|spelling|typos?|update imports|remove unused|extract|convert)\b/i,
} as const;

/** The traits of an envelope; where a word of the goal made one, the word. */
export interface Traits {
  readonly has: Readonly<Record<Trait, boolean>>;
  readonly words: Readonly<Partial<Record<Trait, string>>>;
  readonly toolCalls: number;
}

/** Reads the traits off an envelope. */
export function traitsOf(envelope: Envelope): Traits {
  const toolCalls = envelope.budget.toolCalls === 1 ? 1 : estimateToolCalls(envelope);
  const found = {
    irreversible: wordIn(envelope.goal, WORDS.irreversible) ?? (envelope.role === "devops" ? "role devops" : undefined),
    judgment: wordIn(envelope.goal, WORDS.judgment),
    mechanical: wordIn(envelope.goal, WORDS.mechanical),
  };
  return {
    has: {
      oneCall: toolCalls <= ONE_CALL,
      fewCalls: toolCalls < FEW_CALLS,
      lowRisk: envelope.risk === "low",
      highRisk: envelope.risk === "high",
      irreversible: found.irreversible !== undefined,
      judgment: found.judgment !== undefined,
      mechanical: found.mechanical !== undefined,
      checkable: envelope.acceptance.length > 0 && envelope.acceptance.every(({ verify }) => verify !== undefined),
      readsOnly: writeScopeOf(envelope).length === 0,
      handoff: envelope.size === "handoff",
    },
    words: Object.fromEntries(Object.entries(found).filter(([, word]) => word !== undefined)),
    toolCalls,
  };
}

function wordIn(text: string, pattern: RegExp): string | undefined {
  return pattern.exec(text)?.[0].toLowerCase();
}
