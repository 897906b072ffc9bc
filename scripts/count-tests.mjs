// Prints "N passed, N failed" from a JSON report of vitest and ends with 1 when anything failed.
//   node scripts/count-tests.mjs REPORT EXIT_CODE
import { readFileSync } from "node:fs";

const [path, exitCode] = process.argv.slice(2);

/** Passed and failed tests; a file that could not even be loaded is one failure. */
function countReport(text) {
  if (text.trim() === "") return { passed: 0, failed: 0 };
  const { numPassedTests, numFailedTests, testResults } = JSON.parse(text);
  const unloaded = testResults.filter(
    ({ status, assertionResults }) => status === "failed" && !assertionResults.some((test) => test.status === "failed"),
  );
  return { passed: numPassedTests, failed: numFailedTests + unloaded.length };
}

const { passed, failed } = countReport(readFileSync(path, "utf8"));
const red = exitCode !== "0" || passed === 0;
const shown = red && failed === 0 ? 1 : failed;
console.log(`${passed} passed, ${shown} failed`);
process.exitCode = shown === 0 ? 0 : 1;
