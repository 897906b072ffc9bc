import { GROUPINGS, type LedgerReport, reportContext, reportLedger, tokensOf } from "../../app/economy/ledger.ts";
import { loadPrices } from "../../app/economy/prices.ts";
import type { LedgerRow } from "../../model/ledger.ts";
import { columns, csvLine, grouped } from "../columns.ts";
import { type Invocation, isOn, textOption } from "../invocation.ts";
import type { Output } from "../output.ts";

/** `cco ledger`: what was spent. Reads the ledger line by line, however long it is. */
export async function runLedger(invocation: Invocation): Promise<number> {
  if (isOn(invocation, "prices")) return showPrices(invocation);
  if (isOn(invocation, "context")) return showContext(invocation);
  const { out } = invocation;
  const project = invocation.project();
  const asked = GROUPINGS.find((known) => known === textOption(invocation, "by"));
  const by = asked ?? "task";
  if (out.json) {
    // Row by row: the document may be longer than memory likes.
    let before = "";
    out.line(`{\n"schema": "cco.ledger/1",\n"rows": [`);
    const report = await reportLedger(project, by, (row, of) => {
      if (before !== "") out.line(`${before},`);
      before = JSON.stringify(by === "project" ? { ...row, project: of } : row);
    });
    if (before !== "") out.line(before);
    out.line(`],\n${JSON.stringify({ by, ...report }, null, 2).slice(2)}`);
    return 0;
  }
  if (isOn(invocation, "csv")) return printCsv(invocation, asked);
  const report = await reportLedger(project, by);
  if (report.total.calls === 0) out.line("nothing was spent yet");
  else showReport(out, by, report);
  return 0;
}

const ROW_COLUMNS = [
  "at",
  "run",
  "task",
  "attempt",
  "role",
  "model",
  "effort",
  "inputTokens",
  "cachedInputTokens",
  "outputTokens",
  "reasoningTokens",
  "usd",
  "outcome",
  "price",
] as const satisfies readonly (keyof LedgerRow)[];

const SUM_COLUMNS = [
  "key",
  "calls",
  "inputTokens",
  "cachedInputTokens",
  "outputTokens",
  "reasoningTokens",
  "usd",
  "unpriced",
] as const;

async function printCsv(invocation: Invocation, by: (typeof GROUPINGS)[number] | undefined): Promise<number> {
  const { out } = invocation;
  const project = invocation.project();
  if (by === undefined) {
    out.line(csvLine(ROW_COLUMNS));
    await reportLedger(project, "task", (row) => out.line(csvLine(ROW_COLUMNS.map((name) => row[name]))));
    return 0;
  }
  const { groups } = await reportLedger(project, by);
  out.line(csvLine([by, ...SUM_COLUMNS.slice(1)]));
  for (const group of groups) out.line(csvLine(SUM_COLUMNS.map((name) => group[name])));
  return 0;
}

function showReport(out: Output, by: string, { groups, total, shares, sharesOf, perAccepted }: LedgerReport): void {
  const rows = [...groups, { key: "total", ...total }].map((sum) => [
    sum.key,
    grouped(sum.calls),
    grouped(sum.inputTokens),
    grouped(sum.cachedInputTokens),
    grouped(sum.outputTokens),
    money(sum.usd, sum.calls === sum.unpriced),
  ]);
  const lines = columns([[by, "calls", "input", "cached", "output", "usd"], ...rows]);
  for (const [at, line] of lines.entries())
    out.line(at === 0 || at === lines.length - 1 ? out.paint("bold", line) : line);
  const parts = shares.map(({ name, percent, target }) => `${name} ${percent} % (${target})`);
  out.line(
    `\nshares of the ${sharesOf === "usd" ? "cost" : "tokens"}, in brackets what to aim at: ${parts.join(", ")}`,
  );
  if (perAccepted === null) out.line("no task was accepted yet");
  else {
    const cost = sharesOf === "usd" ? ` and $${perAccepted.usd.toFixed(4)}` : "";
    out.line(
      `accepted: ${perAccepted.tasks} task(s), ${grouped(perAccepted.tokens)} tokens${cost} each, failed work included`,
    );
  }
  if (total.unpriced > 0) {
    out.line(
      `${total.unpriced} call(s) have no price, ${grouped(tokensOf(total))} tokens in all are counted; cco ledger --prices`,
    );
  }
}

/** A dash where no call of a sum has a price. */
function money(usd: number, isUnknown: boolean): string {
  return isUnknown ? "-" : `$${usd.toFixed(4)}`;
}

async function showPrices(invocation: Invocation): Promise<number> {
  const { out } = invocation;
  const prices = await loadPrices(invocation.project());
  if (out.json) {
    out.document({ schema: "cco.prices/1", prices });
    return 0;
  }
  const rows = prices.map((price) => [
    price.model,
    price.date,
    String(price.input),
    String(price.cachedInput ?? price.input),
    String(price.output),
  ]);
  const lines = columns([["model", "date", "input", "cached", "output"], ...rows]);
  for (const [at, line] of lines.entries())
    out.line(`${line}  ${at === 0 ? "source" : (prices[at - 1]?.source ?? "")}`);
  out.note("USD per million tokens; own prices go into .cco/prices.yaml");
  return 0;
}

async function showContext(invocation: Invocation): Promise<number> {
  const { out } = invocation;
  const { since, tasks } = await reportContext(invocation.project());
  if (out.json) {
    out.document({ schema: "cco.context/1", since, tasks });
    return 0;
  }
  const rows = tasks.map(({ task, prompts, promptTokens, reads, readTokens }) => [
    task ?? "-",
    grouped(prompts),
    grouped(promptTokens),
    grouped(reads),
    grouped(readTokens.mcp),
    grouped(readTokens.hook),
    grouped(readTokens.cli),
  ]);
  for (const line of columns([["task", "prompts", "tokens", "reads", "mcp", "hook", "cli"], ...rows])) out.line(line);
  out.note(
    `estimated tokens: of the prompts of workers, and of what Claude read of cco${since === null ? "" : ` since ${since}`}`,
  );
  return 0;
}
