/** An MCP server on stdio with one tool, `ask`, which asks its user for a colour and answers with what it got. */
export const ASKING_MCP_SERVER = String.raw`
import { createInterface } from "node:readline";

const send = (message) => process.stdout.write(JSON.stringify({ jsonrpc: "2.0", ...message }) + "\n");
const colour = { type: "string" };
let call = null;

const answers = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion,
    capabilities: { tools: {} },
    serverInfo: { name: "asks", version: "1" },
  }),
  "tools/list": () => ({
    tools: [{ name: "ask", description: "asks", inputSchema: { type: "object", properties: {} } }],
  }),
};

createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, method, params, result } = JSON.parse(line);
  if (method === "tools/call") {
    call = id;
    const requestedSchema = { type: "object", properties: { colour }, required: ["colour"] };
    send({ id: "elicit", method: "elicitation/create", params: { message: "Which colour?", requestedSchema } });
  } else if (id === "elicit") send({ id: call, result: { content: [{ type: "text", text: JSON.stringify(result) }] } });
  else if (id !== undefined) send({ id, result: answers[method]?.(params) ?? {} });
});
`;
