/** Makes a switch over a union exhaustive: a new member fails at compile time, a foreign value at run time. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value ${JSON.stringify(value)}`);
}
