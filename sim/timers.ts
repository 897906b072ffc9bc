/** Work at a time; of equal times the one that was set first. */
export interface Timer {
  readonly atMs: number;
  readonly order: number;
  work: (() => void) | null;
}

/** Timers in the order of their times: a binary heap. */
export interface Timers {
  add(atMs: number, work: () => void): Timer;
  /** Takes out the next timer that was not cancelled; null when there is none. */
  takeNext(): Timer | null;
}

/** No timers yet. */
export function makeTimers(): Timers {
  const heap: Timer[] = [];
  let order = 0;
  return {
    add(atMs, work) {
      order += 1;
      const timer: Timer = { atMs, order, work };
      heap.push(timer);
      siftUp(heap, heap.length - 1);
      return timer;
    },
    takeNext() {
      for (;;) {
        const [first] = heap;
        if (first === undefined) return null;
        const last = heap.pop();
        if (last !== undefined && last !== first) {
          heap[0] = last;
          siftDown(heap);
        }
        if (first.work !== null) return first;
      }
    },
  };
}

function isBefore(a: Timer | undefined, b: Timer | undefined): boolean {
  if (a === undefined || b === undefined) return b === undefined && a !== undefined;
  return a.atMs === b.atMs ? a.order < b.order : a.atMs < b.atMs;
}

function swap(heap: Timer[], i: number, j: number): void {
  const [a, b] = [heap[i], heap[j]];
  if (a === undefined || b === undefined) return;
  heap[i] = b;
  heap[j] = a;
}

function siftUp(heap: Timer[], from: number): void {
  let at = from;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!isBefore(heap[at], heap[parent])) return;
    swap(heap, at, parent);
    at = parent;
  }
}

function siftDown(heap: Timer[]): void {
  let at = 0;
  for (;;) {
    const [left, right] = [2 * at + 1, 2 * at + 2];
    let least = at;
    if (isBefore(heap[left], heap[least])) least = left;
    if (isBefore(heap[right], heap[least])) least = right;
    if (least === at) return;
    swap(heap, at, least);
    at = least;
  }
}
