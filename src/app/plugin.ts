import { homedir } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import { parseJson } from "../kernel/json.ts";
import { packageRoot } from "./package-root.ts";
import { readText } from "./board/read-text.ts";

/** Name of the plugin in its marketplace, which is this package. */
const PLUGIN = "cco@cc-orchestrator";

/** How the plugin for Claude Code gets in, and whether this user has it. */
export interface PluginInstall {
  readonly installed: boolean;
  /** Commands for a shell, in order; they need no network. */
  readonly commands: readonly string[];
}

/** Reads the settings of Claude Code; changes nothing. */
export function pluginInstall(): PluginInstall {
  const root = packageRoot();
  const shown = /^[\w./@-]+$/.test(root) ? root : `'${root.replaceAll("'", `'\\''`)}'`;
  const commands = [`claude plugin marketplace add ${shown}`, `claude plugin install ${PLUGIN}`];
  const folder = process.env["CLAUDE_CONFIG_DIR"] ?? join(homedir(), ".claude");
  const settings = settingsSchema.safeParse(parseJson(readText(join(folder, "settings.json")) ?? ""));
  return { installed: settings.data?.enabledPlugins?.[PLUGIN] === true, commands };
}

const settingsSchema = z.looseObject({ enabledPlugins: z.record(z.string(), z.unknown()).optional() });
