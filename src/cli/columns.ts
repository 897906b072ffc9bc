/** Lines of a table: the first column to the left, the others to the right, as wide as they have to be. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, cell.length);
  return rows.map((row) =>
    row
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
}

/** A whole number with commas between its thousands. */
export function grouped(value: number): string {
  return String(Math.round(value)).replaceAll(/\B(?=(?:\d{3})+$)/g, ",");
}

/** One line of comma-separated values (RFC 4180): cells with a comma, a quote or a line break stand in quotes. */
export function csvLine(cells: readonly (string | number | boolean | null)[]): string {
  return cells.map((cell) => csvCell(cell === null ? "" : String(cell))).join(",");
}

/** A cell that a spreadsheet would take for a formula gets an apostrophe in front: task ids and models come from outside. */
function csvCell(text: string): string {
  const plain = /^[=+@\t\r]|^-(?!\d+(?:\.\d+)?$)/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
