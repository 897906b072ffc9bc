import { describe, expect, it } from "vitest";
import { readHookInput } from "../../src/hooks/hook-input.ts";
import { beforeTool } from "../../src/hooks/pre-tool-use.ts";
import { verifies } from "../requirements.ts";

/** What the hook answers to a command of the Bash tool; null when it lets it pass. */
function judged(command: unknown, tool = "Bash"): string | null {
  const text = JSON.stringify({ tool_name: tool, tool_input: { command }, hook_event_name: "PreToolUse" });
  const input = readHookInput(text);
  return input === null ? null : beforeTool(input);
}

const UNSAFE = "codex exec --yolo fix";

describe("a raw start of Codex", () => {
  verifies("J3");
  it.each([
    ["--full-auto", 'codex exec --full-auto "do things"'],
    ["--yolo", "codex exec --yolo -o x hi"],
    ["the long bypass", "codex exec --dangerously-bypass-approvals-and-sandbox -o x hi"],
    ["flags before the command", "codex --yolo exec -o x hi"],
    ["the alias", "codex e --full-auto hi"],
    ["full access", "codex exec -s danger-full-access -o x hi"],
    ["full access with =", "codex exec --sandbox=danger-full-access -o x hi"],
    ["full access glued", "codex exec -sdanger-full-access -o x hi"],
    ["full access as a setting", `codex exec -c sandbox_mode='"danger-full-access"' -o x hi`],
    ["an approval that waits", "codex -a on-request exec -o x hi"],
    ["an approval as a setting", "codex exec --config approval_policy=untrusted -o x hi"],
    ["no sidecar", "codex exec hi"],
    ["no sidecar on resume", "codex exec resume --last 'go on'"],
    ["outside of exec", "codex --yolo 'fix it'"],
    ["a review", "codex review --yolo --uncommitted"],
    ["a path", "/usr/local/bin/codex exec hi"],
    ["npx", "npx -y @openai/codex exec --full-auto hi"],
    ["npx with a version", "npx --yes @openai/codex@latest exec hi"],
    ["pnpm dlx", "pnpm dlx codex exec hi"],
    ["node", "node ./node_modules/@openai/codex/bin/codex.js exec hi"],
  ])("is refused: %s", (_name, command) => {
    expect(judged(command)).toContain('"deny"');
  });

  it.each([
    ["after &&", `cd /tmp && ${UNSAFE}`],
    ["after a newline", `cd /tmp\n${UNSAFE}`],
    ["after ;", `true;${UNSAFE}`],
    ["in the background", `${UNSAFE} > log 2>&1 &`],
    ["at the end of a pipe", 'echo "prompt" | codex exec --yolo -'],
    ["at the start of a pipe", `${UNSAFE} | tee log`],
    ["with assignments", `RUST_LOG=debug FOO="a b" ${UNSAFE}`],
    ["in bash -c", `bash -c "${UNSAFE}"`],
    ["in bash -lc", `bash -lc '${UNSAFE}'`],
    ["in sh -c in bash -c", `bash -c "sh -c '${UNSAFE}'"`],
    ["in env", `env -i PATH=/bin ${UNSAFE}`],
    ["in env -S", `env -S "${UNSAFE}"`],
    ["in sudo", `sudo -u me ${UNSAFE}`],
    ["in timeout", `timeout -k 5 600 ${UNSAFE}`],
    ["in nohup and nice", `nohup nice -n 5 ${UNSAFE} &`],
    ["in xargs", "ls | xargs -n 1 codex exec --yolo"],
    ["in find", "find . -name '*.md' -exec codex exec --yolo {} \\;"],
    ["in a subshell", `(cd src && ${UNSAFE})`],
    ["in a function with its keyword", `function go { ${UNSAFE}; }; go`],
    ["in a trap", `trap '${UNSAFE}' EXIT`],
    ["typed into another terminal", `tmux send-keys -t a '${UNSAFE}' Enter`],
    ["in a detached screen", `screen -dmS x ${UNSAFE}`],
    ["at a later time", `at now <<< "${UNSAFE}"`],
    ["in npm exec", "npm exec codex -- exec --yolo fix"],
    ["in a tool that sets up an environment", `direnv exec . ${UNSAFE}; mise exec -- ${UNSAFE}`],
    ["as another user", `runuser -u x -- ${UNSAFE}`],
    ["in a line of Python", `python3 -c "import os; os.system('${UNSAFE}')"`],
    ["in a line of JavaScript", `node -e "require('child_process').execSync('${UNSAFE}')"`],
    ["in a group", `{ ${UNSAFE}; }`],
    ["in a substitution", `echo "$(${UNSAFE})"`],
    ["in backquotes", `x=\`${UNSAFE}\``],
    ["in a process substitution", `diff <(${UNSAFE}) b`],
    ["in a loop", `for f in a b; do ${UNSAFE} $f; done`],
    ["in an if", `if ${UNSAFE}; then echo ok; fi`],
    ["in eval", `eval "${UNSAFE}"`],
    ["in a variable", `FLAGS="exec --yolo"; codex $FLAGS hi`],
    ["as a variable", `C=codex; $C exec --yolo hi`],
    ["in a variable of the surroundings", '"$CCO_CODEX_BIN" exec --yolo hi'],
    ["by which", `$(which codex) exec --yolo hi`],
    ["with quotes in its name", `co"de"x exec --yolo hi`],
    ["with a backslash in its name", `\\codex exec --yolo hi`],
    ["over two lines", "codex exec \\\n  --yolo \\\n  hi"],
    ["piped into a shell", `echo "${UNSAFE}" | bash`],
    ["as a here-document of a shell", `bash <<'EOF'\n${UNSAFE}\nEOF\n`],
    ["as a here-string of a shell", `bash <<< "${UNSAFE}"`],
    ["cat into a shell", `cat <<EOF | sh\n${UNSAFE}\nEOF`],
    ["in script", `script -qc "${UNSAFE}" /dev/null`],
    ["in tmux", `tmux new-session -d '${UNSAFE}'`],
    ["in a function", `run() { ${UNSAFE}; }; run`],
  ])("is refused wherever it stands: %s", (_name, command) => {
    expect(judged(command)).toContain('"deny"');
  });

  it("is refused in the Monitor tool and as a list of words", () => {
    expect(judged(UNSAFE, "Monitor")).toContain('"deny"');
    expect(judged(["bash", "-lc", UNSAFE])).toContain('"deny"');
  });

  it("is answered with what is wrong and what is right", () => {
    const answer = judged("codex exec --full-auto hi") ?? "";
    expect(answer).toContain("--full-auto");
    expect(answer).toContain("no -o FILE");
    expect(answer).toContain("cco dispatch");
    expect(answer).toContain("tool dispatch");
    expect(Buffer.byteLength(answer)).toBeLessThan(1000);
  });
});

describe("everything else passes", () => {
  it.each([
    ["a safe call", "codex exec -s workspace-write --json -o last.md - < prompt.md"],
    ["a safe call with approval never", "codex -a never exec -s read-only -o last.md 'look at src'"],
    ["help", "codex exec --help"],
    ["version", "codex --version"],
    ["login", "codex login status"],
    ["the sandbox", "codex sandbox linux --full-auto ls"],
    ["the tui", "codex"],
    ["echo", `echo "${UNSAFE}"`],
    ["a commit message", `git commit -m "deny ${UNSAFE}"`],
    ["grep", `grep -rn '${UNSAFE}' docs | head`],
    ["rg without quotes", "rg codex exec --yolo"],
    ["a comment", `ls # ${UNSAFE}`],
    ["a here-document of cat", `cat > notes.md <<'EOF'\n${UNSAFE}\nEOF\n`],
    ["a pipe into another program", `echo "${UNSAFE}" | wc -c`],
    ["single quotes with a substitution", `echo '$(${UNSAFE})'`],
    ["cco itself", "cco dispatch codex.md"],
    ["another program of that name", "node scripts/codex.mjs exec --yolo"],
    ["a program in its folder", "$CODEX_HOME/bin/tool --yolo"],
    ["a line of code that prints it", `node -e "console.log('${UNSAFE}')"`],
    ["a file of that name", "cat codex exec"],
    ["unfinished quotes", `echo "codex exec`],
    ["nothing", ""],
    ["no text", 42],
    ["missing", undefined],
  ])("%s", (_name, command) => {
    expect(judged(command)).toBeNull();
  });

  it("garbage of any length ends soon", () => {
    for (const piece of ["(", "$(", "`", "'", '"', "<<a\n", "bash -c '", "env "]) {
      expect(judged(`codex ${piece.repeat(3000)}`)).toBeNull();
    }
  });
});
