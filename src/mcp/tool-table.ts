import * as z from "zod";
import type { Tool } from "./tool.ts";
import { cancelTool } from "./tools/cancel.ts";
import { decideTool } from "./tools/decide.ts";
import { dispatchTool } from "./tools/dispatch.ts";
import { resultTool } from "./tools/result.ts";
import { reviewTool } from "./tools/review.ts";
import { statusTool } from "./tools/status.ts";
import { waitTool } from "./tools/wait.ts";

/** Every tool of the server (contract, "MCP tools"). */
export const TOOLS: readonly Tool[] = [
  dispatchTool,
  waitTool,
  statusTool,
  resultTool,
  decideTool,
  reviewTool,
  cancelTool,
];

/** What the model is told of the server before it has loaded a tool. */
export const INSTRUCTIONS =
  "cco runs Codex workers in the background: dispatch envelopes, wait for events, read results, answer cards. " +
  "Work goes on when this session ends. The skill cco:dispatch says when and how.";

/** The tools as `tools/list` shows them. */
export function describeTools(): object[] {
  return TOOLS.map(({ name, description, arguments: schema, reads }) => {
    const { type, properties, required } = z.toJSONSchema(schema, { io: "input", target: "draft-7" });
    const inputSchema = {
      type,
      properties,
      ...(required === undefined ? {} : { required }),
      additionalProperties: false,
    };
    return { name, description, inputSchema, annotations: { readOnlyHint: reads } };
  });
}
