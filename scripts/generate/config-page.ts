import { z } from "zod";
import { configSchema } from "../../src/model/config.ts";
import { code, markdownPage, markdownTable } from "./markdown.ts";

const kindSchema = z.object({
  type: z.union([z.string(), z.array(z.string())]),
  items: z.object({ type: z.string() }).optional(),
});

const settingSchema = z
  .object({ description: z.string(), default: z.json() })
  .and(z.union([kindSchema, z.object({ anyOf: z.array(kindSchema) })]));

const groupsSchema = z.object({
  properties: z.record(z.string(), z.object({ properties: z.record(z.string(), settingSchema) })),
});

/** Type of a setting in words: `number`, `number or null`, `list of string or null`. */
function typeOf(setting: z.infer<typeof settingSchema>): string {
  const kinds = "anyOf" in setting ? setting.anyOf : [setting];
  return kinds.flatMap(({ type, items }) => (items === undefined ? type : `list of ${items.type}`)).join(" or ");
}

/** docs/configuration.md: every setting with its default; fails when a setting has no description. */
export function renderConfigPage(): string {
  const { properties } = groupsSchema.parse(z.toJSONSchema(configSchema, { io: "input" }));
  const rows = Object.entries(properties).flatMap(([group, { properties: settings }]) =>
    Object.entries(settings).map(([key, setting]) => [
      code(`${group}.${key}`),
      code(JSON.stringify(setting.default)),
      typeOf(setting),
      setting.description,
    ]),
  );
  return markdownPage("Settings", [
    "Settings come from three places; the later one wins: the defaults below, `cco.yaml` in the root of the repository (shared, committed), `.cco/config.yaml` (yours alone). `cco config` prints the effective ones and where each comes from; `cco config --set worker.silenceSeconds=5` writes one and keeps your comments. An unknown key is an error.",
    "All durations accept decimals.",
    markdownTable(["key", "default", "type", "what it does"], rows),
  ]);
}
