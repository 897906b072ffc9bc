import type { Criterion } from "../../model/envelope.ts";
import { quoted } from "../problem.ts";
import { type EnvelopeRule, type Hit, hitIf, type Subject } from "../rule.ts";

/** Words that two people read in two ways. */
const VAGUE =
  /\b(?:works? (?:well|fine|correctly|properly|as (?:expected|intended|it should))|fast(?:er)?|quick(?:ly)?|clean(?:er|ly)?|properly|correctly|robust(?:ly)?|user[- ]friendly|nice(?:ly)?|good|better|easy|easily|intuitive(?:ly)?|efficient(?:ly)?|simple|elegant|high[- ]quality|maintainable|readable|scalable|reasonable|appropriate(?:ly)?|sensible|modern|seamless(?:ly)?|best practices?|performant|as expected|production[- ]ready|improved?)\b/i;

/** Commands that fetch something. */
const NETWORK_COMMAND =
  /(?:^|[\s;&|(`])(?:curl|wget|ssh|scp|rsync\s+\S+:|git\s+(?:clone|fetch|pull|push)|(?:npm|pnpm)\s+(?:install|i|ci|add|publish|audit|view)\b|yarn\s+(?:install|add)\b|npx\s+(?:-y|--yes)\b|pip3?\s+(?:install|download)\b|poetry\s+install|uv\s+(?:sync|pip)|cargo\s+(?:install|publish)|go\s+(?:get|install)\b|bundle\s+install|apt(?:-get)?\s|brew\s|docker\s+(?:pull|push|run|build|compose)|gh\s|aws\s|gcloud\s|kubectl\s)/;

/** Commands and words that listen on or connect to a local port. */
const LOCAL_PORT =
  /\blocalhost\b|\b127\.0\.0\.1\b|\[::1\]|\b(?:http-server|live-server|json-server|playwright|cypress|start-server-and-test|wait-on|supertest|uvicorn|gunicorn|runserver)\b|\b(?:vite|next|nuxt|astro)\s+(?:dev|start|preview)\b|\bflask\s+run\b|\brails\s+s(?:erver)?\b|\bphp\s+-S\b|\bhttp\.server\b|\bnc\s+-l|--port[ =]\d|\blisten(?:s|ing)?\b|\bserve\b/i;

/** Commands that end with 0 whatever was done. */
const PROVES_NOTHING =
  /^(?:true|:|exit 0|echo\b[^&|;]*|printf\b[^&|;]*|pwd|date|ls|sleep [\d.]+)$|(?:\|\||;)\s*(?:true|:|exit 0)$/;

function eachCriterion(
  subject: Subject,
  check: (criterion: Criterion) => readonly [key: "text" | "verify", message: string, hint: string] | undefined,
): Hit[] {
  return subject.envelope.acceptance.flatMap((criterion, index): Hit[] => {
    const hit = check(criterion);
    return hit === undefined
      ? []
      : [{ line: subject.lineOf(`acceptance.${index}.${hit[0]}`), message: hit[1], hint: hit[2] }];
  });
}

function hasNoCheck({ envelope }: Subject): boolean {
  return envelope.acceptance.length > 0 && envelope.acceptance.every((criterion) => criterion.verify === undefined);
}

/** Full envelopes and handoffs of medium or high risk (contract, "Envelope"). */
function needsCheck({ envelope }: Subject): boolean {
  return envelope.size !== "light" && envelope.risk !== "low";
}

const VERIFY_HINT = 'add a command that decides it, for example verify: "npm test"';

export const CRITERIA_RULES: readonly EnvelopeRule[] = [
  {
    id: "envelope/verify-required",
    severity: "error",
    why: "From medium risk on, at least one criterion of a full envelope has to be decided by a command and not by the worker's word.",
    check: (subject) => {
      const { risk } = subject.envelope;
      const message = `the risk is ${risk} and no criterion has a verify command`;
      return hitIf(needsCheck(subject) && hasNoCheck(subject), subject.lineOf("acceptance"), message, VERIFY_HINT);
    },
  },
  {
    id: "envelope/no-verify",
    severity: "warning",
    why: "Without a command the reviewer's reading is all that speaks for the work.",
    check: (subject) =>
      hitIf(
        !needsCheck(subject) && hasNoCheck(subject),
        subject.lineOf("acceptance"),
        "no criterion has a verify command",
        VERIFY_HINT,
      ),
  },
  {
    id: "envelope/criterion-vague",
    severity: "warning",
    why: "A criterion that nothing can verify is met by any work, or by none.",
    check: (subject) =>
      eachCriterion(subject, ({ text, verify }) => {
        const word = verify === undefined ? VAGUE.exec(text)?.[0] : undefined;
        if (word === undefined) return undefined;
        return [
          "text",
          `${quoted(word)} can be read in any way and nothing verifies it`,
          "say what is measured and add verify",
        ];
      }),
  },
  {
    id: "envelope/verify-lines",
    severity: "error",
    why: "A check is one command line: in several lines only the last one decides the exit code.",
    check: (subject) =>
      eachCriterion(subject, ({ verify }) =>
        verify?.includes("\n") === true
          ? ["verify", "the verify command has several lines", "join them with &&, or put them into a script"]
          : undefined,
      ),
  },
  {
    id: "envelope/verify-proves-nothing",
    severity: "warning",
    why: "A command that always ends with 0 accepts everything.",
    check: (subject) =>
      eachCriterion(subject, ({ verify }) =>
        verify !== undefined && PROVES_NOTHING.test(verify)
          ? [
              "verify",
              `${quoted(verify)} succeeds whatever was done`,
              "use a command that fails while the criterion is not met",
            ]
          : undefined,
      ),
  },
  {
    id: "envelope/verify-network",
    severity: "warning",
    why: "The sandbox has no network unless the envelope opens it, so the check would fail for that alone.",
    check: (subject) =>
      eachCriterion(subject, ({ verify }) =>
        verify !== undefined && !subject.envelope.network && NETWORK_COMMAND.test(verify) && !LOCAL_PORT.test(verify)
          ? [
              "verify",
              `${quoted(verify)} needs the network and the network is off`,
              "add the line network: true, or check without it",
            ]
          : undefined,
      ),
  },
  {
    id: "envelope/verify-loopback",
    severity: "warning",
    why: "With the network off the sandbox blocks localhost too, so a check that opens a port fails for that alone.",
    check: (subject) =>
      eachCriterion(subject, ({ verify, text, loopback }) =>
        verify !== undefined && loopback !== true && !subject.envelope.network && LOCAL_PORT.test(verify)
          ? [
              "verify",
              `${quoted(verify)} uses a local port and the network is off`,
              `add the line loopback: true to the criterion ${quoted(text)}`,
            ]
          : undefined,
      ),
  },
];
