import { ledgerRows } from "../decide/spending/ledger.ts";
import { addSpending, type Spending } from "../decide/spending/spending.ts";
import { ledgerRowSchema } from "../model/ledger.ts";
import type { JournalRecord } from "../model/record.ts";
import type { World } from "../model/task.ts";
import type { LineFile } from "./derived-lines.ts";
import { LEDGER_FILE } from "./ledger.ts";

/** What the project has spent lately, and the ledger that it is read from when an engine starts. */
export interface SpendingWatch {
  readonly file: LineFile;
  readonly sums: Spending;
  /** Takes in what a record spends, before it is folded in: a decision must not wait for the file to be written. */
  take(world: World, record: JournalRecord): void;
}

/** The ledger with its sums by day. */
export function createSpending(): SpendingWatch {
  const sums: Spending = new Map();
  let taken = 0;
  return {
    sums,
    take(world, record) {
      for (const row of ledgerRows(world, record)) addSpending(sums, row);
      taken = record.seq;
    },
    file: {
      ...LEDGER_FILE,
      onLines(lines) {
        for (const line of lines) {
          const row = ledgerRowSchema.safeParse(line).data;
          if (row !== undefined && row.seq > taken) addSpending(sums, row);
        }
      },
    },
  };
}
