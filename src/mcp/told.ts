import type { TaskResult } from "../model/result.ts";

/** What a connection was told of tasks that have settled, so that nothing is an event twice. Lost with the connection: then it is told again. */
export interface Told {
  has(task: TaskResult): boolean;
  add(task: TaskResult): void;
  /** Tasks that this connection handed in: their end is news whenever it comes. */
  expect(ids: readonly string[]): void;
  expects(id: string): boolean;
}

/** The memory of one connection. */
export function makeTold(): Told {
  const stamps = new Map<string, string>();
  const expected = new Set<string>();
  return {
    has: (task) => stamps.get(task.id) === stampOf(task),
    add: (task) => void stamps.set(task.id, stampOf(task)),
    expect: (ids) => {
      for (const id of ids) expected.add(id);
    },
    expects: (id) => expected.has(id),
  };
}

/** Another attempt or another card makes it news again. */
function stampOf({ status, attempts, card, updatedAt }: TaskResult): string {
  return `${status} ${attempts} ${card ?? ""} ${updatedAt}`;
}
