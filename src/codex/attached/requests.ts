import { realpathSync } from "node:fs";
import { resolve } from "node:path";
import { systemCode } from "../../kernel/errors.ts";
import type { Ask, AskContent, AskReply } from "../../model/ask.ts";
import { contains } from "../confinement/confinement.ts";
import { ELICITATION, elicitationAsk, elicitationResult } from "./elicitation.ts";
import { type Fields, fields, list, text } from "./fields.ts";

/** Method of a question; the others ask for approval. */
export const QUESTION = "item/tool/requestUserInput";

const WHAT_CHARS = 2000;
const WHY_CHARS = 500;
const MOST_CHOICES = 3;

/**
 * A request of the app-server as a question for people; null when it is none that can be answered (and is refused).
 * `files`: what the items of this turn want to change, by item.
 */
export function askIn(
  method: string,
  params: Fields,
  at: { cwd: string; files: ReadonlyMap<string, string[]> },
): AskContent | null {
  const why = text(params["reason"]).slice(0, WHY_CHARS);
  const plain = { why, actions: [], choices: [] };
  switch (method) {
    case "item/commandExecution/requestApproval": {
      const command = text(params["command"]).slice(0, WHAT_CHARS);
      const network = fields(params["networkApprovalContext"]);
      if (network["host"] !== undefined)
        return {
          ...plain,
          kind: "network",
          what: `${text(network["protocol"])} ${text(network["host"])}: ${command}`.trim(),
        };
      const cwd = text(params["cwd"]) || at.cwd;
      const { kind } = params;
      const isTyped = kind !== undefined && kind !== "command";
      // What goes beyond the command itself is never a mere read; nor is what is typed into one that runs outside already.
      const isMore =
        isTyped || (params["additionalPermissions"] !== undefined && params["additionalPermissions"] !== null);
      const actions = isMore
        ? []
        : list(params["commandActions"]).map((action) => actionOf(action, { tree: at.cwd, cwd }));
      return { ...plain, kind: "command", what: isTyped ? `(${text(kind)}) ${command}` : command, actions };
    }
    case "item/fileChange/requestApproval": {
      const root = text(params["grantRoot"]);
      const files = at.files.get(text(params["itemId"])) ?? [];
      const what = root === "" ? files.join(", ") : `write below ${root}`;
      return { ...plain, kind: "patch", what: what.slice(0, WHAT_CHARS) || "files that Codex does not name" };
    }
    case "item/permissions/requestApproval":
      return { ...plain, kind: "permissions", what: permissionWords(fields(params["permissions"])) };
    case QUESTION: {
      const [first, ...others] = list(params["questions"]);
      if (first === undefined || first["isSecret"] === true) return { ...plain, kind: "form", what: "a secret" };
      const more = others.map((question) => {
        const labels = list(question["options"]).map((option) => text(option["label"]));
        return `${text(question["question"])}${labels.length === 0 ? "" : ` (${labels.join(" or ")})`} [answer with the note]`;
      });
      const choices = list(first["options"]).map((option) => text(option["label"]));
      const what = [text(first["question"]), ...more].join(" / ").slice(0, WHAT_CHARS);
      return { ...plain, kind: "question", what, choices: choices.slice(0, MOST_CHOICES) };
    }
    case ELICITATION:
      return elicitationAsk(params);
    default:
      return null;
  }
}

/** The answer in the words of the protocol. Never more than for this once. */
export function resultFor(method: string, params: Fields, reply: AskReply): Fields {
  const allowed = reply.verdict === "allow";
  switch (method) {
    case "item/permissions/requestApproval":
      return { permissions: allowed ? granted(fields(params["permissions"])) : {}, scope: "turn" };
    case QUESTION:
      return {
        answers: Object.fromEntries(list(params["questions"]).map((question, at) => answerTo(question, at, reply))),
      };
    case ELICITATION:
      return elicitationResult(params, reply);
    default:
      return { decision: allowed ? "accept" : "decline" };
  }
}

/** What is to be allowed, in words where they are known. */
function permissionWords({ network, fileSystem, ...rest }: Fields): string {
  const entries = list(fields(fileSystem)["entries"]).map(
    (entry) => `${text(entry["access"])} ${text(fields(entry["path"])["path"]) || JSON.stringify(entry["path"])}`,
  );
  const others = Object.entries({ ...rest, ...(entries.length === 0 ? { fileSystem } : {}) });
  const words = [
    ...(fields(network)["enabled"] === true ? ["the network"] : []),
    ...entries,
    ...others.flatMap(([key, value]) =>
      value === null || value === undefined ? [] : [`${key} ${JSON.stringify(value)}`],
    ),
  ];
  return words.join(", ").slice(0, WHAT_CHARS);
}

function granted(permissions: Fields): Fields {
  return Object.fromEntries(Object.entries(permissions).filter(([, value]) => value !== null));
}

function answerTo(question: Fields, at: number, reply: AskReply): [string, Fields] {
  const none = "nobody answered; go on with the safest assumption and say so";
  const words = reply.verdict === "allow" ? [at === 0 ? reply.choice : null, reply.note] : [reply.note];
  const answers = words.filter((word) => word !== null && word !== "");
  return [text(question["id"]), { answers: answers.length === 0 ? [none] : answers }];
}

const DOES: Readonly<Record<string, Ask["actions"][number]["does"]>> = {
  read: "read",
  listFiles: "list",
  search: "search",
};

/** Names that may hold a secret also inside of the work tree. */
const SECRET_NAME = /(?:^|[/.])env(?:\.|$)|\.(?:pem|key|p12)$|(?:^|\/)\.(?:git|codex|aws|ssh)(?:\/|$)/i;

function actionOf(action: Fields, at: { readonly tree: string; readonly cwd: string }): Ask["actions"][number] {
  const does = DOES[text(action["type"])] ?? "unknown";
  // A place that Codex could not tell may be anywhere; only a list without one is of the working directory.
  const path = text(action["path"]) || (does === "list" ? "." : "");
  if (does === "unknown" || path === "") return { does, inside: false };
  return { does, inside: isInside(resolve(at.cwd, path), at.tree) };
}

/** True for an entry of the work tree that is there, is reached through no link and is not named like a secret. */
function isInside(path: string, tree: string): boolean {
  try {
    const root = realpathSync.native(tree);
    const real = realpathSync.native(path);
    return (
      contains(root, real) &&
      real === resolve(root, path.slice(tree.length).replace(/^\/+/, "")) &&
      !SECRET_NAME.test(real.slice(root.length))
    );
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return false;
  }
}
