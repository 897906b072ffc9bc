import { expect, it } from "vitest";
import { REVIEW_JSON_SCHEMA } from "../../src/model/review.ts";

// Scripted reviewers answer in this shape. A change here is a decision with a record in docs/decisions/.
const PINNED = {
  type: "object",
  additionalProperties: false,
  required: ["summary", "challenges"],
  properties: {
    summary: { type: "string" },
    challenges: {
      type: "array",
      items: {
        type: "object",
        additionalProperties: false,
        required: ["id", "claim", "violates", "severity", "path", "line", "evidence"],
        properties: {
          id: { type: "string" },
          claim: { type: "string" },
          violates: { type: "string" },
          severity: { enum: ["blocker", "major", "minor"] },
          path: { type: "string" },
          line: { type: "integer" },
          evidence: {
            type: "object",
            additionalProperties: false,
            required: ["kind"],
            properties: {
              kind: { enum: ["failing-test", "counterexample", "spec-violation", "regression"] },
              path: { type: "string" },
              content: { type: "string" },
              command: { type: "string" },
              expected: { anyOf: [{ type: "string" }, { type: "number" }] },
              observed: { type: "string" },
              quote: { type: "string" },
              line: { type: "integer" },
            },
          },
        },
      },
    },
  },
};

it("asks the reviewer for exactly this, without a $schema", () => {
  expect(REVIEW_JSON_SCHEMA).toEqual(PINNED);
});
