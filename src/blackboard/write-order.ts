/** Work under way by what it works on; entries go when their work is done. */
export type Queues = Map<string, Promise<unknown>>;

export function makeQueues(): Queues {
  return new Map();
}

/** Runs work on one subject after all work on it that was asked for before; a failure does not hold up what follows. */
export async function inOrder<T>(queues: Queues, subject: string, work: () => Promise<T>): Promise<T> {
  const before = queues.get(subject) ?? Promise.resolve();
  const mine = before.then(work, work);
  queues.set(subject, mine);
  try {
    return await mine;
  } finally {
    if (queues.get(subject) === mine) queues.delete(subject);
  }
}
