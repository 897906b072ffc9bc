/** Defensive readers for messages of a child: the supervisor does without the weight of a schema library. */
export type Fields = Readonly<Record<string, unknown>>;

/** The value as an object; empty when it is none. */
export function fields(value: unknown): Fields {
  return isFields(value) ? value : {};
}

/** The value as a text; empty when it is none. */
export function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** The value as a number; 0 when it is none. */
export function amount(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}

/** The objects of a list; empty when it is none. */
export function list(value: unknown): Fields[] {
  return Array.isArray(value) ? value.filter(isFields) : [];
}

/** True for anything with keys. */
export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
