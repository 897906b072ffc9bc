import { setTimeout as delay } from "node:timers/promises";
import { systemCode } from "../kernel/errors.ts";
import type { ProcessIdentity } from "../model/lease.ts";
import { identityOfRow, isAlive } from "./process-identity.ts";
import { findProcess, listProcesses, mayDescend, type ProcessRow, startedWith, startValue } from "./process-table.ts";

/** A variable that every process of a tree carries in its environment. */
export interface Marker {
  readonly name: string;
  readonly value: string;
}

/** What belongs to a tree: these processes, the members of `session`, the carriers of `marker`, and all their descendants. */
export interface Tree {
  readonly roots: readonly ProcessIdentity[];
  /** Session whose leader is known to have been of this tree a moment ago; null when only a living leader may prove that. */
  readonly session: number | null;
  readonly marker: Marker | null;
}

export interface Ladder {
  readonly signals: readonly ("SIGINT" | "SIGTERM" | "SIGKILL")[];
  /** How long each signal but SIGKILL may take to work. */
  readonly graceMs: number;
}

/** For a worker that has to stop: Codex ends its turn and its commands on SIGINT. */
export const ALL_STEPS = ["SIGINT", "SIGTERM", "SIGKILL"] as const;
/** For what a worker left behind. */
export const LEFTOVER_STEPS = ["SIGTERM", "SIGKILL"] as const;

/** After SIGKILL only a process that hangs in the kernel stays; it is reported instead of being waited for any longer. */
const UNKILLABLE_AFTER_MS = 10_000;
const LONGEST_ANCESTRY = 64;
const POLL_MS = { first: 4, longest: 50 };

/**
 * Ends a process tree step by step and resolves when nobody is left. Members are collected before the first signal, so processes
 * that moved to a session of their own are found although their parents die first. Returns those that could not be ended (normally
 * nobody). Never signals this process or its ancestors. `known`: members that were seen earlier.
 */
export async function endTree(
  tree: Tree,
  ladder: Ladder,
  known: readonly ProcessRow[] = [],
): Promise<readonly ProcessIdentity[]> {
  let members = collectTree(tree, known);
  for (const signal of ladder.signals) {
    if (members.length === 0) return [];
    const reached = signalTree(tree, members, signal);
    await untilGone(reached, signal === "SIGKILL" ? UNKILLABLE_AFTER_MS : ladder.graceMs);
    members = collectTree(tree, members);
  }
  // Whoever forked while being killed left somebody behind.
  const giveUpAt = performance.now() + UNKILLABLE_AFTER_MS;
  while (members.length > 0 && performance.now() < giveUpAt) {
    await untilGone(signalTree(tree, members, "SIGKILL"), POLL_MS.longest);
    members = collectTree(tree, members);
  }
  return members.map(identityOfRow);
}

/** Ends every process of this user that carries the variable, with its tree, at once. Returns how many were found. */
export async function killMarked(name: string, value: string): Promise<number> {
  const tree: Tree = { roots: [], session: null, marker: { name, value } };
  const found = collectTree(tree).length;
  if (found > 0) await endTree(tree, { signals: ["SIGKILL"], graceMs: 0 });
  return found;
}

/** As killMarked, for every value that names something in this folder. Returns how many processes were found. */
export async function killMarkedBelow(name: string, folder: string): Promise<number> {
  const values = new Set(listProcesses().map((row) => startValue(row.pid, name)));
  let found = 0;
  for (const value of values) if (value?.startsWith(`${folder}/`) === true) found += await killMarked(name, value);
  return found;
}

/** Living members of a tree; `known`: members that were seen earlier; they lead to further ones. */
export function collectTree(tree: Tree, known: readonly ProcessRow[] = []): ProcessRow[] {
  const all = new Map(listProcesses().map((row) => [row.pid, row]));
  const spared = selfAndAncestors(all);
  const candidates = [...all.values()].filter((row) => !spared.has(row.pid));
  const seeds = new Set([...tree.roots, ...known.map(identityOfRow)].map(nameOf));
  const members = new Set(candidates.filter((row) => seeds.has(nameOf(identityOfRow(row))) || isMarked(row, tree)));
  const sessions = new Set(tree.session === null ? [] : [tree.session]);
  for (let before = -1; before !== members.size;) {
    before = members.size;
    for (const row of members) if (isSessionOf(members, row.session, all)) sessions.add(row.session);
    for (const row of candidates) {
      const parent = all.get(row.ppid);
      if (sessions.has(row.session) || (parent !== undefined && members.has(parent))) members.add(row);
    }
  }
  return [...members].filter((row) => !row.zombie);
}

/** Reading the environment of every process of a machine takes a while; only what started after the roots is looked at. */
function isMarked(row: ProcessRow, { marker, roots }: Tree): boolean {
  if (marker === null || (roots.length > 0 && !roots.some((root) => mayDescend(row, root)))) return false;
  return startedWith(row.pid, marker.name, marker.value);
}

/**
 * A session belongs to the tree when its leader does. Of one whose leader is gone or out of sight (0: it lives outside of this
 * container) only the ages can tell: a session that was there before the tree is that of a terminal, a cron job or a build runner.
 */
function isSessionOf(members: ReadonlySet<ProcessRow>, session: number, all: ReadonlyMap<number, ProcessRow>): boolean {
  const leader = all.get(session);
  if (leader !== undefined) return members.has(leader);
  if (session === 0) return false;
  const others = [...all.values()].filter((row) => row.session === session && !members.has(row));
  return others.every((row) => [...members].some((member) => mayDescend(row, member)));
}

/** This process must survive its own clean-up, also when it was started inside of the tree. */
function selfAndAncestors(all: ReadonlyMap<number, ProcessRow>): ReadonlySet<number> {
  const spared = new Set<number>();
  for (let pid = process.pid; pid > 0 && !spared.has(pid); pid = all.get(pid)?.ppid ?? 0) spared.add(pid);
  return spared;
}

/** Groups that hold this process or an ancestor: a signal to the group would hit those too. */
function ownGroups(): number[] {
  const groups: number[] = [];
  for (
    let row = findProcess(process.pid);
    row !== null && groups.length < LONGEST_ANCESTRY;
    row = findProcess(row.ppid)
  )
    groups.push(row.group);
  return groups;
}

/** Signals the groups of the roots as a whole and everybody else one by one; SIGINT goes to the groups only. Returns who was meant. */
function signalTree(tree: Tree, members: readonly ProcessRow[], signal: NodeJS.Signals): readonly ProcessRow[] {
  const living = members.filter((row) => isAlive(identityOfRow(row)));
  const groups = new Set(tree.session === null ? [] : [tree.session]);
  for (const root of tree.roots)
    if (living.some((row) => nameOf(identityOfRow(row)) === nameOf(root))) groups.add(root.pid);
  for (const group of ownGroups()) groups.delete(group);
  const [grouped, single] = [
    living.filter((row) => groups.has(row.group)),
    living.filter((row) => !groups.has(row.group)),
  ];
  for (const group of new Set(grouped.map((row) => row.group))) sendSignal(-group, signal);
  if (signal === "SIGINT") return grouped;
  for (const row of single) sendSignal(row.pid, signal);
  return living;
}

/** Signals a process, or the group -pid; that nobody is there any more is no error. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // ESRCH: it ended meanwhile. EPERM: it changed its user and shows up among those that could not be ended.
    if (systemCode(error) !== "ESRCH" && systemCode(error) !== "EPERM") throw error;
  }
}

/** Resolves when all of them are gone or the time is over. */
async function untilGone(rows: readonly ProcessRow[], limitMs: number): Promise<void> {
  const end = performance.now() + limitMs;
  for (
    let pause = POLL_MS.first;
    rows.some((row) => isAlive(identityOfRow(row)));
    pause = Math.min(pause * 2, POLL_MS.longest)
  ) {
    const left = end - performance.now();
    if (left <= 0) return;
    await delay(Math.min(pause, left));
  }
}

function nameOf(identity: ProcessIdentity): string {
  return `${identity.pid} ${identity.startTime} ${identity.bootId}`;
}
