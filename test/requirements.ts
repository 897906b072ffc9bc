/**
 * What the product promises, by the ids of the feature table. `built`: every part works and a test cites it with
 * `verifies`. `partly`: `has` works and is cited, `lacks` is planned. `planned`: nothing to cite yet, `theme` says with
 * which piece of work it comes.
 */
export type Requirement =
  | { readonly state: "built"; readonly says: string }
  | { readonly state: "partly"; readonly says: string; readonly has: string; readonly lacks: string }
  | { readonly state: "planned"; readonly says: string; readonly theme: string };

const built = (says: string) => ({ state: "built", says }) as const;
const partly = (says: string, parts: { readonly has: string; readonly lacks: string }) =>
  ({ state: "partly", says, ...parts }) as const;
const planned = (theme: string, says: string) => ({ state: "planned", says, theme }) as const;

export const REQUIREMENTS = {
  // Dispatch
  A1: built("An envelope has three sizes and two written forms, and both forms are read into one model."),
  A2: built(
    "Lint finds prompts that are too long, pasted contents, unverifiable criteria, missing inputs, cycles, secrets and a size that does not fit the risk.",
  ),
  A3: built("Work runs in one of four lanes: local, worktree (the default), cloud, attached."),
  A4: built(
    "A worker that nobody talks to can never ask: approval is `never` on every supported Codex version, by the flag that version has.",
  ),
  A5: built(
    "The network is off unless the envelope says `network: true`, and then exactly one flag opens it; full access cannot be reached.",
  ),
  A6: built(
    "Exit code 0, a completed turn and a last message are all needed for a success; each missing one is its own failure.",
  ),
  A7: built("Long work runs in chunks of 25 minutes with a digest at each break and a fresh session for the next."),
  A8: partly(
    "At most three workers per account over all projects; dependencies in order, the rest in parallel; dependents of a failed task pause.",
    {
      has: "the cap per account, the order of dependencies and the pause of dependents",
      lacks: "refusing a worker that starts workers of its own",
    },
  ),
  A9: built("Each envelope is routed to the cheapest tier that can do it, with the reasons in words."),
  A10: built("A failure inside the sandbox is named path, network or policy, with its evidence and the smallest fix."),
  // Coordination
  B1: built(
    "The blackboard is files: one writer per file, written to a temporary name, synced and renamed, readable with cat.",
  ),
  B2: built("Escalation has three tiers: do, do and tell, stop and ask."),
  B3: built(
    "A decision card is answered with one letter while the other work goes on; silence takes the safe default.",
  ),
  B4: built("The escalation rate is measured weekly and named below 5 % and above 25 %."),
  // Resilience
  C1: built("Errors are classed from what Codex really prints."),
  C2: built("Each class has its own rule for retry, restart and escalation."),
  C3: built("Repair climbs five layers before a person is asked."),
  C4: built("A circuit breaker per provider and account opens, probes once and closes, and survives restarts."),
  C5: built("Work that used up its retries is parked as a dead letter and swept later."),
  C6: built(
    "A checkpoint is written at the end of each phase or chunk and before risky steps; a cold start reads it, checks its artifacts and says where it was.",
  ),
  C7: partly("Any process and the machine can die at any instant without losing or doubling anything.", {
    has: "kill -9 of engine, supervisor, Codex and Claude at every named point and at random, alone and all at once; full and read-only disks",
    lacks: "a power cut of a real machine under a real file system",
  }),
  // Communication
  D1: built("Every ending is announced at once, with the task and its output in the first line."),
  D2: built("Events are structured, and silence by the deadline is an event too."),
  D3: built(
    "The first line of a worker's last message is COMPLETED:, FAILED: or BLOCKED:; anything else is repaired once and then a failure.",
  ),
  // Quality
  E1: built(
    "Criteria carry a command that the engine itself runs in the sandbox; work is accepted on that evidence alone.",
  ),
  E2: built("Claude reviews what Codex wrote, read-only, in parts when the change is long."),
  E3: built("Challenges carry evidence, are ruled VALID, PARTIAL or NOISE, and the loop converges or asks a person."),
  E4: built("Tests, fixtures and thresholds weakened without the envelope asking for it stop the acceptance."),
  E5: built("A stalled review gets a senior diagnosis before another fix."),
  E6: built("A spec is challenged before code for complex work; what holds comes back as edits."),
  E7: planned(
    "planning and pipelines",
    "Pipelines for code and for algorithms run in phases that each add information.",
  ),
  E8: planned(
    "planning and pipelines",
    "Where the right answer is unknown, proposals are scored and the best is kept.",
  ),
  // Economy
  F1: built("Budgets per task, project and system stop work at the limit and save its progress."),
  F2: built("Credit windows are read, and work waits for the reset instead of failing."),
  F3: built("The effort tier follows the task, the window and the history of what each tier achieved."),
  F4: built("The ledger says what was spent, by whom, for what."),
  F5: built("Work that takes far longer than planned, or goes in circles, stops and is questioned."),
  F6: built("What Claude has to read per task is counted and kept small."),
  // Security
  G1: planned("security", "Roles limit what a task may do."),
  G2: partly("Secrets' paths are unreadable or detected, and the write scope is checked against the real change.", {
    has: "the write scope of the envelope against the real change, links and modes included",
    lacks: "unreadable paths where Codex can enforce them",
  }),
  G3: planned("security", "Destructive commands are blocked by Codex's rules and looked for in what really ran."),
  G4: partly("Outside content stands between delimiters, and instructions found in it never become orders.", {
    has: "delimiters and firewall in the prompts of worker and reviewer",
    lacks: "drills with hostile content for every outside source",
  }),
  G5: partly("Secrets are never written anywhere: they are found and redacted first.", {
    has: "envelopes refused, prompts, evidence and results redacted",
    lacks: "cards, digests and notifications",
  }),
  G6: planned("security", "An append-only audit says who ran what with which permissions."),
  G7: planned("learning loop", "A pre-flight checklist refuses work with reasons."),
  // Learning
  H1: planned("learning loop", "A knowledge base of errors is looked up before anyone diagnoses again."),
  H2: planned("learning loop", "Recurring errors are promoted from entry to watch list to pre-flight check."),
  H3: planned("learning loop", "A weekly retro reports success, causes, retries and stalls."),
  H4: planned("learning loop", "A quarterly audit asks of each guard whether it is still needed."),
  // Claude Code on top
  J1: built("A plugin installs with one command and brings the MCP server, hooks, skills and a reviewer agent."),
  J2: built("An MCP server gives Claude few, small tools."),
  J3: built("Hooks resume, checkpoint, hold the stop and catch unsafe commands."),
  J4: built("Skills teach Claude when and how to dispatch."),
  // What none of the others has
  K1: built("A challenge counts only after its evidence was run against the candidate."),
  K2: built("Fault drills run offline on the installed binaries."),
  K3: built("Any plan can be rehearsed with the real binaries and a scripted model, without credits."),
  K4: built("Simulation and kill -9 at every named crash point prove the orchestration."),
  K5: built("A forecast of the credit window schedules work instead of failing it."),
  K6: built("The merge queue verifies again after the rebase, so the base branch is green after every accepted task."),
} as const satisfies Readonly<Record<string, Requirement>>;

export type RequirementId = keyof typeof REQUIREMENTS;

/**
 * Says at the top of a test which requirements it proves. Does nothing when it runs: `test/unit/requirements.test.ts`
 * reads the calls from the files, so the ids have to be literals.
 */
export function verifies(...ids: readonly [RequirementId, ...RequirementId[]]): readonly RequirementId[] {
  return ids;
}
