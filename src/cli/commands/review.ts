import { relative } from "node:path";
import { reviewChange, type ReviewWhat } from "../../app/review/review.ts";
import { placeOf, runsOf, verdictOf } from "../../app/review/review-page.ts";
import { CcoError } from "../../kernel/errors.ts";
import type { RuledChallenge } from "../../model/review.ts";
import type { ReviewReport } from "../../model/review-report.ts";
import { interruptible } from "../interrupt.ts";
import { type Invocation, isOn, numberOption, optionalArg, textOption } from "../invocation.ts";
import type { Output, Style } from "../output.ts";

/** Rounds of a review on its own, unless more are asked for: nobody fixes anything between them. */
const ROUNDS = 1;
const MOST_ROUNDS = 10;

/** `cco review [TASK | --base REF | --uncommitted] [--rounds N]`: exit 1 when a challenge is VALID. */
export async function runReview(invocation: Invocation): Promise<number> {
  const { out } = invocation;
  const what = whatToReview(invocation);
  const rounds = Math.min(MOST_ROUNDS, Math.floor(numberOption(invocation, "rounds", 1) ?? ROUNDS));
  const project = invocation.project();
  const interrupt = interruptible();
  try {
    const report = await reviewChange(project, what, {
      rounds,
      signal: interrupt.signal,
      onProgress: (line) => out.note(line),
    });
    if (out.json) out.document({ schema: "cco.review/1", rounds: report.rounds, converged: report.converged });
    else show(out, report);
    return report.rounds.some(({ challenges }) => challenges.some(({ ruling }) => ruling === "VALID")) ? 1 : 0;
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
    out.note("the review was stopped; nothing was changed");
    return 5;
  } finally {
    interrupt.release();
  }
}

function whatToReview(invocation: Invocation): ReviewWhat {
  const task = optionalArg(invocation, 0);
  const ref = textOption(invocation, "base");
  const uncommitted = isOn(invocation, "uncommitted");
  const asked = [task !== undefined, ref !== undefined, uncommitted].filter(Boolean).length;
  if (asked > 1) {
    throw new CcoError("USAGE", "a review is of one change: a task, --base REF or --uncommitted", {
      hint: "cco review --uncommitted",
    });
  }
  if (task !== undefined) return { kind: "task", task };
  return ref === undefined ? { kind: "uncommitted" } : { kind: "since", ref };
}

const STYLES: Readonly<Record<RuledChallenge["ruling"], Style>> = { VALID: "red", PARTIAL: "yellow", NOISE: "dim" };

function show(out: Output, report: ReviewReport): void {
  const hasValid = report.rounds.some(({ challenges }) => challenges.some(({ ruling }) => ruling === "VALID"));
  out.line(`${out.paint(hasValid ? "red" : "green", `review of ${report.subject}:`)} ${verdictOf(report)}`);
  for (const [index, round] of report.rounds.entries()) {
    for (const ruled of round.challenges) {
      const raised = report.raised[index]?.find(({ id }) => id === ruled.id);
      out.line(
        `  ${out.paint(STYLES[ruled.ruling], ruled.ruling.padEnd(7))} ${placeOf(raised)}  ${oneLine(ruled.claim)}`,
      );
      out.line(out.paint("dim", `          ${ruled.kind}: ${oneLine(ruled.reason)} (${runsOf(ruled)})`));
    }
  }
  out.line(`  page      ${relative(process.cwd(), report.dir) || "."}/report.md`);
}

/** Most characters of a claim or reason on the screen; the page has them whole. */
const SHOWN = 160;

function oneLine(text: string): string {
  // Words of a model must not steer the terminal.
  // eslint-disable-next-line no-control-regex
  const plain = text.replaceAll(/[\u0000-\u001F\u007F-\u009F]+/g, " ");
  return plain.length > SHOWN ? `${plain.slice(0, SHOWN)}…` : plain;
}
