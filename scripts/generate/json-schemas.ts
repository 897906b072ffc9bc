import { z } from "zod";
import { deadLetterSchema } from "../../src/model/dead-letter.ts";
import { checkpointSchema } from "../../src/model/checkpoint.ts";
import { configSchema } from "../../src/model/config.ts";
import { envelopeSchema } from "../../src/model/envelope.ts";
import { eventSchema } from "../../src/model/event.ts";
import { budgetResultSchema } from "../../src/model/budget.ts";
import { ledgerResultSchema } from "../../src/model/ledger.ts";
import { recordSchema } from "../../src/model/record.ts";
import { cardsResultSchema, doctorResultSchema, statusResultSchema } from "../../src/model/printed-documents.ts";
import { dispatchResultSchema } from "../../src/model/result.ts";
import { REVIEW_JSON_SCHEMA, reviewResultSchema } from "../../src/model/review.ts";

/** What is stored or sent, by the name of its file, with a title for people. */
const SCHEMAS: Readonly<Record<string, { readonly title: string; readonly schema: z.ZodType }>> = {
  cards: { title: "cco.cards/1: open decision cards, as printed by cco decide --json", schema: cardsResultSchema },
  "dead-letter": {
    title: "dead-letters/<task>.json: a task that is parked for a later retry",
    schema: deadLetterSchema,
  },
  checkpoint: { title: "tasks/<id>/checkpoint.json: where a task stands, for a cold start", schema: checkpointSchema },
  config: { title: "Settings of a project: .cco/config.yaml and cco.yaml", schema: configSchema },
  doctor: { title: "cco.doctor/1: as printed by cco doctor --json", schema: doctorResultSchema },
  envelope: { title: "An envelope after reading, with all defaults filled in", schema: envelopeSchema },
  event: { title: "cco.event/1: one line of .cco/events.jsonl, and what receivers are sent", schema: eventSchema },
  budget: { title: "cco.budget/1: as printed by cco budget --json", schema: budgetResultSchema },
  ledger: { title: "cco.ledger/1: as printed by cco ledger --json", schema: ledgerResultSchema },
  record: { title: "One line of .cco/journal/*.jsonl", schema: recordSchema },
  result: { title: "cco.result/1: as printed by cco dispatch --json", schema: dispatchResultSchema },
  review: { title: "cco.review/1: as printed by cco review --json", schema: reviewResultSchema },
  status: { title: "cco.status/1: as printed by cco status --json and cco wait --json", schema: statusResultSchema },
};

/** What a model is asked to fill in; handed over as it is, so it carries neither title nor `$schema`. */
const ASKED = { "review-findings": REVIEW_JSON_SCHEMA } as const;

const asJson = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** The files of schemas/: draft-07, because that is what Claude Code and most editors read. */
export function renderJsonSchemas(): Map<string, string> {
  const files = new Map<string, string>();
  for (const [name, { title, schema }] of Object.entries(SCHEMAS)) {
    const { $schema, ...body } = z.toJSONSchema(schema, { target: "draft-7", io: "input", unrepresentable: "throw" });
    files.set(`schemas/${name}.schema.json`, asJson({ $schema, title, ...body }));
  }
  for (const [name, schema] of Object.entries(ASKED)) files.set(`schemas/${name}.schema.json`, asJson(schema));
  return files;
}
