import { CcoError } from "../../kernel/errors.ts";
import type { OptionRow } from "../command-row.ts";
import { COMMANDS, GLOBAL_OPTIONS } from "../command-table.ts";
import { type Invocation, textArg } from "../invocation.ts";

/** `cco completion SHELL`: a script made from the command table. */
export async function runCompletion(invocation: Invocation): Promise<number> {
  const shell = textArg(invocation, 0);
  const script = SHELLS.get(shell);
  if (script === undefined) {
    throw new CcoError("USAGE", `there is no completion for "${shell}"`, { hint: "bash, zsh or fish" });
  }
  process.stdout.write(script());
  return 0;
}

const SHELLS: ReadonlyMap<string, () => string> = new Map([
  ["bash", bash],
  ["zsh", zsh],
  ["fish", fish],
]);

function flagsOf(options: readonly OptionRow[]): string[] {
  return [...options, ...GLOBAL_OPTIONS].flatMap((option) => option.flags.match(/--[a-z-]+/g) ?? []);
}

function bash(): string {
  const names = COMMANDS.map((row) => row.name).join(" ");
  const cases = COMMANDS.map((row) => `    ${row.name}) words="${flagsOf(row.options).join(" ")}" ;;`).join("\n");
  return `_cco() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words="${names}"
  if [ "$COMP_CWORD" -gt 1 ]; then case "\${COMP_WORDS[1]}" in
${cases}
  esac; fi
  COMPREPLY=( $(compgen -W "$words" -- "$current") )
}
complete -o default -F _cco cco
`;
}

function zsh(): string {
  return `#compdef cco\nautoload -U +X bashcompinit && bashcompinit\n${bash()}`;
}

function fish(): string {
  const commands = COMMANDS.map(
    (row) => `complete -c cco -n __fish_use_subcommand -a ${row.name} -d '${row.about.replaceAll("'", "")}'`,
  );
  const flags = COMMANDS.flatMap((row) =>
    flagsOf(row.options).map(
      (flag) => `complete -c cco -n '__fish_seen_subcommand_from ${row.name}' -l ${flag.slice(2)}`,
    ),
  );
  return `${[...commands, ...flags].join("\n")}\n`;
}
