import type { Envelope } from "../model/envelope.ts";
import { ENVELOPE_TEMPLATES } from "./templates/envelope.ts";
import { checkpointTemplate, deadLetterTemplate, decisionTemplate, errorEventTemplate } from "./templates/records.ts";

/** Kinds of `cco new`. */
export const TEMPLATE_KINDS = ["envelope", "decision", "checkpoint", "error-event", "dead-letter"] as const;

export type TemplateKind = (typeof TEMPLATE_KINDS)[number];

/** What goes into a template: the task id, and for an envelope its size. The id must be a task id. */
export interface TemplateOptions {
  readonly id: string;
  readonly size: Envelope["size"];
}

const RECORD_TEMPLATES = {
  decision: decisionTemplate,
  checkpoint: checkpointTemplate,
  "error-event": errorEventTemplate,
  "dead-letter": deadLetterTemplate,
} as const satisfies Record<Exclude<TemplateKind, "envelope">, (id: string) => string>;

/** A template as text with a line end: an envelope or card as markdown, the others as JSON. Valid as it stands. */
export function renderTemplate(kind: TemplateKind, options: TemplateOptions): string {
  return kind === "envelope" ? ENVELOPE_TEMPLATES[options.size](options.id) : RECORD_TEMPLATES[kind](options.id);
}
