/** The parsed text, or undefined when it is not JSON. What comes back is unknown: read it with a schema. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
