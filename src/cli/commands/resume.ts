import { type BoardState, readBoardState, takeOver } from "../../app/resume.ts";
import type { Invocation } from "../invocation.ts";
import type { Output } from "../output.ts";

/** `cco resume`: says where things were and what is done now, starts the engine and returns when it has taken over. */
export async function runResume(invocation: Invocation): Promise<number> {
  const { out } = invocation;
  const project = invocation.project();
  const state = await readBoardState(project);
  if (!out.json) describe(out, state);
  const taken = await takeOver(project, state);
  const { engine, torn, commands, tasks } = state;
  if (out.json) out.document({ schema: "cco.resume/1", engine, takenOver: taken, torn, commands, tasks });
  else if (engine !== "running") out.line(taken ? "an engine has taken over" : "nothing is open");
  return 0;
}

const ENGINE_WORDS: Readonly<Record<BoardState["engine"], string>> = {
  running: "the engine runs",
  killed: "the engine was killed",
  idle: "no engine runs; the last one ended in good order",
};

function describe(out: Output, { engine, torn, commands, tasks }: BoardState): void {
  out.line(ENGINE_WORDS[engine]);
  if (torn > 0) out.line(`the last line of the journal was cut off: its ${torn} bytes count for nothing`);
  if (commands > 0) out.line(`${commands} command(s) wait in the inbox: they are taken now`);
  for (const { id, phase, attempt, was, now } of tasks) {
    const at = attempt === 0 ? phase : `${phase}, attempt ${attempt}`;
    out.line(`${out.paint("bold", id)} (${at}): ${was}; ${now}`);
  }
}
