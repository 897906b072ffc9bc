import { workersEffort } from "../../app/economy/effort-reach.ts";
import { type RoutedTask, routeFiles } from "../../app/economy/route.ts";
import { type Invocation, listArg } from "../invocation.ts";
import type { Output } from "../output.ts";
import { showFindings } from "../show-findings.ts";

/** Who it is, in words. */
const WHO: Readonly<Record<RoutedTask["to"], string>> = {
  self: "do it yourself",
  subagent: "Claude subagent (Sonnet)",
  codex: "Codex",
};

/** `cco route FILE…`: where envelopes would go and why. Reads files only. */
export async function runRoute(invocation: Invocation): Promise<number> {
  const { out } = invocation;
  const { routes, findings } = await routeFiles(invocation.project(), listArg(invocation, 0));
  const effort = routes.length === 0 ? null : await workersEffort();
  const warnings = effort === null || effort.fix === null ? [] : [`${effort.detail}; ${effort.fix}`];
  if (out.json) {
    const model = (route: RoutedTask): string | null => (route.to === "subagent" ? "sonnet" : null);
    const shown = routes.map((route) => ({ ...route, model: model(route) }));
    out.document({ schema: "cco.route/1", routes: shown, warnings });
    return 0;
  }
  showFindings(out, findings, "note");
  for (const route of routes) showRoute(out, route);
  for (const warning of warnings) out.line(`warning: ${warning}`);
  return 0;
}

function showRoute(out: Output, route: RoutedTask): void {
  const who = route.to === "codex" ? `${WHO.codex}, effort ${route.effort}` : WHO[route.to];
  out.line(`${out.paint("bold", route.task)}  ${out.paint("cyan", who)}`);
  for (const reason of route.reasons) out.line(`  because ${reason}`);
  if (route.wait !== null)
    out.line(`  wait    until ${route.wait.until ?? "the window opens again"}: ${route.wait.why}`);
  if (route.to !== "codex") out.line(`  if it is dispatched all the same: Codex, effort ${route.effort}`);
}
