import { expect, it } from "vitest";
import { COMMANDS, GLOBAL_OPTIONS } from "../../src/cli/command-table.ts";

// Scripts of users call these. A change here is a decision with a record in docs/decisions/.
const PINNED: Readonly<Record<string, readonly string[]>> = {
  init: [],
  doctor: [],
  new: ["--size"],
  lint: [],
  route: [],
  ledger: ["--by", "--csv"],
  review: ["--base", "--uncommitted", "--rounds"],
  dispatch: ["--detach", "--lane", "--effort", "--no-review", "--no-merge", "--no-wait-window"],
  status: [],
  wait: ["--any", "--timeout"],
  logs: ["-f", "--raw"],
  result: [],
  triage: [],
  diff: [],
  cancel: ["--all"],
  steer: [],
  retry: ["--feedback"],
  resume: [],
  decide: ["--note"],
  budget: [],
  window: ["--refresh"],
  breaker: [],
  dead: [],
  config: ["--set"],
  drill: [],
  demo: [],
  engine: ["--foreground"],
  gc: [],
  mcp: [],
  hook: [],
  completion: [],
};

const namesOf = (flags: string): string[] => flags.split(/[ ,]+/).filter((part) => part.startsWith("-"));

it.each(Object.entries(PINNED))("keeps cco %s", (name, options) => {
  const row = COMMANDS.find((command) => command.name === name);
  const known = row?.options.flatMap(({ flags }) => namesOf(flags));
  expect(known).toEqual(expect.arrayContaining([...options]));
});

it("keeps the options of every command", () => {
  expect(GLOBAL_OPTIONS.flatMap(({ flags }) => namesOf(flags))).toEqual(["--json", "--quiet", "--project"]);
});

it("shows an example of every command", () => {
  const silent = COMMANDS.filter(({ name, examples }) => !examples.some((example) => example.includes(`cco ${name}`)));
  expect(silent.map(({ name }) => name)).toEqual([]);
});
