/** What a conversation shows of a scene that is being played: a finished tool call, or an answer that ended a turn. */
export type Trace =
  | { readonly kind: "called"; readonly mark: CallMark; readonly output: string }
  | { readonly kind: "ended" };

/** Place of a tool call in the script. `poll` counts the calls that only wait for the same command. */
export interface CallMark {
  readonly scene: number;
  readonly step: number;
  readonly poll: number;
}

/** A call id that says where in the script it came from, so that a history alone tells what is next. */
export function callId(prefix: string, mark: CallMark): string {
  return `${prefix}cco_${mark.scene}_${mark.step}_${mark.poll}`;
}

/** The place inside a call id or any text that holds one; undefined for ids of others. */
export function readMark(text: string): CallMark | undefined {
  const found = /cco_(\d+)_(\d+)_(\d+)/.exec(text);
  if (found === null) return undefined;
  return { scene: Number(found[1]), step: Number(found[2]), poll: Number(found[3]) };
}

/**
 * The next step of a scene, from the traces in the history alone: a request that is sent again gets the same answer.
 * `endsTurn` tells which steps are answers that end a turn.
 */
export function nextStep(traces: readonly Trace[], scene: number, endsTurn: readonly boolean[]): number {
  let next = 0;
  for (const trace of traces) {
    if (trace.kind === "called") {
      if (trace.mark.scene === scene) next = Math.max(next, trace.mark.step + 1);
      continue;
    }
    const ending = endsTurn.indexOf(true, next);
    if (ending >= 0) next = ending + 1;
  }
  return next;
}

/** All text inside message content of either API: a string, or blocks that hold `text` or nested `content`. */
export function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (Array.isArray(content)) return content.map(textOf).join("\n");
  if (typeof content !== "object" || content === null) return "";
  if ("text" in content && typeof content.text === "string") return content.text;
  return "content" in content ? textOf(content.content) : "";
}

/** The value of a `Name: value` line that stands alone in a text; the first one counts. */
export function namedLine(text: string, name: "Task" | "Attempt" | "Round"): string | undefined {
  return new RegExp(`^${name}: (\\S+)[ \\t]*\\r?$`, "m").exec(text)?.[1];
}

/** As `namedLine`, for positive whole numbers. */
export function namedNumber(text: string, name: "Attempt" | "Round"): number | undefined {
  const value = Number(namedLine(text, name));
  return Number.isInteger(value) && value > 0 ? value : undefined;
}
