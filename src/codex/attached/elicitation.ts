import type { AskContent, AskReply } from "../../model/ask.ts";
import { type Fields, fields, text } from "./fields.ts";

/** What an MCP server of the user, or Codex about a tool of one, wants to know. */
export const ELICITATION = "mcpServer/elicitation/request";

const WHAT_CHARS = 2000;
const MOST_CHOICES = 3;
const DECLINED = { action: "decline", content: null, _meta: null };

/** Names of inputs that are never asked for on a card: its file and the journal would hold the answer. */
const SECRET_INPUT = /pass|secret|token|key|credential|otp|pin\b/i;

/**
 * An elicitation as a question: whether a tool of an MCP server may be called, or one plain value. More values, secrets and web pages
 * are a `form`, which no card can hold.
 */
export function elicitationAsk(params: Fields): AskContent {
  const plain = { why: "", actions: [], choices: [] };
  const message = text(params["message"]).slice(0, WHAT_CHARS);
  const call = toolCall(params);
  if (call !== null) return { ...plain, kind: "tool", what: call.slice(0, WHAT_CHARS) };
  const input = oneInput(params);
  if (input === null) return { ...plain, kind: "form", what: message };
  const about = text(input.schema["description"]) || text(input.schema["title"]) || input.name;
  const what = `${text(params["serverName"])}: ${message} (${about})`.slice(0, WHAT_CHARS);
  return { ...plain, kind: "question", what, choices: choicesOf(input.schema).map(({ label }) => label) };
}

/** The answer to an elicitation in the words of the protocol; an answer that is no value of the wanted kind declines. */
export function elicitationResult(params: Fields, reply: AskReply): Fields {
  if (reply.verdict !== "allow") return DECLINED;
  if (toolCall(params) !== null) return { action: "accept", content: {}, _meta: null };
  const input = oneInput(params);
  const value = input === null ? undefined : valueIn(input.schema, reply);
  if (input === null || value === undefined) return DECLINED;
  return { action: "accept", content: { [input.name]: value }, _meta: null };
}

function toolCall(params: Fields): string | null {
  const meta = fields(params["_meta"]);
  if (meta["codex_approval_kind"] !== "mcp_tool_call") return null;
  return `${text(params["serverName"])}: ${text(meta["tool_name"])} ${JSON.stringify(meta["tool_params"] ?? {})}`;
}

interface Input {
  readonly name: string;
  readonly schema: Fields;
}

function oneInput(params: Fields): Input | null {
  const inputs = Object.entries(fields(fields(params["requestedSchema"])["properties"]));
  const [first] = inputs;
  if (params["mode"] !== "form" || first === undefined || inputs.length > 1) return null;
  const [name, schema] = [first[0], fields(first[1])];
  const words = [name, text(schema["title"]), text(schema["description"]), text(params["message"])];
  if (words.some((each) => SECRET_INPUT.test(each))) return null;
  const isPlain = ["string", "number", "integer", "boolean"].includes(text(schema["type"]));
  return isPlain && choicesOf(schema).length <= MOST_CHOICES ? { name, schema } : null;
}

function choicesOf(schema: Fields): { readonly label: string; readonly value: unknown }[] {
  if (schema["type"] === "boolean") return [true, false].map((value) => ({ label: value ? "yes" : "no", value }));
  const [values, names] = [listOf(schema["enum"]), listOf(schema["enumNames"])];
  const titled = listOf(schema["oneOf"]).map(fields);
  return [
    ...values.map((value, at) => ({ label: text(names[at]) || String(value), value })),
    ...titled.map((each) => ({ label: text(each["title"]) || String(each["const"]), value: each["const"] })),
  ];
}

function valueIn(schema: Fields, { choice, note }: AskReply): unknown {
  const choices = choicesOf(schema);
  if (choices.length > 0) return choices.find(({ label }) => label === choice)?.value;
  const words = note.trim();
  if (words === "") return undefined;
  if (schema["type"] === "string") return words;
  const value = Number(words);
  const fits = Number.isFinite(value) && (schema["type"] === "number" || Number.isInteger(value));
  return fits ? value : undefined;
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
