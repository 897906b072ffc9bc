import { createHash } from "node:crypto";
import { join } from "node:path";
import { parse, TomlError } from "smol-toml";
import * as z from "zod";
import { CcoError } from "../../kernel/errors.ts";
import { fail, succeed, type Result } from "../../kernel/result.ts";
import { firstLine } from "../../kernel/text.ts";
import { userCodexHome, type CodexHost } from "./host.ts";
import { readTextIfThere } from "../state-file.ts";
import { parseJson } from "../../kernel/json.ts";

/** What the adapter has to know of the user's own Codex settings. Holds names and words, never a secret. */
export interface UserSetup {
  readonly codexHome: string;
  readonly provider: string;
  /** Variables that the provider reads keys or headers from. */
  readonly keyNames: readonly string[];
  /** Login or key that was found, in words; null when there is none. */
  readonly login: string | null;
  /** True when it is a ChatGPT login, whose account has credit windows. */
  readonly isChatGpt: boolean;
  /** Name of the credit account, safe as a folder name. */
  readonly account: string;
  /** Names under which Codex looks for a guide for agents. */
  readonly guideNames: readonly string[];
  /** Whether the model takes settings of reasoning, where the user has said so (then nothing of ours says it); else null. */
  readonly reasons: boolean | null;
  /** Model in the settings; null: the one that Codex takes by itself. */
  readonly model: string | null;
}

const providerSchema = z.looseObject({
  base_url: z.string().optional(),
  env_key: z.string().optional(),
  env_http_headers: z.record(z.string(), z.string()).optional(),
  experimental_bearer_token: z.string().optional(),
  requires_openai_auth: z.boolean().optional(),
  auth: z.unknown().optional(),
});
const configSchema = z.looseObject({
  model: z.string().optional().catch(undefined),
  model_provider: z.string().optional(),
  profile: z.string().optional(),
  profiles: z
    .record(z.string(), z.looseObject({ model_provider: z.string().optional(), model: z.string().optional() }))
    .optional(),
  model_providers: z.record(z.string(), providerSchema).optional(),
  cli_auth_credentials_store: z.string().optional(),
  model_supports_reasoning_summaries: z.boolean().optional().catch(undefined),
  project_doc_fallback_filenames: z.array(z.string()).optional().catch(undefined),
});
type Provider = z.infer<typeof providerSchema>;

const authSchema = z.looseObject({
  OPENAI_API_KEY: z.string().nullish(),
  tokens: z.looseObject({ account_id: z.string().nullish(), id_token: z.string().nullish() }).nullish(),
});
type Auth = z.infer<typeof authSchema>;

/** Guides for agents that Codex reads without being told (the first is for personal overrides). */
const GUIDE_NAMES = ["AGENTS.override.md", "AGENTS.md"];
/** Providers that Codex brings itself and that need no login. */
const LOCAL_PROVIDERS = new Set(["ollama", "lmstudio", "oss"]);
/** Variables that Codex itself takes a key from for its own provider. */
const OPENAI_KEYS = ["CODEX_API_KEY", "CODEX_ACCESS_TOKEN", "OPENAI_API_KEY"];

/** Reads provider and login of the user. Fails with CODEX_CONFIG when config.toml cannot be read as TOML. */
export async function readUserSetup(host: CodexHost): Promise<Result<UserSetup, CcoError>> {
  const codexHome = userCodexHome(host);
  const config = await readConfig(join(codexHome, "config.toml"));
  if (!config.ok) return config;
  const { model_providers: providers, profile, profiles } = config.value;
  const named = profile === undefined ? undefined : profiles?.[profile]?.model_provider;
  const provider = named ?? config.value.model_provider ?? "openai";
  const table = providers?.[provider];
  const auth = await readAuth(join(codexHome, "auth.json"));
  const keyNames = keyNamesOf(table);
  const keyring = config.value.cli_auth_credentials_store === "keyring";
  const env = { ...readDotEnv(readTextIfThere(join(codexHome, ".env")) ?? ""), ...host.env };
  const found = credential(env, { provider, table, auth, keyring });
  const identity = found?.identity ?? codexHome;
  const seed = [provider, table?.base_url ?? "", identity].join("\n");
  const account = `${slug(provider)}-${createHash("sha256").update(seed).digest("hex").slice(0, 12)}`;
  const guideNames = [...GUIDE_NAMES, ...(config.value.project_doc_fallback_filenames ?? [])];
  const isChatGpt = found?.isChatGpt ?? false;
  const reasons = config.value.model_supports_reasoning_summaries ?? null;
  const model = (profile === undefined ? undefined : profiles?.[profile]?.model) ?? config.value.model ?? null;
  const login = found?.words ?? null;
  return succeed({ codexHome, provider, keyNames, login, isChatGpt, account, guideNames, model, reasons });
}

async function readConfig(file: string): Promise<Result<z.infer<typeof configSchema>, CcoError>> {
  const text = readTextIfThere(file) ?? "";
  try {
    const parsed = configSchema.safeParse(parse(text));
    if (parsed.success) return succeed(parsed.data);
    const issue = parsed.error.issues[0];
    return fail(
      new CcoError("CODEX_CONFIG", `${file}: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? "not valid"}`),
    );
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    return fail(new CcoError("CODEX_CONFIG", `${file}: line ${error.line}: ${firstLine(error.message)}`));
  }
}

async function readAuth(file: string): Promise<Auth | null> {
  const text = readTextIfThere(file);
  const parsed = authSchema.safeParse(text === null ? undefined : parseJson(text));
  return parsed.success ? parsed.data : null;
}

function keyNamesOf(table: Provider | undefined): string[] {
  return [...(table?.env_key === undefined ? [] : [table.env_key]), ...Object.values(table?.env_http_headers ?? {})];
}

interface Question {
  readonly provider: string;
  readonly table: Provider | undefined;
  readonly auth: Auth | null;
  readonly keyring: boolean;
}

interface Credential {
  readonly words: string;
  /** Goes into a hash only and is never stored or shown. */
  readonly identity: string;
  readonly isChatGpt?: true;
}

type Env = Readonly<Record<string, string>>;

/** What proves the user to the provider. */
function credential(env: Env, { provider, table, auth, keyring }: Question): Credential | null {
  if (LOCAL_PROVIDERS.has(provider)) return { words: `${provider} needs no login`, identity: provider };
  if (table === undefined && provider !== "openai")
    return { words: `login of ${provider} (not checked)`, identity: provider };
  const key = table?.env_key;
  if (key !== undefined) return fromEnv(env, key);
  const bearer = table?.experimental_bearer_token;
  if (bearer !== undefined) return { words: "token in config.toml", identity: bearer };
  if (table?.auth !== undefined)
    return { words: "login by a command in config.toml (not checked)", identity: provider };
  if (table !== undefined && table.requires_openai_auth !== true)
    return { words: "provider needs no login", identity: "" };
  return fromLogin(auth) ?? firstOf(OPENAI_KEYS.map((name) => fromEnv(env, name))) ?? (keyring ? KEYRING : null);
}

/** Codex reads this file into its own environment; variables that are set already win. */
function readDotEnv(text: string): Env {
  const lines = text.matchAll(/^[ \t]*(?:export[ \t]+)?(\w+)[ \t]*=[ \t]*["']?([^"'\r\n]*)/gm);
  return Object.fromEntries([...lines].map((found) => [found[1] ?? "", found[2]?.trim() ?? ""]));
}

const KEYRING: Credential = { words: "in the keyring of the system (not checked)", identity: "keyring" };

function fromLogin(auth: Auth | null): Credential | null {
  const tokens = auth?.tokens;
  if (tokens !== null && tokens !== undefined)
    return { words: "ChatGPT login", identity: tokens.account_id ?? "chatgpt", isChatGpt: true };
  const key = auth?.OPENAI_API_KEY ?? "";
  return key === "" ? null : { words: "API key in auth.json", identity: key };
}

function fromEnv(env: Env, name: string): Credential | null {
  const value = env[name] ?? "";
  return value === "" ? null : { words: `key in ${name}`, identity: value };
}

function firstOf<T>(values: readonly (T | null)[]): T | null {
  return values.find((value) => value !== null) ?? null;
}

function slug(text: string): string {
  return (
    text
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, "-")
      .slice(0, 32) || "provider"
  );
}
