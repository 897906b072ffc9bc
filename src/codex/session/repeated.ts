import * as z from "zod";
import { tailOf } from "../../kernel/text.ts";
import type { ExitRecord } from "../../model/outcome.ts";
import type { Repeated } from "../../model/stuck.ts";
import { readJsonl } from "../../process/jsonl.ts";
import { commandOutput, commandsOf, outputText } from "./tool-call.ts";

const MAX_LINE_BYTES = 8 * 1024 * 1024;

/** Kept of a text; what reads on cuts it shorter when it has taken the secrets out. */
const TEXT = 4000;

const itemSchema = z.looseObject({
  type: z.literal("response_item"),
  payload: z.looseObject({
    call_id: z.string(),
    type: z.string(),
    name: z.string().catch(""),
    arguments: z.string().optional(),
    input: z.string().optional(),
    output: z.unknown().optional(),
  }),
});

/** Read of what a call was given: a longer one is known by its beginning. */
const MOST_GIVEN = 20_000;

type Item = z.infer<typeof itemSchema>["payload"];

/** What an attempt was stopped for doing again and again, by its exit record and its session file; null when it was not, or cannot be read. */
export async function readRepeated(exit: ExitRecord, rolloutPath: string | null): Promise<Repeated | null> {
  const named = exit.reason === "stuck" ? /(\d+) times, .*\[([^\]]+)\]/.exec(exit.detail) : null;
  if (named === null || rolloutPath === null) return null;
  const ids = (named[2] ?? "").split(" ");
  const found = new Map<string, { call?: Item; came?: Item }>(ids.map((id) => [id, {}]));
  for await (const frame of readJsonl(rolloutPath, MAX_LINE_BYTES)) {
    const item = frame.kind === "record" ? itemSchema.safeParse(frame.value).data?.payload : undefined;
    const entry = item === undefined ? undefined : found.get(item.call_id);
    if (item === undefined || entry === undefined) continue;
    if (item.type.endsWith("_call_output")) entry.came = item;
    else entry.call = item;
  }
  const calls = ids.flatMap((id) => {
    const { call, came } = found.get(id) ?? {};
    return call === undefined ? [] : [wordsOf(call, came)];
  });
  return calls.length === 0 ? null : { times: Number(named[1]), calls };
}

function wordsOf(call: Item, came: Item | undefined): Repeated["calls"][number] {
  const given = (call.arguments ?? call.input ?? "").slice(0, MOST_GIVEN);
  const result = tailOf(commandOutput(outputText(came?.output)).trim(), TEXT);
  const commands = commandsOf(call.name, given);
  const patch = /\*\*\* Begin Patch[\s\S]*?\*\*\* End Patch/.exec(commands.join("\n") || unescaped(given))?.[0];
  if (patch !== undefined) return { kind: "patch", what: patch.slice(0, TEXT), result };
  if (commands.length > 0) return { kind: "command", what: commands.join("; ").slice(0, TEXT), result };
  return { kind: "call", what: `${call.name} ${given}`.slice(0, TEXT), result };
}

/** A patch in the script of code mode is a JavaScript text. */
function unescaped(script: string): string {
  return script.includes("\n*** ") ? script : script.replaceAll("\\n", "\n");
}
