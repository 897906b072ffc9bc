import type { Files } from "./commits.ts";

/**
 * What a simulated command line does: `check CONDITION…` is green when every condition holds on the files it runs on,
 * `print TEXT` prints, `tell PATH` prints what a reviewer may be right about: odd attempts are wrong, even ones right. A condition is `path=start` (the file is there and starts so) or `!path` (it is not there).
 */
export interface CommandResult {
  readonly exitCode: number;
  readonly output: string;
}

/** Runs a command line on files. A program that nobody knows ends with 127, as in a shell. */
export function runCommand(command: string, files: Files): CommandResult {
  const [program, ...words] = command.split(" ");
  if (program === "print") return { exitCode: 0, output: `${words.join(" ")}\n` };
  if (program === "tell") return { exitCode: 0, output: `${tell(files.get(words[0] ?? ""))}\n` };
  if (program !== "check") return { exitCode: 127, output: `${program ?? ""}: not found\n` };
  const broken = words.find((condition) => !holds(condition, files));
  return broken === undefined ? { exitCode: 0, output: "ok\n" } : { exitCode: 1, output: `not so: ${broken}\n` };
}

function tell(content: string | undefined): string {
  if (content === undefined) return "nothing";
  return /attempt \d*[13579]$/.test(content) ? "wrong" : "right";
}

function holds(condition: string, files: Files): boolean {
  if (condition.startsWith("!")) return !files.has(condition.slice(1));
  const [path = "", start = ""] = condition.split("=");
  return files.get(path)?.startsWith(start) === true;
}
