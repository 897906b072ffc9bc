import { expect, it } from "vitest";
import { z } from "zod";
import { describeTools } from "../../src/mcp/tool-table.ts";

// Models and scripts call these. A change here is a decision with a record in docs/decisions/.
const PINNED = {
  dispatch: { envelopes: "array", wait: "number", required: ["envelopes"], reads: false },
  wait: { tasks: "array", seconds: "number", required: [], reads: true },
  status: { task: "string", required: [], reads: true },
  result: { task: "string", required: ["task"], reads: true },
  decide: { card: "string", letter: "string", note: "string", required: [], reads: false },
  review: { task: "string", base: "string", uncommitted: "boolean", required: [], reads: false },
  cancel: { task: "string", required: ["task"], reads: false },
};

const toolSchema = z.strictObject({
  name: z.string(),
  description: z.string(),
  inputSchema: z.strictObject({
    type: z.literal("object"),
    properties: z.record(z.string(), z.looseObject({ type: z.string() })),
    required: z.array(z.string()).default([]),
    additionalProperties: z.literal(false),
  }),
  annotations: z.strictObject({ readOnlyHint: z.boolean() }),
});

it("keeps names, arguments and kinds of the tools", () => {
  const tools = z.array(toolSchema).parse(describeTools());
  const shown = tools.map(({ name, inputSchema: { properties, required }, annotations }) => {
    const types = Object.entries(properties).map(([key, { type }]) => [key, type] as const);
    const own: Record<string, string> = Object.fromEntries(types);
    return [name, { ...own, required, reads: annotations.readOnlyHint }] as const;
  });
  expect(Object.fromEntries(shown)).toEqual(PINNED);
});

it("costs a session less than 4 KB where it loads all of them", () => {
  expect(Buffer.byteLength(JSON.stringify(describeTools()))).toBeLessThan(4000);
});
