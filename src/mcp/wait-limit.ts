/** Who waits, and in what surroundings. */
export interface WaitSurroundings {
  readonly client: string;
  readonly showsProgress: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Claude Code gives a call up that says nothing for 30 min; below that, in ms. */
const SILENT_MS = 25 * 60_000;

/** With progress there is no such limit; a turn now and then keeps the session in the picture, in ms. */
const TELLING_MS = 4 * 3_600_000;

/** Other clients give a call 60 s where they say nothing else, in ms. */
const STRANGER_MS = 50_000;

/** A one-shot session that moves calls to the background after 120 s ends without their answers, in ms. */
const LOSING_MS = 110_000;

/** Longest wait that the client lets a call have, in ms, with some time to answer. */
export function waitLimitMs({ client, showsProgress, env }: WaitSurroundings): number {
  const limits = [showsProgress ? TELLING_MS : SILENT_MS];
  if (!client.toLowerCase().includes("claude")) limits.push(STRANGER_MS);
  const losing = isOn(env["CLAUDE_AUTO_BACKGROUND_TASKS"]) && env["CLAUDE_CODE_ENTRYPOINT"] === "sdk-cli";
  if (losing) limits.push(LOSING_MS);
  const own = Number(env["MCP_TOOL_TIMEOUT"]);
  if (Number.isFinite(own) && own > 0) limits.push(Math.max(own * 0.9 - 500, own / 2));
  return Math.min(...limits);
}

function isOn(value: string | undefined): boolean {
  return value !== undefined && value !== "" && value !== "0" && value.toLowerCase() !== "false";
}
