import * as z from "zod";
import { nearestName } from "../kernel/did-you-mean.ts";
import { CcoError } from "../kernel/errors.ts";
import { configSchema } from "../model/config.ts";

/** One setting, as the schema has it. */
export interface ConfigKey {
  readonly section: string;
  readonly key: string;
  /** `section.key`. */
  readonly name: string;
  readonly description: string;
  readonly fallback: unknown;
  readonly schema: z.ZodType;
}

/** Every setting in the order of the schema. */
export const CONFIG_KEYS: readonly ConfigKey[] = Object.entries(configSchema.shape).flatMap(([section, body]) =>
  Object.entries<z.ZodType>(body.unwrap().shape).map(([key, schema]) => ({
    section,
    key,
    name: `${section}.${key}`,
    description: schema.description ?? "",
    fallback: schema.parse(undefined),
    schema,
  })),
);

/** The setting with this dotted name, or undefined. */
export function findConfigKey(name: string): ConfigKey | undefined {
  return CONFIG_KEYS.find((key) => key.name === name);
}

/** The setting that a wrong name most likely means: misspelled, without its section, or a section alone. */
function nearestConfigKey(name: string): string | undefined {
  const names = CONFIG_KEYS.map((key) => key.name);
  const sections = [...new Set(CONFIG_KEYS.map((key) => key.section))];
  if (sections.includes(name)) return CONFIG_KEYS.find((key) => key.section === name)?.name;
  const last = name.split(".").at(-1) ?? name;
  const sameKey = CONFIG_KEYS.find((key) => key.key.toLowerCase() === last.toLowerCase());
  return nearestName(name, [...names, ...sections]) ?? sameKey?.name;
}

/** What a setting accepts, in words; of a rule of its own, what this value breaks. */
function expectedValue(key: ConfigKey, value: unknown): string {
  const broken = key.schema.safeParse(value).error?.issues.find((issue) => issue.code === "custom");
  if (broken !== undefined) return broken.message;
  return describeSchema(z.toJSONSchema(key.schema, { io: "input" }));
}

/** CONFIG_UNKNOWN_KEY; `at` is `file:line`, or null for a name from the command line. */
export function unknownKey(name: string, at: string | null): CcoError {
  const near = nearestConfigKey(name);
  return new CcoError("CONFIG_UNKNOWN_KEY", `${at === null ? "" : `${at}: `}there is no setting ${name}`, {
    hint: `${near === undefined ? "" : `did you mean ${near}? `}cco config lists all settings`,
    data: { key: name, at, near: near ?? null },
  });
}

/** CONFIG_INVALID for a value that a setting does not accept. */
export function invalidValue(key: ConfigKey, value: unknown, at: string | null): CcoError {
  const got = value === undefined ? "undefined" : JSON.stringify(value);
  const shown = got.length > 60 ? `${got.slice(0, 59)}…` : got;
  return new CcoError(
    "CONFIG_INVALID",
    `${at === null ? "" : `${at}: `}${key.name} has to be ${expectedValue(key, value)}, not ${shown}`,
    {
      hint: `${at === null ? "" : `edit ${at}, or `}cco config --set ${key.name}=${typeof key.fallback === "string" ? key.fallback : JSON.stringify(key.fallback)}`,
      data: { key: key.name, at },
    },
  );
}

function describeSchema(schema: z.core.JSONSchema._JSONSchema): string {
  if (typeof schema === "boolean") return "anything";
  if (schema.anyOf !== undefined) return schema.anyOf.map(describeSchema).join(" or ");
  if (schema.enum !== undefined) return `one of ${schema.enum.map(String).join(", ")}`;
  if (schema.type === "integer" || schema.type === "number") return describeNumber(schema);
  if (schema.type === "array") return 'a list of texts, like ["program", "argument"]';
  if (schema.type === "boolean") return "true or false";
  return schema.type === "string" ? "a text" : String(schema.type);
}

function describeNumber(schema: z.core.JSONSchema.BaseSchema): string {
  const noun = schema.type === "integer" ? "a whole number" : "a number";
  const { minimum, maximum, exclusiveMinimum } = schema;
  if (exclusiveMinimum !== undefined) return `${noun} above ${exclusiveMinimum}`;
  if (minimum === undefined) return noun;
  const hasMaximum = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER;
  return hasMaximum ? `${noun} from ${minimum} to ${maximum}` : `${noun}, ${minimum} or more`;
}
