import * as z from "zod";

/** What a live worker may ask for. `tool`: a call of a tool of an MCP server; `form`: input of a kind that no card can hold. */
const ASK_KINDS = ["command", "network", "patch", "permissions", "tool", "question", "form"] as const;

/** One thing that a command does, as Codex understands it. `inside`: all of it lies in the work tree and holds no secret by its name. */
const actionSchema = z.strictObject({ does: z.enum(["read", "list", "search", "unknown"]), inside: z.boolean() });

/**
 * A question or a request for approval of a live worker (`asks/NN.json` of its attempt). Numbered from 1 in each attempt. Texts are
 * bounded and may hold secrets until the engine has taken them.
 */
export const askSchema = z.strictObject({
  v: z.literal(1),
  n: z.int().positive(),
  kind: z.enum(ASK_KINDS),
  /** The command, the files, the host or the question itself. */
  what: z.string(),
  /** Why, in the worker's words; empty when it gave none. */
  why: z.string(),
  /** Only of a command. */
  actions: z.array(actionSchema),
  /** Answers that a question offers; empty when it is answered in words. */
  choices: z.array(z.string()),
  at: z.string(),
});

const ASK_VERDICTS = ["allow", "decline"] as const;

/** What the worker is answered (`answers/NN.json`). `choice`: the one of `choices` that was taken; `note`: words for the worker. */
export const askReplySchema = z.strictObject({
  verdict: z.enum(ASK_VERDICTS),
  choice: z.string().nullable(),
  note: z.string(),
  /** Who answered: a person through a face, `policy`, or `deadline`. */
  by: z.string(),
});

/** What an attached worker asked and was told in one attempt; the last ones of both. */
export const talkSchema = z.strictObject({
  /** Number of questions so far. */
  asked: z.number(),
  asks: z.array(z.strictObject({ ask: askSchema, reply: askReplySchema.nullable() })).readonly(),
  /** How often it was told something. */
  told: z.number(),
  steers: z.array(z.strictObject({ k: z.number(), text: z.string() })).readonly(),
});

export type Talk = Readonly<z.infer<typeof talkSchema>>;
export type Ask = z.infer<typeof askSchema>;

/** What an ask says, without its number and time. */
export type AskContent = Pick<Ask, "kind" | "what" | "why" | "actions" | "choices">;
export type AskReply = z.infer<typeof askReplySchema>;
