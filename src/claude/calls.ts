import type * as z from "zod";
import {
  type Diagnosis,
  DIAGNOSIS_JSON_SCHEMA,
  diagnosisSchema,
  type Judgment,
  JUDGMENT_JSON_SCHEMA,
  judgmentSchema,
  type Reading,
  READING_JSON_SCHEMA,
  readingSchema,
} from "../model/judgment.ts";
import { type Findings, findingsSchema, REVIEW_JSON_SCHEMA } from "../model/review.ts";
import { SPEC_JSON_SCHEMA, type SpecFindings, specFindingsSchema } from "../model/spec-challenge.ts";
import type { DiagnoseOrder, JudgeOrder, Question, ReviewOrder, SpecOrder } from "../ports/reviewer.ts";
import {
  diagnosisPrompt,
  EXPERT_SYSTEM_PROMPT,
  JUDGE_SYSTEM_PROMPT,
  judgePrompt,
  readingPrompt,
} from "./judge-prompt.ts";
import { REVIEWER_SYSTEM_PROMPT, reviewPrompt } from "./prompt.ts";
import { SPEC_SYSTEM_PROMPT, specPrompt } from "./spec-prompt.ts";

/** One question: which call it is, what its answer looks like, and how it is put. */
export interface Call<T> {
  readonly question: Question;
  /** Files of this call in the folder of the review are named after it; "" for the review itself. */
  readonly name: string;
  readonly schema: z.ZodType<T>;
  readonly jsonSchema: Readonly<Record<string, unknown>>;
  readonly systemPrompt: string;
  /** Texts that an untrusted party may have written: the delimiter occurs in none of them. */
  readonly untrusted: readonly string[];
  render(nonce: string): string;
}

/** A review: the whole change or one part of it, by the first or the second reviewer. */
export function reviewCall(order: ReviewOrder): Call<Findings> {
  const part = order.part === undefined ? [] : [`part-${order.part.number}`];
  const name = [...part, ...(order.reviewer === 2 ? ["second"] : [])].join("-");
  return {
    question: order,
    name,
    schema: findingsSchema,
    jsonSchema: REVIEW_JSON_SCHEMA,
    systemPrompt: REVIEWER_SYSTEM_PROMPT,
    untrusted: [order.diff, ...order.priorClaims, ...(order.leftOut ?? []), order.part?.overview ?? ""],
    render: (nonce) => reviewPrompt({ ...order, nonce }),
  };
}

/** A judge's own reading. */
export function readingCall(order: Question): Call<Reading> {
  return {
    question: order,
    name: "reading",
    schema: readingSchema,
    jsonSchema: READING_JSON_SCHEMA,
    systemPrompt: JUDGE_SYSTEM_PROMPT,
    untrusted: [order.diff],
    render: (nonce) => readingPrompt({ ...order, nonce }),
  };
}

/** A judge's rulings. */
export function judgeCall(order: JudgeOrder): Call<Judgment> {
  return {
    question: order,
    name: "judge",
    schema: judgmentSchema,
    jsonSchema: JUDGMENT_JSON_SCHEMA,
    systemPrompt: JUDGE_SYSTEM_PROMPT,
    untrusted: [order.diff, JSON.stringify(order.challenges), order.reading.reading, ...order.reading.concerns],
    render: (nonce) => judgePrompt({ ...order, nonce }),
  };
}

/** An expert's diagnosis. */
export function diagnosisCall(order: DiagnoseOrder): Call<Diagnosis> {
  return {
    question: order,
    name: "expert",
    schema: diagnosisSchema,
    jsonSchema: DIAGNOSIS_JSON_SCHEMA,
    systemPrompt: EXPERT_SYSTEM_PROMPT,
    untrusted: [order.diff, order.history],
    render: (nonce) => diagnosisPrompt({ ...order, nonce }),
  };
}

/** An attack on the order. */
export function specCall(order: SpecOrder): Call<SpecFindings> {
  return {
    question: order,
    name: "spec",
    schema: specFindingsSchema,
    jsonSchema: SPEC_JSON_SCHEMA,
    systemPrompt: SPEC_SYSTEM_PROMPT,
    untrusted: [],
    render: () => specPrompt(order),
  };
}
