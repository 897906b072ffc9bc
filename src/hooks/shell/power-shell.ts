/** A PowerShell command in the words of a shell, as far as the start of programs goes. */
export function asShell(command: string): string {
  return command
    .replaceAll(/`\r?\n/g, " ")
    .replaceAll("\\", "/")
    .replaceAll(/\s-(?:ArgumentList|FilePath|Args)\b/gi, " ")
    .replaceAll(/(["'])\s*,\s*(?=["'])/g, "$1 ");
}
