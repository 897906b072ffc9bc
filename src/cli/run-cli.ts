import { type Command, CommanderError, Option, program } from "commander";
import { VERSION } from "../app/version.ts";
import { CcoError, exitCodeOf } from "../kernel/errors.ts";
import { COMMAND_PROGRAMS, type CommandProgram } from "./command-programs.ts";
import type { CommandRow, OptionRow } from "./command-row.ts";
import { COMMANDS, GLOBAL_OPTIONS } from "./command-table.ts";
import { makeInvocation, type Invocation } from "./invocation.ts";
import { createOutput, printError } from "./output.ts";
import { reportBug } from "./report-bug.ts";

/** Parses the command line, runs the command and sets the exit code. Never throws, never waits for input. */
export async function runCli(argv: readonly string[]): Promise<void> {
  const json = argv.includes("--json");
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
  });
  try {
    const cli = buildProgram(argv);
    if (argv.length === 0) {
      cli.outputHelp();
      return;
    }
    await cli.parseAsync([...argv], { from: "user" });
  } catch (error) {
    process.exitCode = endWith(error, json);
  }
}

function endWith(error: unknown, json: boolean): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0;
    const message = error.message.replace(/^error: /, "");
    printError(new CcoError("USAGE", message), json);
    return 2;
  }
  const known = error instanceof CcoError ? error : reportBug(error);
  printError(known, json);
  return exitCodeOf(known.code);
}

/** The commander program made of the command table: of the one command that is called, where that is plain to see. */
function buildProgram(argv: readonly string[]): Command {
  program
    .name("cco")
    .description("Claude Code orchestrates, Codex CLI works; cco is the machinery between the two.")
    .version(VERSION, "--version", "print the version")
    .helpOption("--help", "show help")
    .showHelpAfterError(false)
    .configureOutput({ writeErr: () => undefined })
    .exitOverride();
  // Before the command or behind it: both are right.
  for (const option of GLOBAL_OPTIONS) program.addOption(toOption(option));
  const called = argv.includes("--help") ? [] : COMMANDS.filter((row) => row.name === argv[0]);
  for (const row of called.length > 0 ? called : COMMANDS) addCommand(program, row);
  return program;
}

function addCommand(parent: Command, row: CommandRow): void {
  const command = parent
    .command(`${row.name} ${row.args}`.trim())
    .description(row.about)
    .helpOption("--help", "show help");
  for (const option of [...row.options, ...GLOBAL_OPTIONS]) command.addOption(toOption(option));
  const notes = (row.notes ?? []).map((note) => `\n${note}\n`).join("");
  command.addHelpText("after", `\nExamples:\n${row.examples.map((example) => `  ${example}`).join("\n")}\n${notes}`);
  command.configureOutput({ writeErr: () => undefined }).exitOverride();
  command.action(async (...parts: unknown[]) => {
    const count = command.registeredArguments.length;
    const args = parts.slice(0, count).map(toArgument);
    const options: Record<string, unknown> = command.optsWithGlobals();
    const out = createOutput({ json: options["json"] === true, quiet: options["quiet"] === true });
    const run = await COMMAND_PROGRAMS[row.name]?.();
    if (run === undefined) throw new CcoError("INTERNAL", `the command ${row.name} has no program`);
    const invocation = makeInvocation(args, options, out);
    if (row.recovers !== false) await recover(invocation);
    process.exitCode = await runWhenKnown(run, invocation);
    if (process.env["CLAUDECODE"] !== undefined) await countOutput(invocation, row);
  });
}

/** After a crash a task may lie in the inbox and nowhere else: a command that does not find it is run again when the engine has taken it. */
async function runWhenKnown(run: CommandProgram, invocation: Invocation): Promise<number> {
  try {
    return await run(invocation);
  } catch (error) {
    const project = invocation.projectOrNone();
    if (!(error instanceof CcoError) || error.code !== "TASK_UNKNOWN" || project === null) throw error;
    const { inboxTaken } = await import("../app/engine/recover.ts");
    if (!(await inboxTaken(project))) throw error;
    return run(invocation);
  }
}

/** What a command prints for Claude Code, which names itself in the environment of what it runs, is context that Claude has to read. */
async function countOutput(invocation: Invocation, row: CommandRow): Promise<void> {
  const project = invocation.projectOrNone();
  if (project === null) return;
  const { countRead } = await import("../app/economy/count-read.ts");
  const about = /^.tasks?[\]>.]/.test(row.args) ? [invocation.args[0] ?? []].flat() : [];
  const tasks = about.filter((task) => typeof task === "string");
  countRead(project, "cli", invocation.out.printed(), tasks);
}

/** Whatever a person asks, work that a dead engine left behind goes on meanwhile. */
async function recover(invocation: Invocation): Promise<void> {
  const project = invocation.projectOrNone();
  if (project === null) return;
  const { recoverWork } = await import("../app/engine/recover.ts");
  const recovery = recoverWork(project);
  if (recovery === null) return;
  const said = recovery.kind === "failed" ? `${recovery.error.message}. ${recovery.error.hint}` : recovery.failedBefore;
  const why = said === null ? "" : `: ${said}`;
  if (recovery.kind === "failed") invocation.out.note(`no engine runs and none can be started${why}`);
  else invocation.out.note(`no engine ran: it is started again${why === "" ? "" : ` (the last one failed${why})`}`);
}

function toOption(row: OptionRow): Option {
  const option = new Option(row.flags, row.about);
  return row.choices === undefined ? option : option.choices(row.choices);
}

function toArgument(part: unknown): Invocation["args"][number] {
  if (typeof part === "string") return part;
  return Array.isArray(part) ? part.filter((item) => typeof item === "string") : undefined;
}
