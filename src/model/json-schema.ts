/** A text in a JSON schema. */
export const TEXT = { type: "string" } as const;

/** An object in a JSON schema: these properties and no others, all required unless `required` names fewer. */
export function object<T extends Readonly<Record<string, unknown>>>(
  properties: T,
  required: readonly (keyof T & string)[] = Object.keys(properties),
) {
  return { type: "object", additionalProperties: false, required, properties };
}
