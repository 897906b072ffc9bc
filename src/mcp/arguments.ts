import * as z from "zod";
import { nearestName } from "../kernel/did-you-mean.ts";
import { CcoError } from "../kernel/errors.ts";
import { parseJson } from "../kernel/json.ts";

/** Reads the arguments of a call. Models err in small ways: one text for a list, a number as text, null for nothing. Throws USAGE. */
export function readArguments<Schema extends z.ZodObject>(
  tool: { readonly name: string; readonly arguments: Schema },
  given: unknown,
): z.infer<Schema> {
  const args = typeof given === "string" ? parseJson(given) : given;
  const shape: Readonly<Record<string, z.core.$ZodType>> = tool.arguments.shape;
  const entries = typeof args === "object" && args !== null ? Object.entries(args) : [];
  const values = entries.flatMap(([key, value]) => (value === null ? [] : [[key, lenient(shape[key], value)]]));
  const parsed = tool.arguments.safeParse(Object.fromEntries(values));
  if (parsed.success) return parsed.data;
  const names = Object.keys(shape);
  const unknown = entries.map(([key]) => key).find((key) => !names.includes(key));
  const issue = parsed.error.issues[0];
  const why =
    unknown === undefined ? `${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}` : strange(unknown, names);
  throw new CcoError("USAGE", `${tool.name}: ${why}`, {
    why: "The arguments of the call are not valid.",
    hint: `call ${tool.name} with ${names.join(", ")}`,
  });
}

function strange(key: string, names: readonly string[]): string {
  const near = nearestName(key, names);
  return near === undefined ? `there is no argument ${key}` : `there is no argument ${key}; ${near} is meant?`;
}

function lenient(schema: z.core.$ZodType | undefined, value: unknown): unknown {
  if (typeof value !== "string" || schema === undefined) return value;
  // What is no JSON is no reading: an optional argument would take it for one that was not given.
  const readings = [value, parseJson(value), [value]].filter((reading) => reading !== undefined);
  return readings.find((reading) => z.safeParse(schema, reading).success) ?? value;
}
