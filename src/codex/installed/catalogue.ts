import * as z from "zod";
import { parseJson } from "../../kernel/json.ts";
import { runBounded } from "../../process/run.ts";
import type { StartContext } from "../attempt-start.ts";
import { pathFor } from "./installation.ts";
import { atLeast, SENDS_EFFORT, versionText } from "./version.ts";

const catalogueSchema = z.looseObject({
  models: z.array(
    z.looseObject({
      slug: z.string(),
      /** Said by older versions only; later ones send an effort with every model. */
      supports_reasoning_summaries: z.boolean().nullish(),
      supported_reasoning_levels: z.array(z.looseObject({ effort: z.string() })).catch([]),
    }),
  ),
});

/** A model as the installed Codex knows it. `sends` null: its version does not say. */
export interface CatalogueModel {
  readonly slug: string;
  readonly sends: boolean | null;
  readonly levels: readonly string[];
}

/** Whether the effort of a task reaches the model that workers use. `fix`: null when nothing is wrong. */
export interface EffortReach {
  readonly detail: string;
  readonly fix: string | null;
}

const TIMEOUT_MS = 10_000;

/** Asks the installed Codex for its catalogue (`codex debug models`, some 20 ms); null where it has no answer. */
async function readCatalogue({ host, installation, user }: StartContext): Promise<readonly CatalogueModel[] | null> {
  const { binary } = installation;
  const done = await runBounded(
    {
      argv: [binary.path, "debug", "models"],
      cwd: host.home,
      env: { PATH: pathFor(host, binary) ?? host.env["PATH"] ?? "", HOME: host.home, CODEX_HOME: user.codexHome },
      stdin: null,
      timeoutMs: TIMEOUT_MS,
      killGraceMs: 500,
      outputBytes: 8 * 1024 * 1024,
      log: null,
    },
    new AbortController().signal,
  );
  const parsed = catalogueSchema.safeParse(parseJson(done.stdout)).data;
  return (
    parsed?.models.map((model) => ({
      slug: model.slug,
      sends: model.supports_reasoning_summaries ?? null,
      levels: model.supported_reasoning_levels.map(({ effort }) => effort),
    })) ?? null
  );
}

/** Whether an effort reaches the user's model with the installed Codex, by its own catalogue. */
export async function effortReach(context: StartContext): Promise<EffortReach> {
  const { installation, user } = context;
  const { version } = installation.capabilities;
  const about = { version: versionText(version), always: atLeast(version, SENDS_EFFORT), ...user };
  return judgeReach(await readCatalogue(context), about);
}

/** What a model, a version and the user's settings mean for the effort. `always`: this version sends it with every model. */
export function judgeReach(
  catalogue: readonly CatalogueModel[] | null,
  about: {
    readonly version: string;
    readonly always: boolean;
    readonly model: string | null;
    readonly reasons: boolean | null;
  },
): EffortReach {
  const { version, always, model, reasons } = about;
  const name = model ?? "the default model";
  if (catalogue === null) return { detail: `Codex ${version} does not say which efforts ${name} takes`, fix: null };
  // Names with a day or a variant behind them are of the same model, as Codex itself reads them.
  const known = model === null ? catalogue[0] : catalogue.find(({ slug }) => model.startsWith(slug));
  if (reasons === false && !always && known?.sends !== true)
    return {
      detail: `Codex ${version} sends no effort with ${name}: config.toml says model_supports_reasoning_summaries = false`,
      fix: "remove model_supports_reasoning_summaries from config.toml",
    };
  if (known === undefined) {
    const how = always
      ? "is sent all the same"
      : `is sent because ${reasons === null ? "cco" : "config.toml"} says that it takes one`;
    return { detail: `Codex ${version} does not know ${name}; the effort ${how}`, fix: null };
  }
  const missing = TIERS.filter((tier) => known.levels.length > 0 && !known.levels.includes(tier));
  if (missing.length > 0)
    return {
      detail: `${known.slug} does not take effort ${missing.join(", ")} (it takes ${known.levels.join(", ")})`,
      fix: `name an effort that it takes in the envelope, or another model in config.toml`,
    };
  return { detail: `reaches ${name} (low, medium, high, xhigh)`, fix: null };
}

/** Efforts that cco chooses from. */
const TIERS = ["low", "medium", "high", "xhigh"];
