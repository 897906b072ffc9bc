import { join } from "node:path";
import { CcoError } from "../kernel/errors.ts";
import { type Config, configSchema } from "../model/config.ts";
import { writeDurable } from "./atomic-write.ts";
import { CONFIG_KEYS, findConfigKey, unknownKey } from "./config-keys.ts";
import { renderConfigTemplate } from "./config-template.ts";
import { ensureLayout } from "./layout.ts";
import { readOptional } from "./read-optional.ts";

/** Settings shared through git, and those of this clone, which win; relative to the project root. */
const SHARED_FILE = "cco.yaml";
const LOCAL_FILE = ".cco/config.yaml";

/**
 * Settings that count in the local file alone: who commits the shared one could make everybody's machine run a program or send
 * what happens in the project elsewhere.
 */
const LOCAL_ONLY: readonly string[] = ["notify.command", "notify.webhook", "notify.webhookSecretEnv"];

/** Where a setting comes from. */
export type ConfigOrigin = "default" | typeof SHARED_FILE | typeof LOCAL_FILE;

/** Effective settings, and where each comes from by its dotted name. */
export interface LoadedConfig {
  readonly config: Config;
  readonly origins: Readonly<Record<string, ConfigOrigin>>;
  /** Sentences for people about settings that stand where they do not count. */
  readonly warnings: readonly string[];
}

/**
 * The settings of a project: defaults, `cco.yaml` over them, `.cco/config.yaml` over both, key by key.
 * Throws CONFIG_UNKNOWN_KEY (with a near name) and CONFIG_INVALID; messages start with file:line.
 */
export async function loadConfig(projectRoot: string): Promise<LoadedConfig> {
  const origins: Record<string, ConfigOrigin> = Object.fromEntries(CONFIG_KEYS.map((key) => [key.name, "default"]));
  const warnings: string[] = [];
  const merged: Record<string, Record<string, unknown>> = {};
  for (const file of [SHARED_FILE, LOCAL_FILE] as const) {
    const text = await readOptional(join(projectRoot, file));
    if (text === null) continue;
    // Loaded only when there is a file: the parser is most of the time that reading settings takes.
    const { parseSettings } = await import("./config-yaml.ts");
    for (const [name, value] of parseSettings(file, text)) {
      if (file === SHARED_FILE && LOCAL_ONLY.includes(name) && value !== null) {
        warnings.push(
          `${SHARED_FILE}: ${name} is ignored there: a repository must not decide what runs on your machine or who is told. If it is yours, move it to ${LOCAL_FILE}`,
        );
        continue;
      }
      const [section = "", key = ""] = name.split(".");
      (merged[section] ??= {})[key] = value;
      origins[name] = file;
    }
  }
  const parsed = configSchema.safeParse(merged);
  if (parsed.success) return { config: parsed.data, origins, warnings };
  const issue = parsed.error.issues[0];
  throw new CcoError(
    "CONFIG_INVALID",
    `the settings do not fit together: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`,
  );
}

/**
 * Writes one setting (`worker.silenceSeconds`, `5`) to `.cco/config.yaml`, which is made from the template when it is not there;
 * comments stay. Throws CONFIG_UNKNOWN_KEY, CONFIG_INVALID, BOARD_WRITE.
 */
export async function setConfigKey(projectRoot: string, name: string, text: string): Promise<void> {
  const key = findConfigKey(name);
  if (key === undefined) throw unknownKey(name, null);
  const { parseValue, writeSetting } = await import("./config-edit.ts");
  const value = parseValue(key, text);
  const path = join(projectRoot, LOCAL_FILE);
  const before = (await readOptional(path)) ?? renderConfigTemplate();
  const after = writeSetting(LOCAL_FILE, before, key, value);
  ensureLayout(join(projectRoot, ".cco"));
  await writeDurable(path, after);
}
