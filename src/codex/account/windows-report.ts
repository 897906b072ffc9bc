import type { ExitRecord, Failure } from "../../model/outcome.ts";
import type { ReportedWindow, WindowsReport } from "../../model/window.ts";
import type { LastRequest } from "../session/request-log.ts";
import type { CreditWindow, CreditWindows, Rollout } from "../session/rollout.ts";

/** Where an attempt may have heard of credit windows. */
interface WindowSources {
  readonly rollout: Pick<Rollout, "windows" | "windowsAt"> | null;
  /** The log knows the headers of an answer that the session file did not get to note. */
  readonly request: Pick<LastRequest, "windows"> | null;
  readonly exit: Pick<ExitRecord, "endedAt">;
}

/** The longest a primary window can still run, in ms. */
const PRIMARY_MS = 300 * 60_000;

/** What the provider said last of the account's windows; null when it said nothing, as with an API key. */
export function windowsReport(sources: WindowSources, failure: Failure | null): WindowsReport | null {
  const { rollout, request, exit } = sources;
  const logged = request?.windows ?? null;
  const noted = rollout?.windows ?? null;
  const seen = logged ?? noted;
  const at = logged === null ? (rollout?.windowsAt ?? exit.endedAt) : exit.endedAt;
  return withRefusal(seen === null ? null : reportAt(seen, at), failure, exit.endedAt);
}

/** Windows of Codex in the form that is kept. */
export function reportAt(windows: CreditWindows, at: string): WindowsReport {
  return { at, primary: shown(windows.primary), secondary: shown(windows.secondary) };
}

/** Who is refused for usage until a time has a full window, also where no number says so. */
function withRefusal(report: WindowsReport | null, failure: Failure | null, at: string): WindowsReport | null {
  if (failure?.code !== "CODEX_USAGE_LIMIT" || failure.retryAt === null) return report;
  const isFull = [report?.primary, report?.secondary].some((window) => (window?.usedPercent ?? 0) >= 100);
  if (isFull) return report;
  const name = Date.parse(failure.retryAt) - Date.parse(at) > PRIMARY_MS ? "secondary" : "primary";
  const full = { usedPercent: 100, windowMinutes: report?.[name]?.windowMinutes ?? null, resetsAt: failure.retryAt };
  return { primary: report?.primary ?? null, secondary: report?.secondary ?? null, [name]: full, at };
}

function shown(window: CreditWindow | null): ReportedWindow | null {
  if (window === null) return null;
  const { usedPercent, windowMinutes, resetsAt } = window;
  return { usedPercent, windowMinutes, resetsAt: resetsAt === null ? null : isoOf(resetsAt * 1000) };
}

/** Null for what is no time. */
function isoOf(ms: number): string | null {
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : null;
}
