import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { systemCode } from "../kernel/errors.ts";
import { isOn, type Environment } from "./environment.ts";

const KEYS = ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN"];
const CLOUDS = [
  ["CLAUDE_CODE_USE_BEDROCK", "Amazon Bedrock"],
  ["CLAUDE_CODE_USE_VERTEX", "Google Vertex AI"],
  ["CLAUDE_CODE_USE_FOUNDRY", "Microsoft Foundry"],
] as const;

const credentialsSchema = z.looseObject({
  claudeAiOauth: z.looseObject({ accessToken: z.string().min(1), subscriptionType: z.string().nullish() }),
});
/** Where the login lies in the keychain, this file still says that there is one. */
const stateSchema = z.looseObject({ oauthAccount: z.looseObject({}) });

/**
 * The login that a confined Claude Code would use, in words without secrets; null when none is found. A key helper of
 * the user's settings does not count: it is not read in a review.
 */
export async function findLogin(env: Environment): Promise<string | null> {
  const cloud = CLOUDS.find(([name]) => isOn(env[name]));
  if (cloud !== undefined) return `${cloud[1]} (${cloud[0]})`;
  const key = KEYS.find((name) => (env[name] ?? "") !== "");
  if (key !== undefined) return key;
  const home = env["HOME"] ?? "";
  const folder = env["CLAUDE_CONFIG_DIR"] ?? (home === "" ? "" : join(home, ".claude"));
  if (folder === "") return null;
  const stored = credentialsSchema.safeParse(await readJson(join(folder, ".credentials.json")));
  if (stored.success) return `subscription login (${stored.data.claudeAiOauth.subscriptionType ?? "claude.ai"})`;
  if (process.platform !== "darwin") return null;
  const state = await readJson(join(env["CLAUDE_CONFIG_DIR"] ?? home, ".claude.json"));
  return stateSchema.safeParse(state).success ? "subscription login (keychain)" : null;
}

/** The JSON of a file; undefined when it is not there, may not be read or holds something else. */
async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    if (error instanceof SyntaxError || systemCode(error) !== undefined) return undefined;
    throw error;
  }
}
