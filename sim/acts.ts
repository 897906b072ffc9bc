import { isoTime } from "../src/kernel/durations.ts";
import type { CrashPoint } from "../src/ports/blackboard.ts";
import { withChanges } from "./commits.ts";
import type { Faces } from "./faces.ts";
import { checkTip } from "./observer.ts";
import type { PlannedAct, PlannedFault } from "./plan.ts";
import { userCommits, userReverts, userTree } from "./repo-state.ts";

import { projectOf, type SimProject, type SimWorld } from "./sim-world.ts";
import { killAllWorkers, killSupervisor } from "./worker-yard.ts";

/** Puts everything that people will do on the clock. */
export function scheduleActs(world: SimWorld, faces: Faces): void {
  for (const act of world.plan.acts) {
    world.clock.after(act.atMs, () => {
      world.trace(() => `act ${JSON.stringify(act)}`);
      perform(world, faces, act);
    });
  }
}

function perform(world: SimWorld, faces: Faces, act: PlannedAct): void {
  switch (act.kind) {
    case "submit":
      return faces.submit(act.project, act.tasks);
    case "cancel":
      return faces.send(projectOfTask(world, act.task), { v: 1, type: "cancel", task: act.task, by: "person" });
    case "retry":
      return faces.send(projectOfTask(world, act.task), {
        v: 1,
        type: "retry",
        task: act.task,
        feedback: "once more",
        by: "person",
      });
    case "steer": {
      const text = `word ${act.id}`;
      return faces.send(projectOfTask(world, act.task), { v: 1, type: "steer", task: act.task, text, by: "person" });
    }
    case "answer":
      return answerCards(world, faces, act);
    case "commit":
      return commit(world, projectOf(world, act.project), act);
    case "edit":
      return edit(world, projectOf(world, act.project), act);
    case "garbage":
      return void projectOf(world, act.project).disk.files.set("inbox/garbage.json", "{");
    case "second-engine":
      return faces.startEngine(act.project);
    case "stop-engine":
      for (const session of projectOf(world, act.project).live) session.stop();
  }
}

function projectOfTask(world: SimWorld, task: string): string {
  return world.tasks.get(task)?.project ?? "";
}

/** Answers what is open now, any letter, and comes back; also twice, and also to a card that somebody else has just answered. */
function answerCards(
  world: SimWorld,
  faces: Faces,
  act: { id: string; project: string; everyMs: number; times: number },
): void {
  const random = world.random.fork(act.id);
  const look = (left: number): void => {
    for (const task of projectOf(world, act.project).record.world.tasks.values()) {
      if (task.state.at !== "blocked" || random.chance(0.3)) continue;
      const { card } = task.state;
      for (let n = random.int(1, 2); n > 0; n -= 1) {
        const { letter } = random.pick(card.options);
        faces.send(act.project, { v: 1, type: "answer", card: card.id, letter, note: `note ${act.id}`, by: "person" });
      }
    }
    if (left > 0) world.clock.after(act.everyMs, () => look(left - 1));
  };
  look(act.times);
}

function commit(world: SimWorld, project: SimProject, { id, path }: { id: string; path: string }): void {
  project.record.userPaths.add(path);
  userCommits(project.repo, path, `committed by the user in ${id}`);
  checkTip(world, project);
}

/** An edit that lies in the user's work tree for a while and is then taken back. */
function edit(world: SimWorld, { repo }: SimProject, act: { id: string; path: string; forMs: number }): void {
  const tree = userTree(repo);
  tree.files = withChanges(tree.files, new Map([[act.path, `edited by the user in ${act.id}`]]));
  world.clock.after(act.forMs, () => userReverts(repo, act.path));
}

/** Puts everything that goes wrong at a time on the clock, and arms the crash points: the result says whether to crash at one now. */
export function scheduleFaults(world: SimWorld): (project: SimProject, point: CrashPoint) => boolean {
  const armed: { project: string; point: CrashPoint; left: number }[] = [];
  for (const fault of world.plan.faults) {
    if (fault.kind === "crash-at") armed.push({ project: fault.project, point: fault.point, left: fault.nth });
    else {
      world.clock.after(fault.atMs, () => {
        world.trace(() => `fault ${JSON.stringify(fault)}`);
        strike(world, fault);
      });
    }
  }
  return (project, point) => {
    let crash = false;
    for (const one of armed) {
      if (one.project !== project.name || one.point !== point) continue;
      one.left -= 1;
      crash ||= one.left === 0;
    }
    return crash;
  };
}

function strike(world: SimWorld, fault: Exclude<PlannedFault, { kind: "crash-at" }>): void {
  const { weather, clock, random } = world;
  const until = "forMs" in fault ? clock.elapsed() + fault.forMs : 0;
  switch (fault.kind) {
    case "crash":
      return crashAll(projectOf(world, fault.project), fault.id);
    case "reboot":
      return reboot(world, fault.id);
    case "kill-supervisor": {
      const working = [...world.yard.folders.values()].filter((folder) => folder.working);
      if (working.length > 0) killSupervisor(world.yard, random.fork(fault.id).pick(working), fault.alone);
      return;
    }
    case "clock-jump":
      return clock.jump(fault.ms);
    case "disk-full":
      return fillDisk(world, projectOf(world, fault.project), fault.forMs);
    case "slow":
      weather.slowUntilMs = until;
      return;
    case "storm":
      weather.stormUntilMs = until;
      return;
    case "no-reviewer":
      weather.noReviewerUntilMs = until;
      return;
    case "usage-limit":
      weather.usageLimitUntilMs = until;
      weather.resetsAt = isoTime(clock.now() + fault.forMs);
  }
}

function crashAll(project: SimProject, why: string): void {
  for (const session of project.live) session.crash(why);
}

/** Power fails: every process is gone, and nothing that runs afterwards is one of them. */
function reboot(world: SimWorld, why: string): void {
  world.machine.reboot();
  killAllWorkers(world.yard);
  for (const project of world.projects.values()) crashAll(project, why);
}

function fillDisk(world: SimWorld, { disk }: SimProject, forMs: number): void {
  disk.failNextWrites(Infinity, "ENOSPC");
  world.clock.after(forMs, () => disk.failNextWrites(0, ""));
}
