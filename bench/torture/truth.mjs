// What must be true, read from the journal and from git by a reader of its own: it shares no code with cco.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The facts of the journal; throws for a line that cannot be read or a number that is missing. */
export function readFacts(board) {
  const folder = join(board, "journal");
  const names = existsSync(folder) ? readdirSync(folder).toSorted() : [];
  const text = names.map((name) => readFileSync(join(folder, name), "utf8")).join("");
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  const records = whole.split("\n").filter((line) => line !== "");
  return records.map((line, index) => {
    const { seq, fact } = JSON.parse(line);
    if (seq !== index + 1) throw new Error(`line ${index + 1} of the journal has the number ${seq}`);
    return fact;
  });
}

/** Where each task stands: `open`, `blocked`, or how it ended. */
export function standings(facts) {
  const tasks = new Map();
  for (const fact of facts) {
    if (fact.type === "task.submitted" || fact.type === "task.reopened") tasks.set(fact.task, "open");
    if (fact.type === "card.opened") tasks.set(fact.card.task, "blocked");
    if (fact.type === "card.answered") tasks.set(fact.task, "open");
    if (fact.type === "task.ended") tasks.set(fact.task, fact.status);
  }
  return tasks;
}

/** The same as `cco status` shows it. */
export function shown(status) {
  const open = new Set(["running", "waiting"]);
  return new Map(status.tasks.map(({ id, status: word }) => [id, open.has(word) ? "open" : word]));
}

/** Notices what `cco status` says wrongly for longer than the limit. */
export function statusWatch(limitMs) {
  const since = new Map();
  const wrong = new Set();
  return {
    wrong,
    /** `before` and `after`: standings around the look; only what fits neither is wrong. */
    look(before, seen, after, now) {
      for (const [id, truth] of before) {
        const said = seen.get(id);
        const right = said === truth || said === after.get(id);
        if (right) since.delete(id);
        else if (!since.has(id)) since.set(id, { now, said, truth });
        const first = since.get(id);
        if (first !== undefined && now - first.now > limitMs) wrong.add(`${id}: ${String(said)} instead of ${truth}`);
      }
    },
  };
}

const TOKENS = ["inputTokens", "cachedInputTokens", "outputTokens"];

/** Everything that is wrong after a round, in words. */
export function faults({ facts, ids, status, commits, requests }) {
  const found = [];
  const standing = standings(facts);
  const say = (kind, text) => found.push({ kind, text });
  for (const id of ids) {
    if (!standing.has(id)) say("lost", `${id} is not in the journal`);
    else if (standing.get(id) !== "accepted") say("lost", `${id} is ${standing.get(id)}`);
    if (shown(status).get(id) !== standing.get(id)) say("lost", `status says ${shown(status).get(id)} of ${id}`);
    const count = commits.filter((task) => task === id).length;
    if (count === 0) say("lost", `${id} is not on the base`);
    if (count > 1) say("doubled", `${id} is on the base ${count} times`);
    const merged = facts.filter(
      (fact) => fact.type === "merge.ended" && fact.task === id && fact.outcome.kind === "merged",
    );
    if (merged.length > 1) say("doubled", `${id} was merged ${merged.length} times`);
    for (const key of TOKENS) {
      const spent = facts.filter((fact) => fact.task === id).map((fact) => fact.outcome?.usage ?? fact.usage);
      const sum = spent.reduce((total, usage) => total + (usage?.[key] ?? 0), 0);
      const said = status.tasks.find((task) => task.id === id)?.usage[key];
      if (said !== sum) say("lost", `${key} of ${id}: ${said} instead of ${sum}`);
    }
  }
  const starts = new Map();
  for (const { api, task, attempt, step } of requests) {
    if (api !== "responses") continue;
    const key = `${task} attempt ${attempt} step ${step}`;
    starts.set(key, (starts.get(key) ?? 0) + 1);
  }
  if (starts.size < ids.length) say("lost", `only ${starts.size} answers of the model are known`);
  for (const [key, count] of starts) if (count > 1) say("doubled", `${key} was asked ${count} times`);
  for (const type of ["task.submitted", "attempt.started", "attempt.ended"]) {
    const seen = facts.filter((fact) => fact.type === type).map((fact) => `${fact.task} ${fact.attempt ?? ""}`);
    for (const key of new Set(seen)) {
      const count = seen.filter((other) => other === key).length;
      if (count > 1) say("doubled", `${type} ${key}: ${count} times`);
    }
  }
  return found;
}
