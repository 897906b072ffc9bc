import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const MODULES = fileURLToPath(new URL("../../node_modules", import.meta.url));
const PLATFORM = `${process.platform}-${process.arch}`;

/** Native binary of the newest Codex CLI that the project is developed against. */
export function codexNewest(): string {
  return codexIn(join(MODULES, "@openai", "codex"));
}

/** Native binary of the oldest supported Codex CLI, 0.124. */
export function codexOldest(): string {
  return codexIn(join(MODULES, "codex-0.124"));
}

/** Native binary of Claude Code. */
export function claudeBin(): string {
  const binary = join(MODULES, "@anthropic-ai", `claude-code-${PLATFORM}`, "claude");
  if (!existsSync(binary)) throw new Error(`Claude Code is not installed: ${binary}`);
  return binary;
}

/** The wrapper package's platform package lies inside it (alias) or beside it; the folder of the binary changed its name. */
function codexIn(wrapper: string): string {
  const platform = `codex-${PLATFORM}`;
  const homes = [join(wrapper, "node_modules", "@openai", platform), join(dirname(wrapper), platform)];
  for (const vendor of homes.map((home) => join(home, "vendor")).filter((folder) => existsSync(folder))) {
    for (const target of readdirSync(vendor)) {
      const found = ["bin", "codex"]
        .map((folder) => join(vendor, target, folder, "codex"))
        .find((file) => existsSync(file));
      if (found !== undefined) return found;
    }
  }
  throw new Error(`Codex is not installed: ${wrapper}`);
}
