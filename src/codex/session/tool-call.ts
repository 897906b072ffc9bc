import * as z from "zod";
import { parseJson } from "../../kernel/json.ts";

const argumentsSchema = z.looseObject({
  cmd: z.union([z.string(), z.array(z.string())]).optional(),
  command: z.union([z.string(), z.array(z.string())]).optional(),
});

/** A value of `cmd` in the JavaScript of code mode: in double, single or back quotes. */
const SCRIPT_COMMAND = /\bcmd["']?\s*:\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`)/gs;

const TEXT = 4000;

/** Shell command lines of a tool call, from its JSON arguments or from the script of code mode. */
export function commandsOf(tool: string, input: string): string[] {
  if (tool === "exec")
    return [...input.matchAll(SCRIPT_COMMAND)].map((found) => unquoted(found[1] ?? "").slice(0, TEXT));
  const parsed = argumentsSchema.safeParse(parseJson(input)).data;
  const command = parsed?.cmd ?? parsed?.command;
  if (command === undefined) return [];
  return [(typeof command === "string" ? command : command.join(" ")).slice(0, TEXT)];
}

/** Text of a tool's output: a string, blocks with text, or an object that holds either. */
export function outputText(output: unknown): string {
  if (typeof output === "string") return output;
  if (Array.isArray(output)) return output.map(outputText).join("\n");
  if (typeof output !== "object" || output === null) return "";
  if ("text" in output && typeof output.text === "string") return output.text;
  return "content" in output ? outputText(output.content) : "";
}

/** Exit code that an output names: `Process exited with code 1`, or `"exit_code":1` in code mode; null without one. */
export function exitCodeOf(text: string): number | null {
  const found = /^Process exited with code (-?\d+)$/m.exec(text) ?? /"exit_code":(-?\d+)/.exec(text);
  return found === null ? null : Number(found[1]);
}

/** What the command itself printed, without the head that Codex puts in front of it. */
export function commandOutput(text: string): string {
  const inScript = /"output":("(?:[^"\\]|\\.)*")/s.exec(text)?.[1];
  if (inScript !== undefined) return unquoted(inScript);
  const head = /^(?:Chunk ID|Wall time|Process exited|Exit code)[\s\S]*?^Output:\n/m.exec(text);
  return head?.index === 0 ? text.slice(head[0].length) : text;
}

function unquoted(literal: string): string {
  const inner = literal.slice(1, -1);
  const parsed = parseJson(
    literal.startsWith('"') ? literal : `"${inner.replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`,
  );
  return typeof parsed === "string" ? parsed : inner;
}
