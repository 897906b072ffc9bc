import { parseArgs } from "node:util";
import type { Finding } from "./invariants.ts";
import type { WorldOptions } from "./make-world.ts";
import { makePlan } from "./make-plan.ts";
import { type Plan, without } from "./plan.ts";
import { runWorld } from "./run-world.ts";
import { shrink } from "./shrink.ts";

/** Where the simulator prints: results, and what it says about itself. */
export interface SimulatorOutput {
  readonly line: (text: string) => void;
  readonly note: (text: string) => void;
}

const HELP = `Simulates whole orchestrations on a virtual clock: npm run sim -- [options]
  --seed N     first seed (default 1)
  --runs M     number of seeds (default 2000)
  --drop IDS   leaves tasks (t3), acts (u2) and faults (f1) out, separated by commas
  --trace      prints every event
  --no-shrink  does not look for a smaller world that fails the same way`;

/** Failing seeds that are made smaller; the others are only named. */
const MOST_SHRUNK = 3;

/** Seeds fewer than this are played faster in one thread than it takes to start another. */
const FEW_RUNS = 200;

/** What to play: `runs` seeds from `seed` on. */
export interface Order {
  readonly seed: number;
  readonly runs: number;
  readonly dropped: ReadonlySet<string>;
  readonly trace: boolean;
  readonly shrink: boolean;
}

/** What came of an order. */
export interface Tally {
  readonly violations: number;
  readonly virtualMs: number;
}

/** Plays parts of an order side by side and prints what each prints, in their order. */
export interface Threads {
  readonly count: number;
  readonly play: (orders: readonly Order[]) => Promise<readonly Tally[]>;
}

/** Runs the simulator; returns the exit code: 0, or 1 when an invariant was violated. Throws for arguments that it does not know. */
export async function runSimulator(
  args: readonly string[],
  out: SimulatorOutput,
  options: WorldOptions & { readonly threads?: Threads } = {},
): Promise<number> {
  const { threads, ...world } = options;
  const order = readOrder(args);
  if (order === null) {
    out.line(HELP);
    return 0;
  }
  const started = performance.now();
  const isOne = threads === undefined || order.trace || order.runs < FEW_RUNS;
  const tallies = isOne ? [await playSeeds(order, out.line, world)] : await threads.play(partsOf(order, threads.count));
  const seconds = (performance.now() - started) / 1000;
  const hours = tallies.reduce((sum, { virtualMs }) => sum + virtualMs, 0) / 3_600_000;
  const violations = tallies.reduce((sum, tally) => sum + tally.violations, 0);
  out.note(`${hours.toFixed(1)} hours of virtual time in ${seconds.toFixed(1)} s`);
  out.line(`runs ${order.runs}, violations ${violations}`);
  return violations === 0 ? 0 : 1;
}

/** The same seeds in as many orders, one behind the other. */
function partsOf(order: Order, count: number): Order[] {
  const starts = Array.from({ length: count + 1 }, (_, at) => order.seed + Math.round((order.runs * at) / count));
  return starts.slice(0, -1).map((seed, at) => ({ ...order, seed, runs: (starts[at + 1] ?? seed) - seed }));
}

/** Plays the seeds of an order, each in a world of its own, and prints a line per violation. */
export async function playSeeds(
  order: Order,
  print: (text: string) => void,
  options: WorldOptions = {},
): Promise<Tally> {
  let violations = 0;
  let shrunk = 0;
  let virtualMs = 0;
  for (let seed = order.seed; seed < order.seed + order.runs; seed += 1) {
    const plan = without(makePlan(seed), order.dropped);
    const onTrace = order.trace ? { onTrace: print } : {};
    const result = await runWorld(plan, { ...options, ...onTrace });
    virtualMs += result.virtualMs;
    for (const finding of firstOfEach(result.findings)) {
      violations += 1;
      const smaller = order.shrink && !order.trace && shrunk < MOST_SHRUNK;
      if (smaller) shrunk += 1;
      const small = smaller ? await shrink(plan, finding.invariant, result, options) : null;
      const dropped = new Set([...order.dropped, ...(small?.dropped ?? [])]);
      print(`${describe(plan, finding)} — ${replay(seed, dropped)}`);
    }
  }
  return { violations, virtualMs };
}

function readOrder(args: readonly string[]): Order | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: "string", default: "1" },
      runs: { type: "string", default: "2000" },
      drop: { type: "string", default: "" },
      trace: { type: "boolean", default: false },
      "no-shrink": { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return null;
  return {
    seed: wholeNumber("--seed", values.seed),
    runs: wholeNumber("--runs", values.runs),
    dropped: new Set(values.drop.split(",").filter((id) => id !== "")),
    trace: values.trace,
    shrink: !values["no-shrink"],
  };
}

function wholeNumber(name: string, text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new Error(`${name} takes a whole number, not ${JSON.stringify(text)}`);
  return Number(text);
}

/** One violation per invariant: what follows from it in the same world says nothing new. */
function firstOfEach(findings: readonly Finding[]): Finding[] {
  return findings.filter(
    (finding, index) => findings.findIndex((other) => other.invariant === finding.invariant) === index,
  );
}

function describe(plan: Plan, { invariant, subject, detail, atMs }: Finding): string {
  return `seed ${plan.seed}: ${invariant} (${subject}) after ${(atMs / 1000).toFixed(1)} s: ${detail}`;
}

function replay(seed: number, dropped: ReadonlySet<string>): string {
  const drop = dropped.size === 0 ? "" : ` --drop ${[...dropped].join(",")}`;
  return `npm run sim -- --seed ${seed} --runs 1${drop} --trace`;
}
