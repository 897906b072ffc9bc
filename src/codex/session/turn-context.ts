import * as z from "zod";
import { contains, PROFILE, type ConfinementOrder } from "../confinement/confinement.ts";
import type { SecretPlace } from "../confinement/secret-paths.ts";

const entrySchema = z.looseObject({
  path: z.looseObject({
    type: z.string(),
    path: z.string().optional(),
    value: z.looseObject({ kind: z.string() }).optional().catch(undefined),
  }),
  access: z.string(),
});
const contextSchema = z.looseObject({
  model: z.string().optional(),
  effort: z.string().nullish().catch(null),
  cwd: z.string().optional(),
  approval_policy: z.unknown().optional(),
  sandbox_policy: z.looseObject({ type: z.string(), network_access: z.boolean().optional() }).optional(),
  permission_profile: z
    .looseObject({
      type: z.string().optional(),
      network: z.unknown().optional(),
      file_system: z.looseObject({ entries: z.array(entrySchema).catch([]) }).optional(),
    })
    .nullish()
    .catch(null),
  active_permission_profile: z.looseObject({ id: z.string() }).nullish().catch(null),
});

/** What Codex itself says it ran a turn with. */
export type TurnContext = z.infer<typeof contextSchema>;

/** Reads the payload of a `turn_context` line; null when it does not have the form of one. */
export function parseTurnContext(payload: unknown): TurnContext | null {
  const parsed = contextSchema.safeParse(payload);
  return parsed.success ? parsed.data : null;
}

/** What was asked for, as it is kept beside the attempt. */
export interface AskedConfinement extends ConfinementOrder {
  /** False where the version knows no profiles. */
  readonly profiled: boolean;
  /** Places of `denied`; one of the paths of each has to be hidden. */
  readonly secrets: readonly SecretPlace[];
  /** Folders besides the work tree that may be written: temporary folders, and what the version adds of its own home. */
  readonly writable: readonly string[];
  /** Absent: `never`. */
  readonly approval?: "on-request" | undefined;
}

/** Differences that make the real confinement weaker than what was asked for; empty = as asked or stronger. */
export function compareConfinement(asked: AskedConfinement, context: TurnContext): string[] {
  const approval = asked.approval ?? "never";
  return [
    ...(context.approval_policy === approval
      ? []
      : [`approval policy is ${JSON.stringify(context.approval_policy)}, not ${approval}`]),
    ...policyDifferences(asked, context),
    ...profileDifferences(asked, context),
  ];
}

function policyDifferences(asked: AskedConfinement, context: TurnContext): string[] {
  const policy = context.sandbox_policy;
  if (policy === undefined) return ["the session names no sandbox"];
  const allowed = asked.readOnly ? ["read-only"] : ["workspace-write", "read-only"];
  return [
    ...(allowed.includes(policy.type) ? [] : [`sandbox is ${policy.type}, not ${allowed[0]}`]),
    ...(policy.network_access === true && asked.network !== "on" ? ["the network is on"] : []),
  ];
}

/** Every version that has profiles writes the rules that were in force; a version without them has nothing to compare. */
function profileDifferences(asked: AskedConfinement, context: TurnContext): string[] {
  if (!asked.profiled) return [];
  const profile = context.permission_profile;
  if (profile === null || profile === undefined) return ["the session names no permission profile"];
  const active = context.active_permission_profile;
  const wrong =
    active !== null && active !== undefined && active.id !== PROFILE ? [`permission profile is ${active.id}`] : [];
  const entries = profile.file_system?.entries ?? [];
  const hidden = new Set(entries.filter((entry) => isHidden(entry.access)).map((entry) => entry.path.path));
  const readable = asked.secrets
    .filter((place) => !place.some((path) => hidden.has(path) || contains(path, asked.cwd)))
    .map((place) => place[0]);
  const tooWide = entries.filter((entry) => entry.access === "write" && !mayWrite(asked, entry.path)).map(describe);
  return [
    ...wrong,
    ...(readable.length > 0 ? [`readable although denied: ${readable.slice(0, 5).join(", ")}`] : []),
    ...(tooWide.length > 0 ? [`writable although not asked for: ${tooWide.slice(0, 5).join(", ")}`] : []),
  ];
}

function isHidden(access: string): boolean {
  return access === "deny" || access === "none";
}

const WRITABLE_KINDS = ["project_roots", "workspace_roots", "tmpdir", "slash_tmp", "current_working_directory"];

function mayWrite(asked: AskedConfinement, path: z.infer<typeof entrySchema>["path"]): boolean {
  if (asked.readOnly) return false;
  if (path.type === "special") return WRITABLE_KINDS.includes(path.value?.kind ?? "");
  return [asked.cwd, ...asked.writable].some((folder) => contains(folder, path.path ?? "/"));
}

function describe(entry: z.infer<typeof entrySchema>): string {
  return entry.path.path ?? entry.path.value?.kind ?? entry.path.type;
}
