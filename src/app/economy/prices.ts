import { join } from "node:path";
import { readPriceFile } from "../../blackboard/price-file.ts";
import { mergePrices } from "../../decide/spending/price.ts";
import { describeThrown } from "../../kernel/errors.ts";
import type { Price } from "../../model/prices.ts";
import type { Log } from "../../ports/log.ts";
import { packageRoot } from "../package-root.ts";
import type { Project } from "../project.ts";

let shipped: Promise<readonly Price[]> | null = null;

/** The price table that comes with this package; it does not change while a process runs. */
function shippedPrices(): Promise<readonly Price[]> {
  return (shipped ??= readPriceFile(join(packageRoot(), "data", "prices.yaml"), "data/prices.yaml"));
}

/** The prices of the project's own `.cco/prices.yaml`, none without that file. Throws CONFIG_INVALID. */
export function ownPrices(project: Project): Promise<readonly Price[]> {
  return readPriceFile(join(project.board, "prices.yaml"), ".cco/prices.yaml");
}

/** The prices in force: those of the project over those of the package. Throws CONFIG_INVALID. */
export async function loadPrices(project: Project): Promise<readonly Price[]> {
  return mergePrices(await ownPrices(project), await shippedPrices());
}

/** The same for an engine: a file that somebody broke meanwhile costs its prices, never the work that has just ended. */
export async function pricesOrShipped(project: Project, log: Log): Promise<readonly Price[]> {
  try {
    return await loadPrices(project);
  } catch (error) {
    log.warn(`${describeThrown(error)}; the prices of the package are used`);
    return shippedPrices();
  }
}
