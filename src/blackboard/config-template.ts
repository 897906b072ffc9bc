import { CONFIG_KEYS } from "./config-keys.ts";

const HEAD = `# Settings of cco for this clone of the project. Every key stands here with its default, as a comment.
# To change one, remove the "# " in front of its section and of the key, or: cco config --set worker.parallel=2
# cco.yaml in the root of the repository takes the same keys and is shared through git; this file wins.
# Times accept decimals. What is in force, and where it comes from: cco config
`;

/** The commented `.cco/config.yaml`: every setting with its default and what it means; sets nothing as it stands. */
export function renderConfigTemplate(): string {
  let text = HEAD;
  let section = "";
  for (const key of CONFIG_KEYS) {
    if (key.section !== section) text += `\n# ${key.section}:\n`;
    section = key.section;
    const setting = `${key.key}: ${typeof key.fallback === "string" ? key.fallback : JSON.stringify(key.fallback)}`;
    text += `#   ${setting.padEnd(26)} # ${key.description}\n`;
  }
  return text;
}
