import { breakerSchema } from "../src/model/breaker.ts";
import { type SlotLease, slotLeaseSchema } from "../src/model/lease.ts";
import type { JournalRecord } from "../src/model/record.ts";
import { runCommand } from "./checks.ts";
import type { Forward } from "./memory-repo.ts";
import { beginRound, isSettled, takeLine, taskOf } from "./project-record.ts";
import { checkProjection } from "./projection-checks.ts";
import { plannedTask, type SimProject, type SimWorld } from "./sim-world.ts";
import { checkOf, fileOf } from "./submission.ts";
import type { AttemptFolder } from "./worker-yard.ts";

/** Attempts that a task may have before a person is asked. */
const MOST_ATTEMPTS = 12;

/** Task of an attempt folder, with its project: `/a/.cco/tasks/t1`. */
function taskFolder(dir: string): string {
  return dir.slice(0, dir.indexOf("/attempts/"));
}

/** A worker process has started. */
export function workerStarted(world: SimWorld, started: AttemptFolder): void {
  const { findings, plan, yard } = world;
  const subject = taskFolder(started.dir);
  findings.expect(
    started.starts === 1,
    "started-twice",
    subject,
    () => `${started.dir} has started ${started.starts} workers`,
  );
  let workers = 0;
  for (const other of yard.folders.values()) {
    if (!other.working) continue;
    if (holdsSlot(world, other)) workers += 1;
    if (other === started) continue;
    const together = taskFolder(other.dir) === subject || other.order?.cwd === started.order?.cwd;
    findings.expect(!together, "run-twice", subject, () => `${started.dir} and ${other.dir} at once`);
  }
  findings.expect(workers <= plan.parallel, "over-cap", "all", () => `${workers} workers, the cap is ${plan.parallel}`);
}

/** An engine is about to launch a worker; only one that holds a slot may. */
export function workerLaunched(world: SimWorld, folder: AttemptFolder): void {
  if (folder.claim !== "none" || folder.exit !== null) return;
  const lease = leaseOf(world, folder);
  const holds = lease !== null && world.machine.isAlive(lease.engine);
  world.findings.expect(holds, "over-cap", taskFolder(folder.dir), () => `${folder.dir} is launched without a slot`);
  checkProbe(world, folder);
}

/** Cooldown of the simulated breakers, in ms: longer than the slowest way from a question to a launch. */
const COOLDOWN_MS = 60_000;

/** While a breaker is half-open only its probe starts, and no other worker that somebody answers for was started since it opened. */
function checkProbe(world: SimWorld, folder: AttemptFolder): void {
  const { breakers, findings, launches, clock, yard } = world;
  const [, , , , task = ""] = folder.dir.split("/");
  launches.set(folder.dir, clock.now());
  for (const text of breakers.values()) {
    const { state } = breakerSchema.parse(JSON.parse(text));
    if (state.at !== "half-open") continue;
    const { probe } = state;
    const detail = (): string => `${folder.dir} is launched, the probe is ${probe?.task ?? "nobody"}`;
    findings.expect(probe?.task === task, "one-probe", task, detail);
    for (const other of yard.folders.values()) {
      // By the clock that the breaker goes by: a jump ends its cooldown early.
      const agoMs = clock.now() - (launches.get(other.dir) ?? -Infinity);
      const isRecent = agoMs >= 0 && agoMs < COOLDOWN_MS;
      const isSecond = other !== folder && other.working && isRecent && holdsSlot(world, other);
      findings.expect(!isSecond, "one-probe", task, () => `${folder.dir} is launched while ${other.dir} probes`);
    }
  }
}

/**
 * True for a worker that somebody answers for. Not counted against the cap: one whose supervisor is dead, and one whose engine died
 * after starting it and before binding its slot to it; nobody can know of them until the next engine of the project looks.
 */
function holdsSlot(world: SimWorld, folder: AttemptFolder): boolean {
  const { machine } = world;
  if (typeof folder.claim === "string" || !machine.isAlive(folder.claim)) return false;
  const lease = leaseOf(world, folder);
  if (lease === null) return false;
  return machine.isAlive(lease.engine) || (lease.worker !== null && machine.isAlive(lease.worker));
}

/** The lease of the task that the folder belongs to, whether or not anybody named in it lives. */
function leaseOf({ leases }: SimWorld, { dir }: AttemptFolder): SlotLease | null {
  const [, project = "", , , task = ""] = dir.split("/");
  const text = [...leases.values()].find((lease) => lease.includes(`"project":"/${project}","task":"${task}",`));
  return text === undefined ? null : slotLeaseSchema.parse(JSON.parse(text));
}

/** An engine was told that these lines are in the journal. */
export function linesAppended(world: SimWorld, project: SimProject, lines: readonly JournalRecord[]): void {
  for (const line of lines) {
    world.trace(() => `${project.name} ${describeLine(line)}`);
    takeLine(project.record, line);
    checkLine(world, project, line);
  }
}

/** A new engine has read the journal: it holds what earlier engines were told, and perhaps lines that they did not live to hear of. */
export function journalRead(world: SimWorld, project: SimProject, lines: readonly JournalRecord[]): void {
  const { record } = project;
  const known = record.lines.length;
  const last = record.lines.at(-1);
  const same = known <= lines.length && JSON.stringify(lines[known - 1]) === JSON.stringify(last);
  world.findings.expect(
    same,
    "journal",
    project.name,
    () => `${known} lines were acknowledged, line ${last?.seq ?? 0} is gone`,
  );
  linesAppended(world, project, lines.slice(known));
}

function checkLine(world: SimWorld, project: SimProject, { fact }: JournalRecord): void {
  const { findings, yard } = world;
  const { record } = project;
  if (fact.type === "attempt.started") {
    const count = record.attempts.get(fact.task) ?? 0;
    findings.expect(
      count <= MOST_ATTEMPTS,
      "attempts",
      `${project.name} ${fact.task}`,
      () => `${count} attempts in a row`,
    );
  }
  if (fact.type === "candidate.sealed" && fact.failure?.code === "SCOPE_VIOLATION") {
    const { lane, stories } = plannedTask(world, fact.task);
    const guilty = lane === "local" || stories.includes("stray");
    findings.expect(guilty, "blamed", `${project.name} ${fact.task}`, () => fact.failure?.message ?? "");
  }
  if (fact.type === "card.opened") for (const listener of world.cardListeners) listener(project, fact.card);
  if (fact.type !== "task.ended") return;
  const subject = `${project.name} ${fact.task}`;
  for (const folder of yard.folders.values()) {
    const left = folder.working && taskFolder(folder.dir) === `${project.root}/.cco/tasks/${fact.task}`;
    findings.expect(!left, "worker-left", subject, () => `${fact.status} while a worker runs in ${folder.dir}`);
  }
  const code = fact.failure?.code ?? "";
  const isBug = ["INTERNAL", "REPO_GIT", "REPO_BRANCH_TAKEN", "BOARD_WRITE"].includes(code);
  findings.expect(!isBug, "engine-failed", subject, () => fact.summary);
  if (fact.status === "accepted") checkAccepted(world, project, fact.task);
}

/** The checks of an accepted task are green on its candidate. */
function checkAccepted(world: SimWorld, project: SimProject, id: string): void {
  const commit = project.record.world.tasks.get(id)?.candidate?.commit;
  // What the user has written over it since says nothing about the work.
  if (commit === undefined || project.record.userPaths.has(fileOf(id))) return;
  const files = project.repo.commits.get(commit).files;
  const { output, exitCode } = runCommand(checkOf(plannedTask(world, id)), files);
  world.findings.expect(exitCode === 0, "accepted-red", `${project.name} ${id}`, () => output.trim());
}

/** The user's branch holds everything that it has ever held. */
export function checkTip(world: SimWorld, { repo, record, name }: SimProject): void {
  const tip = repo.branches.get("main") ?? "";
  const { tip: before } = record;
  const keeps = before === null || repo.commits.contains(tip, before);
  world.findings.expect(keeps, "base-rewound", name, () => `main left ${before ?? ""} for ${tip}`);
  record.tip = tip;
}

/** An engine has written its projections. */
export function boardProjected(world: SimWorld, project: SimProject): void {
  checkTip(world, project);
  checkProjection(world, project);
  beginRound(project.record);
}

/** A branch was moved forward: by one task, whose checks are green there, and without losing anything. */
export function branchForwarded(world: SimWorld, project: SimProject, forward: Forward): void {
  const { commits } = project.repo;
  const { from, to, branch } = forward;
  world.trace(() => `${project.name} ${branch} is at ${Number.parseInt(to, 16)} now`);
  checkTip(world, project);
  const { findings } = world;
  const ids = new Set(commits.between(from, to).map((commit) => /^Task: (.+)$/m.exec(commit.message)?.[1] ?? ""));
  for (const id of ids) {
    const subject = `${project.name} ${id}`;
    const times = (project.record.merges.get(id) ?? 0) + 1;
    project.record.merges.set(id, times);
    findings.expect(times === 1, "merged-twice", subject, () => `${times} moves of ${branch} bring its work along`);
    const planned = world.tasks.get(id);
    if (planned === undefined) continue;
    const { exitCode, output } = runCommand(checkOf(planned), commits.get(to).files);
    findings.expect(exitCode === 0, "base-red", subject, () => `on ${branch}: ${output.trim()}`);
  }
}

/** An engine has ended by itself because it found nothing to do. */
export function engineEnded(world: SimWorld, project: SimProject, pid: number): void {
  const { tasks } = project.record.world;
  for (const task of tasks.values()) {
    const subject = `${project.name} ${task.id}`;
    world.findings.expect(isSettled(project.record.world, task), "left-work", subject, () => `it is ${task.state.at}`);
  }
  for (const [slot, text] of world.leases) {
    const own = text.includes(`"pid":${pid},`) && text.includes(`"project":"${project.root}"`);
    world.findings.expect(
      !own,
      "left-work",
      `${project.name} slot`,
      () => `slot ${slot} is still taken: ${text.trim()}`,
    );
  }
}

function describeLine({ seq, fact }: JournalRecord): string {
  const about = fact.type === "card.opened" ? fact.card.id : taskOf(fact);
  const how = "status" in fact ? ` ${fact.status}` : "";
  const failure = "failure" in fact && fact.failure !== null ? ` (${fact.failure.code})` : "";
  const kind = "outcome" in fact && "kind" in fact.outcome ? ` ${fact.outcome.kind}` : "";
  const why = fact.type === "retry.decided" ? ` (${fact.why})` : "";
  return `#${seq} ${fact.type} ${about}${how}${kind}${failure}${why}`;
}
