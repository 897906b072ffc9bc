import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { CcoError } from "../kernel/errors.ts";
import { CAP_NAMES } from "../model/cap.ts";
import type { Config } from "../model/config.ts";
import { writeDurable } from "./atomic-write.ts";
import { type ConfigKey, findConfigKey, unknownKey } from "./config-keys.ts";
import { readOptional } from "./read-optional.ts";

/** Settings of the user over all projects: those that make sense above a project, which are caps. */
export interface UserConfig {
  readonly file: string;
  readonly budget: Config["budget"];
  /** Settings that stand in the file, by dotted name. */
  readonly set: readonly string[];
}

/** `$XDG_CONFIG_HOME/cco/config.yaml`, else `~/.config/cco/config.yaml`. */
export function userConfigFile(env: Readonly<Record<string, string | undefined>>, home: string): string {
  const base = env["XDG_CONFIG_HOME"] ?? "";
  return join(base === "" ? join(home, ".config") : base, "cco", "config.yaml");
}

const NO_BUDGET: Config["budget"] = { dayUsd: null, dayTokens: null, weekUsd: null, weekTokens: null };

/** Reads it; no file is no caps. Throws CONFIG_UNKNOWN_KEY, CONFIG_INVALID (also for a setting of a project), BOARD_CORRUPT. */
export async function loadUserConfig(file: string): Promise<UserConfig> {
  const text = await readOptional(file);
  if (text === null) return { file, budget: NO_BUDGET, set: [] };
  const { parseSettings } = await import("./config-yaml.ts");
  const settings = parseSettings(file, text);
  for (const name of settings.keys()) requireUserKey(name, file);
  const budget = { ...NO_BUDGET };
  for (const name of CAP_NAMES) {
    const value = settings.get(`budget.${name}`);
    if (typeof value === "number") budget[name] = value;
  }
  return { file, budget, set: [...settings.keys()] };
}

/** Writes one of its settings; comments stay. Throws CONFIG_UNKNOWN_KEY, CONFIG_INVALID, BOARD_WRITE. */
export async function setUserConfigKey(file: string, name: string, text: string): Promise<void> {
  const key = requireUserKey(name, file);
  const { parseValue, writeSetting } = await import("./config-edit.ts");
  const after = writeSetting(
    file,
    (await readOptional(file)) ?? "",
    key,
    parsed(() => parseValue(key, text), name),
  );
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  await writeDurable(file, after);
}

/** The same error, with a command that is about these settings. */
function parsed(read: () => unknown, name: string): unknown {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof CcoError)) throw error;
    const { code, message, why, data } = error;
    throw new CcoError(code, message, { why, data, hint: `cco config --user --set ${name}=null` });
  }
}

function requireUserKey(name: string, file: string): ConfigKey {
  const key = findConfigKey(name);
  if (key === undefined) throw unknownKey(name, null);
  if (key.section === "budget") return key;
  throw new CcoError(
    "CONFIG_INVALID",
    `${file}: ${name} is a setting of a project; only budget.* counts over all projects`,
    {
      hint: `cco config --set ${name}=… in the project`,
      data: { key: name, at: file },
    },
  );
}
