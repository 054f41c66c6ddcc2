/**
 * Ends a check: prints what was seen, then what is wrong, and fails the process if anything is.
 *
 * @param seen - One line a thing that was checked.
 * @param problems - One sentence a problem.
 */
export function report(seen: readonly string[], problems: readonly string[]): void {
  for (const line of seen) console.log(line);
  for (const problem of problems) console.error(`FAILED ${problem}`);
  if (problems.length > 0) process.exitCode = 1;
}
