/** What took turns, and how often the one that came most often did. `ids`: the last call of each. */
export interface Repetition {
  readonly times: number;
  readonly ids: readonly string[];
}

/** A call that has ended. `print`: the same for the same call with the same result. */
export interface EndedCall {
  readonly id: string;
  readonly print: string;
  /** What was called goes on: the call has only waited for it. */
  readonly waits: boolean;
  /** The call itself waits a while before it looks. */
  readonly sleeps: boolean;
}

/** Watches for calls that go round in a circle. */
export interface CircleWatch {
  take(call: EndedCall): void;
  /** Nothing counts as a repetition of what was before. */
  forget(): void;
  /** What is being repeated, often enough to call it so; null again as soon as there is something new. */
  repeated(): Repetition | null;
}

/** So many different calls in turn are still a circle: edit, check, undo. Longer rounds are rarely the same each time. */
const CIRCLE = 3;

/** A call that sleeps polls; it may find the same this many times as often. */
const PATIENCE = 3;

/** Whatever is none of the last three different calls is something new, and the count of all begins again. `repeats` 0: never. */
export function watchCircle(repeats: number): CircleWatch {
  let recent: readonly EndedCall[] = [];
  let counts = new Map<string, number>();
  let repeated: Repetition | null = null;

  function begin(): void {
    counts = new Map();
    repeated = null;
  }

  return {
    take(call) {
      const others = recent.filter(({ print }) => print !== call.print);
      if (others.length === recent.length) begin();
      recent = [call, ...others].slice(0, CIRCLE);
      // What only waits is new or known like anything else, but never counted: a quiet build is waited for as long as it takes.
      if (call.waits) return;
      const times = (counts.get(call.print) ?? 0) + 1;
      counts.set(call.print, times);
      if (repeats <= 0 || times < repeats * (call.sleeps ? PATIENCE : 1)) return;
      const turns = recent.filter(({ print }) => print === call.print || (counts.get(print) ?? 0) > 1);
      repeated = { times, ids: turns.map(({ id }) => id).toReversed() };
    },
    forget() {
      recent = [];
      begin();
    },
    repeated: () => repeated,
  };
}
