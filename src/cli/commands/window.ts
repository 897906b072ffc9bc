import { windowReport } from "../../app/economy/windows.ts";
import { refreshWindows } from "../../app/economy/window-refresh.ts";
import type { PlanReach, WindowResult } from "../../model/window.ts";
import type { Invocation } from "../invocation.ts";
import type { Output } from "../output.ts";
import { describeWindow, localTime, WINDOW_WORDS } from "../window-text.ts";

/** `cco window`: reads what was last seen; asks the provider only with `--refresh`. */
export async function runWindow(invocation: Invocation): Promise<number> {
  const { out } = invocation;
  const refresh = invocation.options["refresh"] === true ? await refreshWindows() : null;
  const report = await windowReport(invocation.projectOrNone());
  if (refresh !== null && refresh.result !== "read")
    out.note(
      `${refresh.result === "failed" ? "the provider could not be asked" : "nothing was asked"}: ${refresh.why}`,
    );
  if (out.json) out.document(refresh === null ? report : { ...report, refresh });
  else if (report.accounts.length === 0) {
    out.line("no credit window has been reported yet; with an API key there are none, and budgets rule: cco budget");
  } else for (const account of report.accounts) showAccount(out, account);
  return 0;
}

function showAccount(out: Output, { account, observedAt, windows, forecast }: WindowResult["accounts"][number]): void {
  out.line(`account   ${out.paint("bold", account)}  seen ${localTime(observedAt)}`);
  for (const window of windows) {
    out.line(describeWindow(window));
    const burn = forecast.burn.find(({ name }) => name === window.name);
    if (burn === undefined) continue;
    const lasts = burn.fullAt === null ? "lasts until the reset" : `used up ${localTime(burn.fullAt)}`;
    out.line(
      `  burns   ${burn.percentPerHour} % an hour; at this rate it ${burn.fullAt === null ? lasts : `is ${lasts}`}`,
    );
  }
  if (forecast.plan !== null) out.line(`plan      ${planText(forecast.plan, forecast.reservePercent)}`);
}

function planText({ tasks, fits, takes, stops }: PlanReach, reserve: number): string {
  if (tasks === 0) return "nothing is waiting or running";
  const parts = takes.map(
    ({ name, p50, p90 }) => `${p50} % (nine in ten: ${p90} %) of the ${WINDOW_WORDS[name]} window`,
  );
  const all = `${tasks} open task(s) take about ${parts.join(", ")}`;
  if (stops === null) return `${all}; all fit above the reserve of ${reserve} %`;
  const until = stops.until === null ? "it is free again" : localTime(stops.until);
  return `${all}; ${fits} of ${tasks} fit above the reserve of ${reserve} %, the others wait for the ${WINDOW_WORDS[stops.name]} window until ${until}`;
}
