/** Numbers from a seed. A fork has a stream of its own that depends on seed and name alone, so that one more user of chance shifts no other. */
export interface Random {
  /** In [0, 1). */
  readonly next: () => number;
  /** Whole number from `low` to `high`, both included. */
  int(low: number, high: number): number;
  /** From `low` to `high`, small ones more often (log-uniform). Both have to be above 0. */
  spread(low: number, high: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly T[]): T;
  /** One of the keys, as often as its weight says. */
  weighted<T extends string>(weights: Readonly<Record<T, number>>): T;
  fork(name: string): Random;
  /** A fork that is another one every time it is asked for. */
  again(name: string): Random;
}

/** The stream of a seed. */
export function makeRandom(seed: number | string): Random {
  return streamOf(String(seed));
}

function streamOf(name: string): Random {
  const asked = new Map<string, number>();
  const next = sfc32(hashOf(name, 0x9e3779b9), hashOf(name, 0x85ebca6b), hashOf(name, 0xc2b2ae35));
  return {
    next,
    int: (low, high) => low + Math.floor(next() * (high - low + 1)),
    spread: (low, high) => low * (high / low) ** next(),
    chance: (probability) => next() < probability,
    pick: (items) => pickFrom(items, next()),
    weighted: (weights) => weightedKey(weights, next()),
    fork: (child) => streamOf(`${name}/${child}`),
    again(child) {
      const times = (asked.get(child) ?? 0) + 1;
      asked.set(child, times);
      return streamOf(`${name}/${child}#${times}`);
    },
  };
}

function pickFrom<T>(items: readonly T[], at: number): T {
  const item = items[Math.floor(at * items.length)];
  if (item === undefined) throw new Error("nothing to pick from");
  return item;
}

function weightedKey<T extends string>(weights: Readonly<Record<T, number>>, at: number): T {
  const keys = keysOf(weights);
  let left = at * keys.reduce((sum, key) => sum + weights[key], 0);
  for (const key of keys) {
    left -= weights[key];
    if (left < 0) return key;
  }
  return pickFrom(keys, 0);
}

function keysOf<T extends string>(record: Readonly<Record<T, unknown>>): T[] {
  const keys: T[] = [];
  for (const key in record) keys.push(key);
  return keys;
}

/** FNV-1a of a text with a salt, 32 bits. */
function hashOf(text: string, salt: number): number {
  let hash = 0x811c9dc5 ^ salt;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}

/** Chris Doty-Humphrey's small fast counting generator: 128 bits of state, passes PractRand. */
function sfc32(x: number, y: number, z: number): () => number {
  let [a, b, c, count] = [x | 0, y | 0, z | 0, 1];
  const step = (): number => {
    const sum = (((a + b) | 0) + count) | 0;
    count = (count + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 4294967296;
  };
  // The first numbers of similar seeds are alike.
  for (let round = 0; round < 12; round += 1) step();
  return step;
}
