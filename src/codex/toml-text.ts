/** What the adapter writes as TOML: text, numbers, truth values, lists and inline tables. */
export type TomlValue = string | number | boolean | readonly TomlValue[] | { readonly [key: string]: TomlValue };

/** A value as TOML on one line, as `codex -c key=value` takes it. Keys of tables are always quoted. */
export function tomlText(value: TomlValue): string {
  if (typeof value === "string") return quote(value);
  if (typeof value !== "object") return String(value);
  if (isList(value)) return `[${value.map(tomlText).join(",")}]`;
  return `{${Object.entries(value)
    .map(([key, entry]) => `${quote(key)}=${tomlText(entry)}`)
    .join(",")}}`;
}

function isList(value: object): value is readonly TomlValue[] {
  return Array.isArray(value);
}

/** JSON's escapes are TOML's, except that TOML also wants DEL escaped. */
function quote(text: string): string {
  return JSON.stringify(text).replaceAll("\u007f", "\\u007f");
}
